/* Kernel variables; the forge fills those that the loader and the memory manager would have filled. */
#include "ki.h"

LIST_ENTRY PsLoadedModuleList, PsActiveProcessHead, KeBugCheckCallbackListHead, ExpSystemResourcesList, HandleTableListHead;
ULONG64 KiBugCheckData[5], KiProcessorBlock[64];
ULONG64 MmPteBase, MmPfnDatabase, MmSystemRangeStart = 0xFFFF800000000000, MmHighestUserAddress = 0x7FFFFFFEFFFF, MmUserProbeAddress = 0x7FFFFFFF0000;
ULONG64 PspCidTable, ObpRootDirectoryObject, ObpTypeObjectType, ObTypeIndexTable[80];
UCHAR ObHeaderCookie;
UCHAR ObpInfoMaskToOffset[256];
ULONG64 MmUnloadedDrivers;
ULONG MmLastUnloadedDriver;
ULONG64 PoolBigPageTable, PoolBigPageTableSize, PoolTrackTable, PoolTrackTableSize, ExpPoolQuotaCookie;
struct _EX_POOL_HEAP_MANAGER_STATE ExPoolState;
struct _RTLP_HP_HEAP_GLOBALS RtlpHpHeapGlobals;
struct _MI_VISIBLE_STATE *MiVisibleState;
struct _MI_SYSTEM_INFORMATION MiState;
struct _MI_PARTITION MiSystemPartition;
struct _EPARTITION *PspSystemPartition;
ULONG64 MmBadPointer;
unsigned short KeNumberNodes = 1;
/* PAGE_* by the protection of page table entries: plain, not cached, guarded, write-combined. */
ULONG MmProtectToValue[32] = {
    0x001, 0x002, 0x010, 0x020, 0x004, 0x008, 0x040, 0x080, 0x001, 0x202, 0x210, 0x220, 0x204, 0x208, 0x240, 0x280,
    0x001, 0x102, 0x110, 0x120, 0x104, 0x108, 0x140, 0x180, 0x001, 0x402, 0x410, 0x420, 0x404, 0x408, 0x440, 0x480,
};
ULONG64 CcVacbSpinLock, CcMasterSpinLock, IopCancelSpinLock, IopVpbSpinLock, IopDatabaseLock, IopCompletionLock, CcBcbSpinLock;
UCHAR KdDebuggerDataBlock[0x3A0] __attribute__((aligned(16)));
ULONG64 KiWaitNever, KiWaitAlways;
UCHAR KdpDataBlockEncoded;
struct _DBGKD_GET_VERSION64 KdVersionBlock;
LIST_ENTRY KdpDebuggerDataListHead;
char NtBuildLab[] = "19041.928.amd64fre.vb_release.210401-1200";
char NtBuildLabEx[] = "19041.928.amd64fre.vb_release.210401-1200";
ULONG NtBuildNumber = 0xF0004A61, NtMajorVersion = 10, NtMinorVersion = 0, CmNtCSDVersion;
unsigned int KeNumberProcessors = 1;
/* What a processor count is elsewhere too; tools ask for that base type by name. */
struct _KPROCESSOR_COUNTS { unsigned int Active, Maximum; } KeProcessorCounts = {1, 64};
ULONG KeTimeIncrement = 156250, KeMaximumIncrement = 156250, MmPageSize = 4096, MmSizeOfPagedPoolInBytes, MmSystemPtesStart;
ULONG64 MmNumberOfPhysicalPages, MmLowestPhysicalPage = 1, MmHighestPhysicalPage, MmAvailablePages, MmResidentAvailablePages, MmTotalCommittedPages, MmTotalCommitLimit, MmPeakCommitment,
    MmSharedCommit, MmDriverCommit, MmProcessCommit, MmPagedPoolCommit, MmExtendedCommit, MmZeroedPageListHead[5], MmFreePageListHead[5], MmStandbyPageListHead[5], MmModifiedPageListHead[5],
    MmModifiedNoWritePageListHead[5], MmAllocatedNonPagedPool, MmMaximumNonPagedPoolInBytes, MmNonPagedPoolStart, MmNonPagedPoolEnd, MmPagedPoolStart, MmPagedPoolEnd, MmSpecialPoolTag,
    MmTriageActionTaken, KernelVerifier, MmVerifierData, MmTotalCommitLimitMaximum, MmSubsectionBase, MmNumberOfPagingFiles, MmLoadedUserImageList, MmBadPagesDetected,
    MmZeroedPageSingleBitErrorsDetected, ExpNumberOfPagedPools = 1, ExpPagedPoolDescriptor[5], NonPagedPoolDescriptor[8], MmPhysicalMemoryBlock, MmSystemCacheStart, MmSystemCacheEnd,
    KdPrintCircularBuffer, KdPrintCircularBufferEnd, KdPrintWritePointer, KdPrintRolloverCount, KdPrintBufferSize = 0x1000, IopErrorLogListHead[2], KeLoaderBlock,
    IopNumTriageDumpDataBlocks, IopTriageDumpDataBlocks[32], VfCrashDataBlock, EtwpDebuggerData, MmSessionBase;
char KdPrintDefaultCircularBuffer[0x1000];
PEPROCESS PsInitialSystemProcess, PsIdleProcess;
struct _OBJECT_TYPE *PsProcessType, *PsThreadType, *IoFileObjectType, *IoDriverObjectType, *IoDeviceObjectType, *ObpDirectoryObjectType, *ExEventObjectType, *MmSectionObjectType, *CmKeyObjectType;
struct _EPROCESS *KiInitialProcess;
UCHAR PsProcessPriorityByClass[6] = {8, 4, 8, 13, 24, 6};
ULONG64 KiSystemServiceTraceCallback;

extern NTSTATUS NtWaitForSingleObject(), NtUnmapViewOfSection(), NtWriteFile(), NtReadFile(), NtInitiateSession(), NtRemoveIoCompletion(), NtDelayExecution(), NtUserInitialize(),
    NtDeviceIoControlFile(), NtLoadDriver();
NTSTATUS NtInvalidService(VOID) { return (NTSTATUS)0xC000001C; }

/* Indexed by the low 12 bits of the service number. */
PVOID KiServiceTable[0x50] = {
    [0x04] = NtWaitForSingleObject, [0x06] = NtReadFile, [0x07] = NtDeviceIoControlFile, [0x08] = NtWriteFile, [0x09] = NtRemoveIoCompletion,
    [0x2A] = NtUnmapViewOfSection, [0x30] = NtInitiateSession, [0x34] = NtDelayExecution, [0x35] = NtLoadDriver, [0x40] = NtUserInitialize,
};
