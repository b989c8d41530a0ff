//! Threads: ETHREAD, stacks, TEB; and running them.

use crate::layout;
use crate::machine::{Entry, Registers, Stopped};
use crate::memory::{NX, U, W};
use crate::objects::process::Vad;
use crate::world::{PRCB, Processor, World};

const T: &str = "_ETHREAD";
const K: &str = "_KTHREAD";

/// A thread.
pub struct Thread {
    /// ETHREAD.
    pub object: u64,
    /// Id.
    pub tid: u64,
    /// Index of its process.
    pub process: usize,
    /// TEB, 0 for system threads.
    pub teb: u64,
    /// Kernel stack base (its end) and limit.
    pub stack: (u64, u64),
    /// Top of the usable kernel stack.
    pub initial: u64,
    /// User stack top.
    pub user_stack: u64,
    /// Start routine.
    pub start: u64,
    /// State when it stopped.
    pub stopped: Option<Stopped>,
    /// Text for the state.
    pub state: &'static str,
}

impl World {
    /// Creates a thread of a process.
    pub fn thread(&mut self, process: usize, tid: u64, start: u64, priority: u64) -> usize {
        let object = self.object(layout::size(T), b"Thre", Self::type_index("Thread"), None);
        let root = self.root();
        let limit = self.next_stack;
        let base = limit + 0x6000;
        self.next_stack += 0x8000;
        self.memory.map(root, limit, 0x6000, W | NX);
        let initial = base - 0x370;
        let (owner, pid, cr3, peb) = {
            let p = &self.processes[process];
            (p.object, p.pid, p.cr3, p.peb)
        };
        self.put("_DISPATCHER_HEADER", object, "Type", 6);
        self.put("_DISPATCHER_HEADER", object, "Size", layout::size(K) / 4);
        self.list_init(object + 8);
        for (name, value) in [
            ("InitialStack", initial),
            ("StackLimit", limit),
            ("StackBase", base),
            ("KernelStack", initial - 0x48),
            ("Process", owner),
            ("Priority", priority),
            ("BasePriority", priority),
            ("State", 1),
            ("KernelStackResident", 1),
            ("KernelTime", 3 + tid % 41),
            ("UserTime", if peb != 0 { tid % 23 } else { 0 }),
            ("ContextSwitches", 20 + tid % 977),
            ("WaitTime", self.uptime / 156_250 - 40 - tid % 300),
        ] {
            self.put(K, object, name, value);
        }
        if peb == 0 {
            // Its first switch returns to where system threads start: KSWITCH_FRAME.Return.
            let first = self.nt("KiStartSystemThread");
            self.q(initial - 0x48 + 0x38, first);
        }
        let apc = object + layout::off(K, "ApcState");
        self.list_init(apc);
        self.list_init(apc + 16);
        self.q(apc + layout::off("_KAPC_STATE", "Process"), owner);
        let cid = object + layout::off(T, "Cid");
        self.q(cid, pid);
        self.q(cid + 8, tid);
        let created = self.processes[process].created + tid * 1000;
        self.put(T, object, "CreateTime", created);
        self.put(T, object, "StartAddress", start);
        self.put(T, object, "Win32StartAddress", start);
        self.list_init(object + layout::off(T, "IrpList"));
        self.list_init(object + layout::off(K, "MutantListHead"));
        if tid != 0 {
            self.list_insert(
                owner + layout::off("_EPROCESS", "ThreadListHead"),
                object + layout::off(T, "ThreadListEntry"),
            );
            self.list_insert(
                owner + layout::off("_KPROCESS", "ThreadListHead"),
                object + layout::off(K, "ThreadListEntry"),
            );
            let count = self.member("_EPROCESS", owner, "ActiveThreads") + 1;
            self.put("_EPROCESS", owner, "ActiveThreads", count);
        }
        let (mut teb, mut user_stack) = (0, 0);
        if peb != 0 {
            let p = &mut self.processes[process];
            teb = p.next_teb;
            p.next_teb += 0x2000;
            user_stack = p.next_stack + 0x10_0000 - 0x1000;
            p.next_stack += 0x20_0000;
            p.vads.push(Vad::private(user_stack - 0x3000, 0x3000));
            self.memory.map(cr3, teb, 0x2000, W | U | NX);
            self.memory.map(cr3, user_stack - 0x3000, 0x3000, W | U | NX);
            for (name, value) in
                [("StackBase", user_stack), ("StackLimit", user_stack - 0x3000), ("Self", teb)]
            {
                self.put_in(cr3, "_NT_TIB", teb, name, value);
            }
            self.put_in(cr3, "_TEB", teb, "ProcessEnvironmentBlock", peb);
            let cid = teb + layout::off("_TEB", "ClientId");
            self.memory.write(cr3, cid, &pid.to_le_bytes());
            self.memory.write(cr3, cid + 8, &tid.to_le_bytes());
            self.put(K, object, "Teb", teb);
        }
        self.threads.push(Thread {
            object,
            tid,
            process,
            teb,
            stack: (base, limit),
            initial,
            user_stack,
            start,
            stopped: None,
            state: "ready",
        });
        self.threads.len() - 1
    }

    /// Makes `thread` the current one of a processor; returns the one that was it before.
    pub fn dispatch(&mut self, processor: usize, thread: usize) -> Option<usize> {
        let pcr = self.processors[processor].pcr;
        let prcb = pcr + PRCB;
        let Thread { object, initial, teb, .. } = self.threads[thread];
        let before = self.member("_KPRCB", prcb, "CurrentThread");
        if before != 0 {
            self.put(K, before, "Running", 0);
        }
        let tss = self.member("_KPCR", pcr, "TssBase");
        self.put("_KTSS64", tss, "Rsp0", initial);
        let special = prcb + layout::off("_KPRCB", "ProcessorState");
        self.put("_KSPECIAL_REGISTERS", special, "MsrGsSwap", teb);
        self.put("_KPRCB", prcb, "CurrentThread", object);
        self.put("_KPRCB", prcb, "RspBase", initial);
        self.put(K, object, "State", 2);
        self.put(K, object, "Running", 1);
        self.put(K, object, "NextProcessor", processor as u64);
        self.threads.iter().position(|t| t.object == before)
    }

    /// Runs a system thread from its first instruction until the machine halts.
    pub fn run_system(&mut self, processor: usize, thread: usize, routine: u64, context: u64) {
        let mut regs = Registers::kernel(self.nt("KiStartSystemThread"), self.threads[thread].initial - 8);
        regs.gpr[14] = routine;
        regs.gpr[15] = context;
        self.run(processor, thread, &regs);
    }

    /// Runs a user thread from `RtlUserThreadStart`.
    pub fn run_user(&mut self, processor: usize, thread: usize, routine: u64, context: u64) {
        let p = self.threads[thread].process;
        let ntdll =
            self.processes[p].modules.iter().find(|m| m.image.name == "ntdll.dll").expect("ntdll").clone();
        let stack = self.threads[thread].user_stack - 0x38;
        let mut regs = Registers::user(ntdll.at("RtlUserThreadStart"), stack);
        regs.gpr[1] = routine;
        regs.gpr[2] = context;
        self.run(processor, thread, &regs);
    }

    /// Runs from given registers.
    pub fn run(&mut self, processor: usize, thread: usize, regs: &Registers) {
        let mut regs = regs.clone();
        // Nothing in the fixture clears these, so frames are told apart by what they hold.
        regs.flags = 0x202;
        for (i, x) in regs.xmm.iter_mut().enumerate() {
            x[0] = i as u8 + 6;
            x[8] = self.threads[thread].tid as u8;
            x[15] = 0x40;
        }
        self.leave_idle(processor, thread);
        self.dispatch(processor, thread);
        let (cr3, pcr) = (self.processes[self.threads[thread].process].cr3, self.processors[processor].pcr);
        let machine = &self.machine;
        let stopped = machine.run(&mut self.memory, cr3, &regs, pcr, 0);
        let waiting = stopped.regs.rip == self.nt("KiSwapContextParked") + 1;
        let object = self.threads[thread].object;
        if waiting {
            self.threads[thread].state = "waiting";
            self.put(K, object, "Running", 0);
        } else {
            self.threads[thread].state = "running";
        }
        self.threads[thread].stopped = Some(stopped);
    }

    /// An idle processor that gets a thread to run switches its idle thread out, which stays in the state of running.
    fn leave_idle(&mut self, processor: usize, next: usize) {
        let Processor { pcr, idle } = self.processors[processor];
        let thread = self.threads.iter().position(|t| t.object == idle).expect("idle thread");
        let prcb = pcr + PRCB;
        if self.threads[thread].stopped.is_none()
            || next == thread
            || self.member("_KPRCB", prcb, "CurrentThread") != idle
        {
            return;
        }
        let chosen = self.threads[next].object;
        self.put("_KPRCB", prcb, "NextThread", chosen);
        let regs = Registers::kernel(self.nt("KiIdleLoop"), self.threads[thread].initial - 8);
        let cr3 = self.root();
        let stopped = self.machine.run(&mut self.memory, cr3, &regs, pcr, 0);
        assert_eq!(stopped.regs.rip, self.nt("KiSwapContextParked") + 1);
        self.threads[thread].stopped = Some(stopped);
        self.threads[thread].state = "idle";
        self.put("_KPRCB", prcb, "NextThread", 0);
    }

    /// Calls one function as boot code would, on a thread's stack, and returns rax.
    pub fn call(&mut self, thread: usize, function: u64, arguments: &[u64]) -> u64 {
        let halt = self.nt("KiSwapContextParked");
        let stack = self.threads[thread].initial - 0x100;
        self.q(stack - 8, halt);
        let mut regs = Registers::kernel(function, stack - 8);
        for (slot, value) in [1usize, 2, 8, 9].into_iter().zip(arguments) {
            regs.gpr[slot] = *value;
        }
        let before = self.dispatch(0, thread);
        let (cr3, pcr) = (self.processes[self.threads[thread].process].cr3, self.processors[0].pcr);
        let stopped = self.machine.run(&mut self.memory, cr3, &regs, pcr, 0);
        assert!(stopped.regs.rip == halt + 1, "boot code stopped at {:#x}", stopped.regs.rip);
        if let Some(before) = before {
            self.dispatch(0, before);
        }
        stopped.regs.gpr[0]
    }

    /// Writes a processor's context as freezing it would: its registers at the interruption.
    pub fn freeze(&mut self, processor: usize, thread: usize) {
        let Some(regs) = self.threads[thread].stopped.as_ref().map(|s| s.regs.clone()) else {
            return;
        };
        let prcb = self.processors[processor].pcr + PRCB;
        let context = self.get(prcb + layout::off("_KPRCB", "Context"));
        self.write_context(context, &regs);
        let cr3 = self.processes[self.threads[thread].process].cr3;
        let special = prcb + layout::off("_KPRCB", "ProcessorState");
        self.put("_KSPECIAL_REGISTERS", special, "Cr3", cr3);
        let frozen = layout::off("_KPRCB", "IpiFrozen");
        self.d(prcb + frozen, 4);
    }

    /// A CONTEXT with these registers.
    pub fn write_context(&mut self, at: u64, regs: &Registers) {
        let c = "_CONTEXT";
        for (name, value) in [
            ("ContextFlags", 0x10_005F),
            ("MxCsr", 0x1F80),
            ("SegCs", u64::from(regs.cs)),
            ("SegSs", u64::from(regs.ss)),
            ("SegDs", 0x2B),
            ("SegEs", 0x2B),
            ("SegFs", 0x53),
            ("SegGs", 0x2B),
            ("EFlags", regs.flags),
            ("Rip", regs.rip),
        ] {
            self.put(c, at, name, value);
        }
        for (i, value) in regs.gpr.iter().enumerate() {
            self.q(at + 0x78 + i as u64 * 8, *value);
        }
        for (i, x) in regs.xmm.iter().enumerate() {
            self.bytes(at + 0x200 + i as u64 * 16, x);
        }
    }

    /// The recorded chain of a thread.
    pub fn chain(&self, thread: usize) -> &[Entry] {
        self.threads[thread].stopped.as_ref().map_or(&[], |s| &s.chain)
    }
}
