//! What an ordinary system has beside its processes: resources, timers, calls and work that wait, threads that could run,
//! names, handles, and requests on their way through drivers.

use super::people::Plan;
use crate::layout::{off, size};
use crate::objects::deferred::NewApc;
use crate::objects::process::{Vad, VadKind};
use crate::world::World;

/// Threads that take resources, in the order in which they run: first come, first served.
pub fn threads(w: &mut World) -> Vec<Plan> {
    let (exclusive, shared, free) = (w.resource(), w.resource(), w.resource());
    for (name, at) in [("resource owned", exclusive), ("resource shared", shared), ("resource free", free)] {
        w.objects.push((name.into(), at));
    }
    [
        (0x30, "MiModifiedPageWriter", exclusive, 17),
        (0x34, "MiMappedPageWriter", exclusive, 17),
        (0x38, "CcQueueLazyWriteScanThread", shared, 16),
        (0x3C, "CcQueueLazyWriteScanThread", shared, 16),
        (0x48, "CcQueueLazyWriteScanThread", exclusive, 16),
    ]
    .map(|(tid, routine, argument, priority)| {
        let routine = w.nt(routine);
        let thread = w.thread(0, tid, routine, priority);
        Plan { thread, routine, argument, system: true }
    })
    .into()
}

/// Lays out what needs no code to run.
pub fn lay(w: &mut World) {
    timers(w);
    calls(w);
    w.ready_thread(0x40, 9, 1, false);
    w.ready_thread(0x44, 10, 0, true);
    names(w);
    work(w);
    handles(w);
    requests(w);
}

/// Two items of drivers and one of the kernel, in the queue that no worker serves.
fn work(w: &mut World) {
    let unpack = w.nt("IopProcessWorkItem");
    let last = w.modules.last().expect("drivers").clone();
    let routine = last.base + u64::from(last.image.entry);
    let driver = w.objects.iter().rev().find(|o| o.0.starts_with("\\Driver\\")).expect("driver").1;
    for priority in [12, 31] {
        let item = w.io_work_item(routine, driver, priority);
        w.work_item(1, priority, item, unpack, item);
    }
    let item = w.alloc_pool(false, size("_WORK_QUEUE_ITEM"), b"WkIt");
    let routine = w.nt("ObpProcessRemoveObjectQueue");
    w.work_item(1, 12, item, routine, 0x77);
}

fn timers(w: &mut World) {
    for (processor, routine, kind, after, period) in [
        (0, "KiScanReadyQueues", 8, 410_000, 1000),
        (0, "CcScanDpc", 8, 9_730_000, 0),
        (1, "PopPolicyTimeCallback", 9, 599_990_000, 60_000),
        (1, "IopTimerDispatch", 8, 4_100_000, 1000),
    ] {
        let routine = w.nt(routine);
        let dpc = w.dpc(routine, 0);
        let timer = w.timer(kind);
        w.timer_insert(processor, timer, after, period, dpc);
    }
}

fn calls(w: &mut World) {
    for (routine, context) in [("PpmPerfAction", 0x1000), ("CcScanDpc", 0)] {
        let routine = w.nt(routine);
        let dpc = w.dpc(routine, context);
        w.dpc_queue(1, dpc, [1, 0]);
    }
    let explorer = thread_of(w, "explorer.exe");
    let services = thread_of(w, "services.exe");
    let (complete, abort, deallocate) =
        (w.nt("IopCompleteRequest"), w.nt("IopAbortRequest"), w.nt("IopDeallocateApc"));
    let program = w.threads[services].start;
    w.apc(&NewApc { thread: explorer, user: false, kernel: complete, rundown: abort, normal: 0, context: 0 });
    w.apc(&NewApc {
        thread: services,
        user: true,
        kernel: deallocate,
        rundown: 0,
        normal: program,
        context: 0x5A0,
    });
}

/// The last thread of a process.
fn thread_of(w: &World, process: &str) -> usize {
    let process = process_of(w, process);
    w.threads.iter().rposition(|t| t.process == process).expect("thread")
}

fn process_of(w: &World, name: &str) -> usize {
    w.processes.iter().position(|p| p.name == name).expect("process")
}

/// Driver objects of all drivers, and names that are no drivers.
fn names(w: &mut World) {
    let images: Vec<String> = w.modules.iter().skip(2).map(|m| m.image.name.clone()).collect();
    for image in images.iter().filter(|i| !i.starts_with("win32k")) {
        let stem = image.rsplit_once('.').map_or(image.as_str(), |(stem, _)| stem);
        if !w.objects.iter().any(|(name, _)| *name == format!("\\Driver\\{stem}")) {
            w.driver(image);
        }
    }
    w.symbolic_link("\\GLOBAL??", "C:", "\\Device\\HarddiskVolume3");
    w.symbolic_link("\\GLOBAL??", "PIPE", "\\Device\\NamedPipe");
}

fn handles(w: &mut World) {
    let services = process_of(w, "services.exe");
    let explorer = process_of(w, "explorer.exe");
    let names = "\\BaseNamedObjects";
    let event = w.event(Some("ScmCreatedEvent"));
    let owner = w.threads[thread_of(w, "services.exe")].object;
    let mutant = w.named(names, "ServicesActiveMutex", "Mutant", size("_KMUTANT"));
    let semaphore = w.named(names, "ServiceSlots", "Semaphore", size("_KSEMAPHORE"));
    for (at, kind, bytes, state) in
        [(mutant, 2, size("_KMUTANT"), 0u32), (semaphore, 5, size("_KSEMAPHORE"), 3)]
    {
        w.put("_DISPATCHER_HEADER", at, "Type", kind);
        w.put("_DISPATCHER_HEADER", at, "Size", bytes / 4);
        w.d(at + off("_DISPATCHER_HEADER", "SignalState"), state);
        w.list_init(at + off("_DISPATCHER_HEADER", "WaitListHead"));
    }
    w.put("_KMUTANT", mutant, "OwnerThread", owner);
    w.list_insert(owner + off("_KTHREAD", "MutantListHead"), mutant + off("_KMUTANT", "MutantListEntry"));
    w.put("_KSEMAPHORE", semaphore, "Limit", 8);
    let section = w.named(names, "ServicesShared", "Section", size("_SECTION"));
    let area = w.control_area("", 0x10);
    w.put("_SECTION", section, "u1", area);
    w.put("_SECTION", section, "SizeOfSection", 0x1_0000);
    let directory = w.objects.iter().find(|(name, _)| name == names).expect("directory").1;
    let link = w.objects.iter().find(|(name, _)| name == "\\GLOBAL??\\C:").expect("link").1;
    let file = w.file_object("\\Windows\\System32\\config\\SYSTEM", 0);
    let (other, thread) = (w.processes[explorer].object, w.threads[thread_of(w, "explorer.exe")].object);
    let token = w.member("_EPROCESS", w.processes[services].object, "Token") & !15;
    for (handle, body, access) in [
        (0x0C, event, 0x1F_0003),
        (0x10, mutant, 0x1F_0001),
        (0x14, semaphore, 0x1F_0003),
        (0x18, section, 0xF_0007),
        (0x1C, directory, 0xF),
        (0x20, link, 1),
        (0x24, file, 0x12_0089),
        (0x28, other, 0x1F_FFFF),
        (0x2C, thread, 0x1F_FFFF),
        (0x30, token, 0x8),
    ] {
        w.give(services, handle, body, access);
    }
    // The System process has the kernel's handles.
    w.give(0, 4, other, 0x1F_FFFF);
    w.give(0, 8, file, 0x12_019F);
    vads(w, explorer);
}

/// One range of every kind, in places that no code uses.
fn vads(w: &mut World, process: usize) {
    let first = 0x0000_0219_8000_0000u64 >> 12;
    for (i, kind, protection, commit, file) in [
        (0, VadKind::None, 4, 3, ""),
        (1, VadKind::Mapped, 1, 0, "locale.nls"),
        (2, VadKind::Mapped, 4, 0x10, ""),
        (3, VadKind::PhysicalMemory, 4, 0, ""),
        (4, VadKind::Awe, 4, 0, ""),
        (5, VadKind::WriteWatch, 4, 0x20, ""),
        (6, VadKind::LargePages, 4, 0x200, ""),
        (7, VadKind::RotatePhysical, 4, 0, ""),
        (8, VadKind::None, 0x18, 0, ""),
    ] {
        let start = first + i * 0x400;
        w.processes[process].vads.push(Vad {
            first: start,
            last: start + 0x1FF,
            kind,
            protection,
            commit,
            file: file.into(),
        });
    }
}

/// Two requests through a stack of three drivers: one whose lowest level is done, one that lies with the lowest.
fn requests(w: &mut World) {
    let drivers: Vec<u64> =
        w.objects.iter().filter(|(name, _)| name.starts_with("\\Driver\\")).map(|(_, at)| *at).collect();
    let [bottom, middle, top] = drivers[..].first_chunk::<3>().copied().unwrap_or([0; 3]);
    if bottom == 0 {
        return;
    }
    let volume = w.device(bottom, Some("HarddiskVolume3"), 7, 0);
    let filter = w.device(middle, None, 7, volume);
    let upper = w.device(top, None, 7, filter);
    let thread = thread_of(w, "explorer.exe");
    let completion = w.nt("IopSynchronousCompletion");
    for (path, current) in [("\\Users\\Public\\read.txt", 2), ("\\Users\\Public\\write.txt", 1)] {
        let file = w.file_object(path, volume);
        let levels = [(volume, completion, 0x20), (filter, completion, 0x10), (upper, 0, 0)];
        w.irp_at(thread, file, if current == 2 { 3 } else { 4 }, &levels, current);
    }
}

/// What the threads did.
pub fn settled(w: &mut World) {
    w.sleepers();
    let index = |w: &World, tid: u64| w.threads.iter().position(|t| t.tid == tid).expect("thread");
    let object = |w: &World, name: &str| w.objects.iter().find(|o| o.0 == name).expect("resource").1;
    let (owner, waiter) = (index(w, 0x30), index(w, 0x34));
    let at = object(w, "resource owned");
    let reader = index(w, 0x48);
    w.note_resource(at, &[owner], &[waiter], &[reader]);
    let (one, two) = (index(w, 0x38), index(w, 0x3C));
    let at = object(w, "resource shared");
    w.note_resource(at, &[one, two], &[], &[]);
    let at = object(w, "resource free");
    w.note_resource(at, &[], &[], &[]);
}
