/* Private declarations of the fixture kernel. */
#pragma once
#define BUILDING_NT
#include "nt.h"

/* Code of the pool's allocator has a section of its own, by whose name memory tools know a kernel. */
#define POOLCODE __attribute__((section("POOLCODE")))

typedef struct _DISPATCHER_CONTEXT {
    ULONG64 ControlPc;
    ULONG64 ImageBase;
    struct _RUNTIME_FUNCTION *FunctionEntry;
    ULONG64 EstablisherFrame;
    ULONG64 TargetIp;
    PCONTEXT ContextRecord;
    PVOID LanguageHandler;
    PVOID HandlerData;
    PVOID HistoryTable;
    ULONG ScopeIndex;
    ULONG Fill0;
} DISPATCHER_CONTEXT, *PDISPATCHER_CONTEXT;

typedef struct _RUNTIME_FUNCTION {
    ULONG BeginAddress;
    ULONG EndAddress;
    ULONG UnwindData;
} RUNTIME_FUNCTION, *PRUNTIME_FUNCTION;

typedef struct _SCOPE_RECORD {
    ULONG BeginAddress, EndAddress, HandlerAddress, JumpTarget;
} SCOPE_RECORD;

typedef struct _SCOPE_TABLE_AMD64 {
    ULONG Count;
    SCOPE_RECORD ScopeRecord[1];
} SCOPE_TABLE, *PSCOPE_TABLE;

typedef int EXCEPTION_ROUTINE(PEXCEPTION_RECORD, PVOID, PCONTEXT, PVOID);
typedef LONG EXCEPTION_FILTER(PEXCEPTION_POINTERS, PVOID);

extern LIST_ENTRY PsLoadedModuleList, PsActiveProcessHead;
extern ULONG64 MmPteBase, KiBugCheckData[5], MmSystemRangeStart, MmHighestUserAddress;
extern struct _RTLP_HP_HEAP_GLOBALS RtlpHpHeapGlobals;
extern struct _MI_VISIBLE_STATE *MiVisibleState;
extern struct _DEVICE_OBJECT *ForgeDevice;

BOOLEAN RtlDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context);
int RtlpExecuteHandlerForException(PEXCEPTION_RECORD, PVOID, PCONTEXT, PDISPATCHER_CONTEXT);
VOID RtlCaptureContext(PCONTEXT Context);
VOID KiSwapContext(PKTHREAD Old);
VOID KiSwapThread(PKTHREAD Thread);
NTSTATUS KiCommitThreadWait(PKTHREAD Thread);
