/* Shared declarations of the fixture kernel: our own sources, with names as the field knows them. */
#pragma once
#include "ntlayout.h"

#define NULL ((void *)0)
#define NOINLINE __attribute__((noinline))
#define FORCEINLINE static inline __attribute__((always_inline))
#define EXPORT __declspec(dllexport)
#ifdef BUILDING_NT
#define NTAPI_DECL __declspec(dllexport)
#define NTDATA_DECL __declspec(dllexport)
#else
#define NTAPI_DECL __declspec(dllimport)
#define NTDATA_DECL __declspec(dllimport)
#endif
#define CONTAINING_RECORD(p, type, field) ((type *)((char *)(p) - __builtin_offsetof(type, field)))

typedef void VOID, *PVOID;
typedef unsigned char UCHAR, BOOLEAN, KIRQL;
typedef char CHAR, KPROCESSOR_MODE;
typedef short SHORT;
typedef unsigned short USHORT;
typedef wchar_t WCHAR;
typedef long LONG, NTSTATUS;
typedef unsigned long ULONG;
typedef long long LONGLONG;
typedef unsigned long long ULONGLONG, ULONG64, ULONG_PTR, SIZE_T;
typedef const char *PCSTR;
typedef struct _LIST_ENTRY LIST_ENTRY, *PLIST_ENTRY;
typedef struct _UNICODE_STRING UNICODE_STRING, *PUNICODE_STRING;
typedef struct _CONTEXT CONTEXT, *PCONTEXT;
typedef struct _EXCEPTION_RECORD EXCEPTION_RECORD, *PEXCEPTION_RECORD;
typedef struct _EXCEPTION_POINTERS EXCEPTION_POINTERS, *PEXCEPTION_POINTERS;
typedef struct _KTRAP_FRAME KTRAP_FRAME, *PKTRAP_FRAME;
typedef struct _KEXCEPTION_FRAME KEXCEPTION_FRAME, *PKEXCEPTION_FRAME;
typedef struct _KTHREAD KTHREAD, *PKTHREAD;
typedef struct _ETHREAD ETHREAD, *PETHREAD;
typedef struct _EPROCESS EPROCESS, *PEPROCESS;
typedef struct _KPRCB KPRCB, *PKPRCB;
typedef struct _IRP IRP, *PIRP;
typedef struct _DEVICE_OBJECT DEVICE_OBJECT, *PDEVICE_OBJECT;
typedef struct _DRIVER_OBJECT DRIVER_OBJECT, *PDRIVER_OBJECT;
typedef struct _IO_STACK_LOCATION IO_STACK_LOCATION, *PIO_STACK_LOCATION;
typedef struct _MMPTE MMPTE, *PMMPTE;
typedef struct _MMVAD MMVAD, *PMMVAD;
typedef VOID KSTART_ROUTINE(PVOID Context);
typedef KSTART_ROUTINE *PKSTART_ROUTINE;
typedef VOID EXPAND_STACK_CALLOUT(PVOID Parameter);
typedef EXPAND_STACK_CALLOUT *PEXPAND_STACK_CALLOUT;

#define TRUE 1
#define FALSE 0
#define STATUS_SUCCESS 0L
#define STATUS_UNSUCCESSFUL ((NTSTATUS)0xC0000001)
#define STATUS_ACCESS_VIOLATION ((NTSTATUS)0xC0000005)
#define STATUS_INVALID_PARAMETER ((NTSTATUS)0xC000000D)
#define STATUS_BREAKPOINT ((NTSTATUS)0x80000003)
#define KI_EXCEPTION_IRQL ((NTSTATUS)0xD0000006)
#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define PASSIVE_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#define NonPagedPoolNx 0x200
#define PagedPool 1

NTAPI_DECL VOID KeBugCheckEx(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4);
NTAPI_DECL PVOID ExAllocatePoolWithTag(ULONG PoolType, SIZE_T NumberOfBytes, ULONG Tag);
NTAPI_DECL VOID ExFreePoolWithTag(PVOID P, ULONG Tag);
NTAPI_DECL VOID ExQueueWorkItem(PVOID WorkItem, ULONG QueueType);
NTAPI_DECL NTSTATUS KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size, BOOLEAN Wait, PVOID Context);
NTAPI_DECL NTSTATUS KeWaitForSingleObject(PVOID Object, ULONG WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PVOID Timeout);
NTAPI_DECL KIRQL KfRaiseIrql(KIRQL NewIrql);
NTAPI_DECL VOID KeLowerIrql(KIRQL NewIrql);
NTAPI_DECL KIRQL KeAcquireSpinLockRaiseToDpc(ULONG_PTR *Lock);
NTAPI_DECL VOID KeReleaseSpinLock(ULONG_PTR *Lock, KIRQL NewIrql);
NTAPI_DECL VOID DbgBreakPoint(VOID);
NTAPI_DECL NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp);
NTAPI_DECL VOID IofCompleteRequest(PIRP Irp, CHAR Boost);
NTAPI_DECL NTSTATUS ZwUnmapViewOfSection(PVOID Process, PVOID BaseAddress);
NTAPI_DECL VOID *memcpy(void *d, const void *s, SIZE_T n);
NTAPI_DECL VOID *memset(void *d, int c, SIZE_T n);
NTAPI_DECL int __C_specific_handler(PEXCEPTION_RECORD Record, PVOID Frame, PCONTEXT Context, PVOID Dispatcher);

FORCEINLINE PKPRCB KeGetCurrentPrcb(VOID) { PKPRCB p; __asm__ volatile("movq %%gs:0x20, %0" : "=r"(p)); return p; }
FORCEINLINE PKTHREAD KeGetCurrentThread(VOID) { PKTHREAD t; __asm__ volatile("movq %%gs:0x188, %0" : "=r"(t)); return t; }
FORCEINLINE KIRQL KeGetCurrentIrql(VOID) { ULONG_PTR v; __asm__ volatile("movq %%cr8, %0" : "=r"(v)); return (KIRQL)v; }
FORCEINLINE VOID InsertTailList(PLIST_ENTRY h, PLIST_ENTRY e) { PLIST_ENTRY b = h->Blink; e->Flink = h; e->Blink = b; b->Flink = e; h->Blink = e; }

/* Bytes of no effect, so that a call stands at a wanted offset in an image that has no symbols. */
#define FORGE_SKIP(n) __asm__ volatile(".nops " #n)
