//! The processes of an ordinary system, with threads that wait where such threads wait.

use super::scenery;
use crate::objects::process::NewProcess;
use crate::world::World;

const COMMON: &[&str] = &["ntdll.dll", "KERNELBASE.dll", "KERNEL32.DLL"];

/// What a user thread does.
#[derive(Clone, Copy)]
pub enum Does {
    /// Waits for an event.
    Waits,
    /// Sleeps.
    Sleeps,
    /// Waits for work.
    Pools,
    /// Computes, and is running when the machine stops.
    Spins,
}

/// A planned thread.
pub struct Plan {
    /// Thread index.
    pub thread: usize,
    /// Routine and its argument.
    pub routine: u64,
    /// Argument.
    pub argument: u64,
    /// System thread.
    pub system: bool,
}

/// Makes the processes; running their threads comes later, see [`settle`].
pub fn populate(w: &mut World, extra: &[(&str, &str, &[Does])]) -> Vec<Plan> {
    let mut plans = Vec::new();
    let mut pid = 0x15C;
    let mut parent = 4;
    let all: [(&str, &str, Option<u32>, &[Does]); 7] = [
        (
            "csrss.exe",
            "%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows SharedSection=1024,20480,768",
            Some(0),
            &[Does::Pools, Does::Waits],
        ),
        ("wininit.exe", "wininit.exe", Some(0), &[Does::Waits]),
        ("services.exe", "C:\\Windows\\system32\\services.exe", Some(0), &[Does::Pools, Does::Sleeps]),
        (
            "svchost.exe",
            "C:\\Windows\\system32\\svchost.exe -k netsvcs -p",
            Some(0),
            &[Does::Pools, Does::Waits, Does::Sleeps],
        ),
        (
            "svchost.exe",
            "C:\\Windows\\system32\\svchost.exe -k LocalServiceNetworkRestricted -p",
            Some(0),
            &[Does::Waits],
        ),
        (
            "csrss.exe",
            "%SystemRoot%\\system32\\csrss.exe ObjectDirectory=\\Windows SharedSection=1024,20480,768",
            Some(1),
            &[Does::Pools],
        ),
        ("explorer.exe", "C:\\Windows\\Explorer.EXE", Some(1), &[Does::Waits, Does::Pools]),
    ];
    let smss = w.process(&NewProcess {
        name: "smss.exe",
        pid,
        parent,
        session: None,
        command: "\\SystemRoot\\System32\\smss.exe",
        after: 3,
        images: &["ntdll.dll", "smss.exe"],
    });
    let api = w.processes[smss].modules[1].at("SmpApiLoop");
    let port = w.completion_port();
    w.give(smss, 4, port, 0x1F_0003);
    let thread = w.thread(smss, pid + 4, api, 11);
    plans.push(Plan { thread, routine: api, argument: 4, system: false });
    parent = pid;
    let rest = extra.iter().map(|(name, command, does)| (*name, *command, Some(1), *does));
    for (i, (name, command, session, does)) in all.into_iter().chain(rest).enumerate() {
        pid += 0x64 + i as u64 * 0x24;
        let images: Vec<&str> = COMMON.iter().copied().chain([name]).collect();
        let after = 4 + i as u64 * 3;
        let p = w.process(&NewProcess { name, pid, parent, session, command, after, images: &images });
        if name == "wininit.exe" || name == "services.exe" {
            parent = pid;
        }
        thread_init(w, p);
        let event = w.event(None);
        let port = w.completion_port();
        w.give(p, 4, event, 0x1F_0003);
        w.give(p, 8, port, 0x1F_0003);
        let program = w.processes[p].modules.last().expect("program").clone();
        for (n, does) in does.iter().enumerate() {
            let (symbol, argument) = match does {
                Does::Waits => ("ServiceWorker", 4),
                Does::Sleeps => ("ServicePoll", 0),
                Does::Pools => ("ServicePool", 8),
                Does::Spins => ("ServiceSpin", 0x1000),
            };
            if !program.image.names.contains_key(symbol) {
                continue;
            }
            let routine = program.at(symbol);
            let thread = w.thread(p, pid + 4 + n as u64 * 4, routine, 8 + n as u64);
            plans.push(Plan { thread, routine, argument, system: false });
        }
    }
    let balance = w.nt("KeBalanceSetManager");
    let event = w.event(None);
    let thread = w.thread(0, 0x18, balance, 17);
    plans.push(Plan { thread, routine: balance, argument: event, system: true });
    let zero = w.nt("MiZeroPageThread");
    let thread = w.thread(0, 0x1C, zero, 1);
    plans.push(Plan { thread, routine: zero, argument: 0, system: true });
    let worker = w.nt("ExpWorkerThread");
    for i in 0..3 {
        let thread = w.thread(0, 0x24 + i * 4, worker, 12 + i);
        plans.push(Plan { thread, routine: worker, argument: 0, system: true });
    }
    plans.extend(scenery::threads(w));
    plans
}

/// The loader's work: threads of this process start through kernel32.
pub fn thread_init(w: &mut World, process: usize) {
    let p = &w.processes[process];
    let find = |name: &str| p.modules.iter().find(|m| m.image.name == name).expect("module").clone();
    let (ntdll, kernel32) = (find("ntdll.dll"), find("KERNEL32.DLL"));
    let (cr3, at) = (p.cr3, ntdll.at("Kernel32ThreadInitThunkFunction"));
    w.memory.write(cr3, at, &kernel32.at("BaseThreadInitThunk").to_le_bytes());
}

/// Runs the planned threads until they wait, and lets every processor idle.
pub fn settle(w: &mut World, plans: &[Plan]) {
    for plan in plans {
        if plan.system {
            w.run_system(0, plan.thread, plan.routine, plan.argument);
        } else {
            w.run_user(0, plan.thread, plan.routine, plan.argument);
        }
        let t = &w.threads[plan.thread];
        let stopped = t.stopped.as_ref().map_or(0, |s| s.regs.rip);
        assert!(t.state == "waiting" || stopped >> 47 == 0, "thread {:#x} stopped at {stopped:#x}", t.tid);
    }
    scenery::settled(w);
    for n in 0..w.processors.len() {
        idle(w, n);
    }
}

/// The thread that called the drivers' entries has no more to do: it waits for work as any worker, and processor 0 idles.
pub fn rest(w: &mut World, boot: usize) {
    let worker = w.nt("ExpWorkerThread");
    w.run_system(0, boot, worker, 0);
    idle(w, 0);
}

/// Runs a processor's idle thread and freezes it there.
pub fn idle(w: &mut World, processor: usize) {
    let object = w.processors[processor].idle;
    let thread = w.threads.iter().position(|t| t.object == object).expect("idle thread");
    let regs = crate::machine::Registers::kernel(w.nt("KiIdleLoop"), w.threads[thread].initial - 8);
    w.run(processor, thread, &regs);
    w.freeze(processor, thread);
}
