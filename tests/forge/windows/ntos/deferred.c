/* Routines of deferred and asynchronous procedure calls: nothing runs them here, lists name them. */
#include "ki.h"
ULONG64 KiDeferredRuns;
NOINLINE VOID KiScanReadyQueues(PVOID Dpc, PVOID Context, PVOID One, PVOID Two) { KiDeferredRuns += 1; }
NOINLINE VOID CcScanDpc(PVOID Dpc, PVOID Context, PVOID One, PVOID Two) { KiDeferredRuns += 2; }
NOINLINE VOID PopPolicyTimeCallback(PVOID Dpc, PVOID Context, PVOID One, PVOID Two) { KiDeferredRuns += 3; }
NOINLINE VOID PpmPerfAction(PVOID Dpc, PVOID Context, PVOID One, PVOID Two) { KiDeferredRuns += 4; }
NOINLINE VOID IopTimerDispatch(PVOID Dpc, PVOID Context, PVOID One, PVOID Two) { KiDeferredRuns += 5; }
NOINLINE VOID IopCompleteRequest(PVOID Apc, PVOID *Normal, PVOID *Context, PVOID *One, PVOID *Two) { KiDeferredRuns += 6; }
NOINLINE VOID IopAbortRequest(PVOID Apc) { KiDeferredRuns += 7; }
NOINLINE VOID IopDeallocateApc(PVOID Apc, PVOID *Normal, PVOID *Context, PVOID *One, PVOID *Two) { KiDeferredRuns += 8; }
/* Work that waits for a worker. */
NOINLINE VOID ObpProcessRemoveObjectQueue(PVOID Parameter) { KiDeferredRuns += 9; }
NOINLINE VOID IopProcessWorkItem(PVOID Parameter) { KiDeferredRuns += 10; }
/* A filter's completion routine. */
NOINLINE NTSTATUS IopSynchronousCompletion(PDEVICE_OBJECT Device, PIRP Irp, PVOID Context) { KiDeferredRuns += 11; return (NTSTATUS)0xC0000016; }
