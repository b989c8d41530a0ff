//! Case 2: a virus scanner's kernel module, in two dumps.

use super::base::{self, Images, Setup};
use super::people::{self, Does};
use crate::layout::off;
use crate::memory::{NX, U};
use crate::objects::process::Vad;
use crate::world::World;
use crate::writer::Crash;

fn setup(images: &Images, time: u64) -> World {
    base::world(
        images,
        &Setup {
            pages: 0xC00,
            processors: 4,
            drivers: &["FLTMGR.SYS", "Ntfs.sys", "tcpip.sys", "vscan.sys", "vsfilter.sys"],
            time,
            uptime: 0x0000_0001_92C4_1E77,
            unloaded: &[("dump_storahci.sys", 0xFFFF_F807_6B00_0000, 0xFFFF_F807_6B02_9000)],
            special: false,
            five_levels: false,
        },
    )
}

/// 0x1A: the engine flips a bit of a page table entry, and unmapping its view finds it.
pub fn corrupt_pte(images: &Images) -> (World, Crash) {
    let mut w = setup(images, 0x01D7_4D90_1A33_C0F2);
    let plans = people::populate(&mut w, &[]);
    let routine = w.module("vsfilter.sys").at("VsfWorkerThread");
    let thread = w.thread(0, 0x5A4, routine, 12);
    // The engine's view of its signature file, in the System process.
    let view = 0x0000_0218_1740_0000u64;
    let root = w.root();
    for page in [0u64, 1, 2, 5] {
        w.memory.map(root, view + page * 0x1000, 0x1000, U | NX);
        w.bytes(view + page * 0x1000, b"NWSG signatures");
    }
    w.processes[0].vads.push(Vad::image(view, 0x8000, 1, "nwsig.dat"));
    let table = w.alloc_pool(false, 0x100, b"Vtab");
    base::finish(&mut w);
    people::settle(&mut w, &plans);
    // The slot was computed from a table that has shrunk since: it ends in the page tables.
    let wild = w.memory.pte_address(view + 0x7000, 0);
    let state = w.module("vscan.sys").at("VsTable");
    w.q(state + 8, table);
    w.q(state + 16, wild.wrapping_sub(table) / 8);
    w.q(state + 24, view);
    // Page tables are writable through the self-map; nothing stops the write.
    w.run_system(2, thread, routine, 0);
    let crash = super::crash(&w, 2, thread);
    let export = u64::from(w.module("vscan.sys").image.symbol("VSSwapTable"));
    super::expect_call(&w, thread, "vscan.sys", export + 0x136D);
    w.objects.push(("corrupt page table entry".into(), wild));
    (w, crash)
}

/// 0x139: the engine writes into a pool block that it has freed; the next allocation checks the list.
pub fn corrupt_list(images: &Images) -> (World, Crash) {
    let mut w = setup(images, 0x01D7_4DA4_77E1_0B3C);
    let plans = people::populate(
        &mut w,
        &[("scansvc.exe", "\"C:\\Program Files\\Northwind\\Scanner\\scansvc.exe\" -k", &[Does::Waits])],
    );
    let process = w.processes.iter().position(|p| p.name == "scansvc.exe").expect("scansvc");
    let driver = w.driver("vsfilter.sys");
    let handler = w.module("vsfilter.sys").at("VsfDeviceControl");
    w.q(driver + off("_DRIVER_OBJECT", "MajorFunction") + 14 * 8, handler);
    let device = w.device(driver, Some("VsFilter"), 0x22, 0);
    let disk = w.driver("Ntfs.sys");
    let volume = w.device(disk, Some("NtfsVolume"), 8, 0);
    let file = w.file_object("\\VsFilter", device);
    w.give(process, 0x1C, file, 0x12_019F);
    let routine = w.processes[process].modules.last().expect("program").at("ScanWorkerThread");
    let tid = w.processes[process].pid + 0x18;
    let thread = w.thread(process, tid, routine, 9);
    w.irp(thread, device, file, 14, 1, false);
    for i in 0..2 {
        let log = w.file_object(&format!("\\ProgramData\\Northwind\\scan{i}.log"), volume);
        w.irp(thread, volume, log, 4, 2, true);
    }
    // Three freed blocks on the lookaside list; the engine still holds the second.
    let head = w.nt("ExpPoolLookaside");
    w.list_init(head);
    let blocks: Vec<u64> = (0..3).map(|_| w.alloc_pool(false, 0x80, b"Vcan")).collect();
    for block in &blocks {
        w.list_insert(head, *block);
    }
    base::finish(&mut w);
    people::settle(&mut w, &plans);
    let state = w.module("vscan.sys").at("VsTable");
    w.q(state + 32, blocks[1]);
    w.q(state + 40, 0x11);
    w.run_user(1, thread, routine, 0x1C);
    let crash = super::crash(&w, 1, thread);
    w.objects.push(("corrupt list entry".into(), blocks[1]));
    (w, crash)
}
