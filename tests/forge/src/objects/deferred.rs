//! Deferred procedure calls in the processors' queues, asynchronous ones in the threads'.

use serde_json::json;

use crate::layout::{off, size};
use crate::truth::hex;
use crate::world::{PRCB, World};

const DPC: &str = "_KDPC";
const APC: &str = "_KAPC";

/// An asynchronous procedure call to be queued.
pub struct NewApc {
    /// Index of the thread.
    pub thread: usize,
    /// For user mode.
    pub user: bool,
    /// Kernel routine.
    pub kernel: u64,
    /// Rundown routine.
    pub rundown: u64,
    /// Normal routine, 0 for a special one.
    pub normal: u64,
    /// Its context.
    pub context: u64,
}

impl World {
    fn dpc_data(&self, processor: usize) -> u64 {
        self.processors[processor].pcr + PRCB + off("_KPRCB", "DpcData")
    }

    /// Empty queues: of normal and of threaded calls.
    pub fn dpcs_init(&mut self, processor: usize) {
        for kind in 0..2 {
            let data = self.dpc_data(processor) + kind * size("_KDPC_DATA");
            self.q(data + off("_KDPC_LIST", "LastEntry"), data);
        }
    }

    /// A call object; returns its address.
    pub fn dpc(&mut self, routine: u64, context: u64) -> u64 {
        let dpc = self.alloc_pool(false, size(DPC), b"KDPC");
        for (name, value) in
            [("Type", 19), ("Importance", 1), ("DeferredRoutine", routine), ("DeferredContext", context)]
        {
            self.put(DPC, dpc, name, value);
        }
        dpc
    }

    /// Appends a call to a processor's queue of normal ones.
    pub fn dpc_queue(&mut self, processor: usize, dpc: u64, arguments: [u64; 2]) {
        let data = self.dpc_data(processor);
        let last = data + off("_KDPC_LIST", "LastEntry");
        let entry = dpc + off(DPC, "DpcListEntry");
        let before = self.get(last);
        self.q(before, entry);
        self.q(last, entry);
        self.put(DPC, dpc, "DpcData", data);
        self.put(DPC, dpc, "SystemArgument1", arguments[0]);
        self.put(DPC, dpc, "SystemArgument2", arguments[1]);
        let depth = self.member("_KDPC_DATA", data, "DpcQueueDepth") + 1;
        self.put("_KDPC_DATA", data, "DpcQueueDepth", depth);
        let routine = self.member(DPC, dpc, "DeferredRoutine");
        let context = self.member(DPC, dpc, "DeferredContext");
        self.note("dpcs", json!({
            "address": hex(dpc), "processor": processor, "type": "Normal", "routine": hex(routine), "context": hex(context),
        }));
    }

    /// Queues a call to a thread; returns its address.
    pub fn apc(&mut self, new: &NewApc) -> u64 {
        let thread = self.threads[new.thread].object;
        let apc = self.alloc_pool(false, size(APC), b"Kapc");
        let mode = u64::from(new.user);
        for (name, value) in [
            ("Type", 18),
            ("Size", size(APC)),
            ("Thread", thread),
            ("KernelRoutine", new.kernel),
            ("RundownRoutine", new.rundown),
            ("NormalRoutine", new.normal),
            ("NormalContext", new.context),
            ("ApcMode", mode),
            ("Inserted", 1),
        ] {
            self.put(APC, apc, name, value);
        }
        let state = thread + off("_KTHREAD", "ApcState");
        self.list_insert(state + mode * 16, apc + off(APC, "ApcListEntry"));
        if !new.user {
            self.put("_KAPC_STATE", state, "KernelApcPending", 1);
        }
        self.note("apcs", json!({
            "address": hex(apc), "thread": hex(thread), "mode": if new.user { "user" } else { "kernel" },
            "kernel_routine": hex(new.kernel), "rundown_routine": hex(new.rundown), "normal_routine": hex(new.normal),
            "normal_context": hex(new.context),
        }));
        apc
    }
}
