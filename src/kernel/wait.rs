//! What the scheduler does with a thread, and why it waits.

use std::fmt;

/// KTHREAD_STATE, with the names that the type information of Windows 10 has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadState(u64);

const STATES: [&str; 10] = [
    "Initialized",
    "Ready",
    "Running",
    "Standby",
    "Terminated",
    "Waiting",
    "Transition",
    "DeferredReady",
    "GateWaitObsolete",
    "WaitingForProcessInSwap",
];

impl ThreadState {
    /// It is in a ready queue.
    pub const READY: ThreadState = ThreadState(1);
    /// It has a processor.
    pub const RUNNING: ThreadState = ThreadState(2);
    /// It will run next on its processor.
    pub const STANDBY: ThreadState = ThreadState(3);
    /// It has ended.
    pub const TERMINATED: ThreadState = ThreadState(4);
    /// It waits for objects.
    pub const WAITING: ThreadState = ThreadState(5);
    /// It is ready but its stack is not in memory.
    pub const TRANSITION: ThreadState = ThreadState(6);
    /// It is ready, and a processor has still to be chosen.
    pub const DEFERRED_READY: ThreadState = ThreadState(7);

    /// Whether a word is the name of a state, in any case.
    pub fn is_named(word: &str) -> bool {
        STATES.iter().any(|name| name.eq_ignore_ascii_case(word))
    }

    /// Whether it would run if it had a processor.
    pub fn is_ready(self) -> bool {
        matches!(self, ThreadState::READY | ThreadState::STANDBY | ThreadState::DEFERRED_READY)
    }
}

impl From<u64> for ThreadState {
    fn from(value: u64) -> ThreadState {
        ThreadState(value)
    }
}

impl fmt::Display for ThreadState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match usize::try_from(self.0).ok().and_then(|at| STATES.get(at)) {
            Some(name) => f.write_str(name),
            None => write!(f, "unknown state {}", self.0),
        }
    }
}

/// KWAIT_REASON, with the names of the public header wdm.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WaitReason(u64);

const REASONS: [&str; 43] = [
    "Executive",
    "FreePage",
    "PageIn",
    "PoolAllocation",
    "DelayExecution",
    "Suspended",
    "UserRequest",
    "WrExecutive",
    "WrFreePage",
    "WrPageIn",
    "WrPoolAllocation",
    "WrDelayExecution",
    "WrSuspended",
    "WrUserRequest",
    "WrSpare0",
    "WrQueue",
    "WrLpcReceive",
    "WrLpcReply",
    "WrVirtualMemory",
    "WrPageOut",
    "WrRendezvous",
    "WrKeyedEvent",
    "WrTerminated",
    "WrProcessInSwap",
    "WrCpuRateControl",
    "WrCalloutStack",
    "WrKernel",
    "WrResource",
    "WrPushLock",
    "WrMutex",
    "WrQuantumEnd",
    "WrDispatchInt",
    "WrPreempted",
    "WrYieldExecution",
    "WrFastMutex",
    "WrGuardedMutex",
    "WrRundown",
    "WrAlertByThreadId",
    "WrDeferredPreempt",
    "WrPhysicalFault",
    "WrIoRing",
    "WrMdlCache",
    "WrRcu",
];

impl WaitReason {
    /// For work, at a queue.
    pub const QUEUE: WaitReason = WaitReason(15);
    /// For the answer to a message.
    pub const LPC_REPLY: WaitReason = WaitReason(17);
    /// For an ERESOURCE.
    pub const RESOURCE: WaitReason = WaitReason(27);
    /// For a push lock.
    pub const PUSH_LOCK: WaitReason = WaitReason(28);
    /// For a fast mutex.
    pub const FAST_MUTEX: WaitReason = WaitReason(34);
    /// For a guarded mutex.
    pub const GUARDED_MUTEX: WaitReason = WaitReason(35);

    /// Whether a word is the name of a reason, in any case.
    pub fn is_named(word: &str) -> bool {
        REASONS.iter().any(|name| name.eq_ignore_ascii_case(word))
    }
}

impl From<u64> for WaitReason {
    fn from(value: u64) -> WaitReason {
        WaitReason(value)
    }
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match usize::try_from(self.0).ok().and_then(|at| REASONS.get(at)) {
            Some(name) => f.write_str(name),
            None => write!(f, "unknown reason {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values from the public header wdm.h.
    #[test]
    fn names_stand_at_their_values() {
        for (value, name) in
            [(0, "Executive"), (6, "UserRequest"), (15, "WrQueue"), (27, "WrResource"), (42, "WrRcu")]
        {
            assert_eq!(WaitReason::from(value).to_string(), name);
        }
        assert_eq!(WaitReason::from(99).to_string(), "unknown reason 99");
        assert_eq!(ThreadState::WAITING.to_string(), "Waiting");
        assert_eq!(ThreadState::from(9).to_string(), "WaitingForProcessInSwap");
    }
}
