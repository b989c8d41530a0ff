//! The functions through which a thread goes to sleep: what called them is what it waits in.

/// Functions of the kernel by which a thread gives up its processor, and the system services that do nothing but wait.
const WAITING: [&str; 36] = [
    "KiSwapContext",
    "KiSwapContextParked",
    "KiSwapThread",
    "KiCommitThreadWait",
    "KiCommitThread",
    "KiProcessDeferredReadyList",
    "KiExitDispatcher",
    "KxDispatchInterrupt",
    "KiDpcInterrupt",
    "KeWaitForSingleObject",
    "KeWaitForMultipleObjects",
    "KeWaitForMutexObject",
    "KeWaitForAlertByThreadId",
    "KeWaitForGate",
    "KeRemoveQueue",
    "KeRemoveQueueEx",
    "KeRemovePriQueue",
    "KeDelayExecutionThread",
    "KiWaitForAllObjects",
    "KiWaitForFastMutexEvent",
    "KiWaitForGuardedMutexEvent",
    "KeRendezvous",
    "IoRemoveIoCompletion",
    "ObWaitForSingleObject",
    "ObWaitForMultipleObjects",
    "ObpWaitForMultipleObjects",
    "ExpWaitForResource",
    "ExWaitForRundownProtectionRelease",
    "ExpWaitForFastResource",
    "KiSchedulerApc",
    "KiSchedulerApcTerminate",
    "KiDeliverApc",
    "KiApcInterrupt",
    "KiSwapDirectoryTableBase",
    "KiDispatchInterrupt",
    "KiDispatchInterruptContinue",
];

/// Whether a function of the kernel is a part of the way into a wait.
pub fn is_wait_path(function: &str) -> bool {
    WAITING.contains(&function)
}
