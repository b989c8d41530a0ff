//! Case 5: a write to read-only memory while a session starts, on 16 processors.

use super::base::{self, Images, Setup};
use super::people::{self, Does};
use crate::layout::off;
use crate::memory::NX;
use crate::world::World;
use crate::writer::Crash;

/// Runs it.
pub fn run(images: &Images) -> (World, Crash) {
    let mut w = base::world(
        images,
        &Setup {
            pages: 0x1000,
            processors: 16,
            drivers: &[
                "FLTMGR.SYS",
                "Ntfs.sys",
                "tcpip.sys",
                "isofilter.sys",
                "isospace.sys",
                "win32kbase.sys",
                "win32kfull.sys",
                "win32k.sys",
            ],
            time: 0x01D7_5561_3C90_EE04,
            uptime: 0x0000_0000_0ED2_4413,
            unloaded: &[],
            special: false,
            five_levels: false,
        },
    );
    let plans = people::populate(
        &mut w,
        &[
            (
                "agent.exe",
                "\"C:\\Program Files\\Litware\\Agent\\agent.exe\" --workspace 4",
                &[Does::Waits, Does::Spins],
            ),
            (
                "svchost.exe",
                "C:\\Windows\\system32\\svchost.exe -k UnistackSvcGroup",
                &[Does::Spins, Does::Spins],
            ),
        ],
    );
    let smss = w.processes.iter().position(|p| p.name == "smss.exe").expect("smss");
    let agent = w.processes.iter().position(|p| p.name == "agent.exe").expect("agent");
    let session = w.processes[smss].modules[1].at("SmpSessionThread");
    let tid = w.processes[smss].pid + 0x10;
    let thread = w.thread(smss, tid, session, 11);
    let opener_routine = w.module("isospace.sys").at("IspWorker");
    let opener = w.thread(0, 0x8E4, opener_routine, 9);
    let worker = w.nt("ExpWorkerThread");
    let boot = w.thread(0, 0x8, worker, 16);
    let filter = w.driver("FLTMGR.SYS");
    let entry = w.module("FLTMGR.SYS").at("FltpCreate");
    w.q(filter + off("_DRIVER_OBJECT", "MajorFunction"), entry);
    let device = w.device(filter, Some("FltVolume"), 8, 0);
    let file = w.file_object("\\Users\\Public\\Workspace\\state.db", device);
    let irp = w.irp(opener, device, file, 0, 2, false);
    // The bitmap of system page table entries lies in memory that may only be read.
    let bitmap = 0xFFFF_D30A_4420_0000;
    let root = w.root();
    w.memory.map(root, bitmap, 0x1000, NX);
    base::finish(&mut w);
    let (spins, waits): (Vec<_>, Vec<_>) = plans.into_iter().partition(|p| !p.system && p.argument == 0x1000);
    people::settle(&mut w, &waits);
    let head = w.nt("MiSystemPteBitmap");
    w.q(head, 0x8000);
    w.q(head + 8, bitmap);
    for driver in ["win32kbase.sys", "win32kfull.sys", "win32k.sys", "isofilter.sys", "isospace.sys"] {
        let entry = w.module(driver).at("DriverEntry");
        w.call(boot, entry, &[0, 0]);
    }
    people::rest(&mut w, boot);
    // Other processors are busy: two service threads, the agent, and a system thread attached to it.
    for (i, plan) in spins.iter().enumerate() {
        let processor = 3 + i * 2;
        w.run_user(processor, plan.thread, plan.routine, plan.argument);
        w.freeze(processor, plan.thread);
    }
    let isospace = w.module("isospace.sys").clone();
    w.q(isospace.at("IspTarget"), device);
    w.q(isospace.at("IspIrp"), irp);
    let object = w.threads[opener].object;
    let attached = w.processes[agent].object;
    let apc = object + off("_KTHREAD", "ApcState");
    w.q(apc + off("_KAPC_STATE", "Process"), attached);
    let saved = object + off("_KTHREAD", "SavedApcState");
    let system = w.processes[0].object;
    w.q(saved + off("_KAPC_STATE", "Process"), system);
    w.put("_KTHREAD", object, "ApcStateIndex", 1);
    w.run_system(9, opener, opener_routine, 0);
    w.freeze(9, opener);
    super::expect_call(&w, opener, "isospace.sys", 0x38F93);
    super::expect_call(&w, opener, "isofilter.sys", 0x1B54F);
    w.run_user(6, thread, session, 0);
    let crash = super::crash(&w, 6, thread);
    assert_eq!(crash.code, 0xBE);
    (w, crash)
}
