//! Threads that could run: the processors' ready lists and the queue that processors share. And the numbered locks.

use serde_json::json;

use crate::layout::{off, size};
use crate::truth::hex;
use crate::world::{PRCB, World};

const R: &str = "_KPRCB";
const SHARED: &str = "_KSHARED_READY_QUEUE";
const K: &str = "_KTHREAD";

/// Locks by their number in KSPIN_LOCK_QUEUE_NUMBER (ntddk.h).
const LOCKS: [(u64, &str); 7] = [
    (4, "CcVacbSpinLock"),
    (5, "CcMasterSpinLock"),
    (7, "IopCancelSpinLock"),
    (9, "IopVpbSpinLock"),
    (10, "IopDatabaseLock"),
    (11, "IopCompletionLock"),
    (14, "CcBcbSpinLock"),
];

impl World {
    /// Empty lists; all processors share the queue of the first.
    pub fn ready_init(&mut self, processor: usize, count: u64) {
        let prcb = self.processors[processor].pcr + PRCB;
        let own = prcb + off(R, "LocalSharedReadyQueue");
        for priority in 0..32 {
            self.list_init(own + off(SHARED, "ReadyListHead") + priority * 16);
        }
        let shared = self.processors[0].pcr + PRCB + off(R, "LocalSharedReadyQueue");
        let mask = (1u64 << count) - 1;
        self.put(R, prcb, "SharedReadyQueue", shared);
        self.put(R, prcb, "SharedReadyQueueMask", mask);
        if processor == 0 {
            self.put(SHARED, shared, "Affinity", mask);
            self.put(SHARED, shared, "ProcCount", count);
            self.put(SHARED, shared, "Span", count);
        }
        for (number, name) in LOCKS {
            let lock = self.nt(name);
            let entry = prcb + off(R, "LockQueue") + number * size("_KSPIN_LOCK_QUEUE");
            self.put("_KSPIN_LOCK_QUEUE", entry, "Lock", lock);
        }
    }

    /// A thread of the System process that has never run waits for a processor, or for any that shares the queue.
    pub fn ready_thread(&mut self, tid: u64, priority: u64, processor: usize, shared: bool) -> usize {
        let routine = self.nt("ExpWorkerThread");
        let thread = self.thread(0, tid, routine, priority);
        let object = self.threads[thread].object;
        let prcb = self.processors[processor].pcr + PRCB;
        let queue = self.member(R, prcb, "SharedReadyQueue");
        let (ty, at, list) = if shared {
            (SHARED, queue, queue + off(SHARED, "ReadyListHead"))
        } else {
            (R, prcb, prcb + off(R, "DispatcherReadyListHead"))
        };
        self.list_insert(list + priority * 16, object + off(K, "WaitListEntry"));
        let summary = self.member(ty, at, "ReadySummary") | 1 << priority;
        self.put(ty, at, "ReadySummary", summary);
        let threads = self.member(ty, at, "ReadyThreadCount") + 1;
        self.put(ty, at, "ReadyThreadCount", threads);
        self.put(K, object, "NextProcessor", processor as u64);
        self.put(K, object, "SharedReadyQueue", u64::from(shared));
        self.note("ready", json!({
            "thread": hex(object), "priority": priority, "processor": processor, "shared": shared, "queue": hex(at),
        }));
        thread
    }
}
