/* A kernel whose pool is laid out by the forge: the types of its own build, the variables that a debugger asks for, little code. */
#include "ntlayout.h"

#define EXPORT __declspec(dllexport)
typedef unsigned long ULONG;
typedef unsigned char UCHAR;
typedef unsigned long long ULONG64;
typedef struct _LIST_ENTRY LIST_ENTRY;
#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)

LIST_ENTRY PsLoadedModuleList, PsActiveProcessHead, KeBugCheckCallbackListHead, ExpSystemResourcesList, KdpDebuggerDataListHead, ExNPagedLookasideListHead, ExPagedLookasideListHead;
ULONG64 KiBugCheckData[5], KiProcessorBlock[64];
ULONG64 MmPteBase, MmPfnDatabase, MmSystemRangeStart = 0xFFFF800000000000, MmHighestUserAddress = 0x7FFFFFFEFFFF, MmUserProbeAddress = 0x7FFFFFFF0000;
ULONG64 PspCidTable, ObpRootDirectoryObject, MmUnloadedDrivers, MmNonPagedPoolStart, MmNonPagedPoolEnd, MmPagedPoolStart, MmPagedPoolEnd, MmSpecialPoolTag;
ULONG MmLastUnloadedDriver, CmNtCSDVersion, NtBuildNumber = 0xF0000000 | BUILD, NtMajorVersion = 10, NtMinorVersion;
ULONG64 PoolBigPageTable, PoolBigPageTableSize, PoolTrackTable, PoolTrackTableSize, PoolTrackTableMask, PoolTrackTableExpansion, ExPoolTagTables[64], ExpPoolQuotaCookie;
ULONG64 KiWaitNever, KiWaitAlways;
UCHAR KdDebuggerDataBlock[0x3A0] __attribute__((aligned(16)));
UCHAR KdpDataBlockEncoded;
struct _DBGKD_GET_VERSION64 KdVersionBlock;
char NtBuildLab[] = TEXT(BUILD) ".1.amd64fre.fixture_release.210401-1200";
char NtBuildLabEx[] = TEXT(BUILD) ".1.amd64fre.fixture_release.210401-1200";
unsigned int KeNumberProcessors = 1;
unsigned short KeNumberNodes = 1;
ULONG KeTimeIncrement = 156250, KeMaximumIncrement = 156250, MmPageSize = 4096;
struct _EPROCESS *PsInitialSystemProcess, *PsIdleProcess;
struct _MI_VISIBLE_STATE MiVisibleStateBlock, *MiVisibleState;
struct _GENERAL_LOOKASIDE ExpWorkerLookaside;
#if BUILD >= 17763
struct _EX_POOL_HEAP_MANAGER_STATE ExPoolState;
struct _RTLP_HP_HEAP_GLOBALS RtlpHpHeapGlobals;
#else
struct _POOL_DESCRIPTOR NonPagedPoolDescriptor, ExpPagedPoolDescriptorBlock, *ExpPagedPoolDescriptor[17], *PoolVector[2], *ExpNonPagedPoolDescriptor[16];
ULONG ExpNumberOfPagedPools, ExpNumberOfNonPagedPools = 1;
#endif

EXPORT __attribute__((noinline)) void KeBugCheckEx(ULONG Code, ULONG64 P1, ULONG64 P2, ULONG64 P3, ULONG64 P4)
{
    KiBugCheckData[0] = Code;
    KiBugCheckData[1] = P1;
    KiBugCheckData[2] = P2;
    KiBugCheckData[3] = P3;
    KiBugCheckData[4] = P4;
    __asm__ volatile("hlt");
}

/* The blocks of these dumps are laid out by the forge: here stand only the names, in the section by which memory tools know a
   kernel. */
#define POOLCODE __attribute__((section("POOLCODE"), noinline))
EXPORT POOLCODE void *ExAllocatePoolWithTag(int PoolType, ULONG64 NumberOfBytes, ULONG Tag) { __asm__ volatile("hlt"); return (void *)(NumberOfBytes + Tag); }
EXPORT POOLCODE void ExFreePoolWithTag(void *P, ULONG Tag) { __asm__ volatile("hlt"); }
void DbgBreakPoint(void) { __asm__ volatile("int3"); }
void KiIdleLoop(void) { for (;;) __asm__ volatile("hlt"); }
void KiSystemCall64(void) { __asm__ volatile("hlt"); }
