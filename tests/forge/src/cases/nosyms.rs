//! Case 3: an edition without symbols; the fault is in an inbox driver, whoever wrote over its data.

use super::base::{self, Images, Setup};
use super::people;
use crate::layout::off;
use crate::world::{PRCB, World};
use crate::writer::Crash;

/// Runs it.
pub fn run(images: &Images) -> (World, Crash) {
    let mut w = base::world(
        images,
        &Setup {
            pages: 0xC00,
            processors: 4,
            drivers: &["Ntfs.sys", "vscan.sys", "vsfilter.sys"],
            time: 0x01D7_5288_01F4_6A9D,
            uptime: 0x0000_000A_7730_0421,
            unloaded: &[("dump_stornvme.sys", 0xFFFF_F807_6B00_0000, 0xFFFF_F807_6B02_9000)],
            special: true,
            five_levels: false,
        },
    );
    let plans = people::populate(&mut w, &[]);
    let worker = w.nt("ExpWorkerThread");
    let thread = w.thread(0, 0x2B8, worker, 14);
    let item = w.alloc_pool(false, 0x20, b"NtFs");
    base::finish(&mut w);
    people::settle(&mut w, &plans);
    let ntfs = w.module("Ntfs.sys").clone();
    // Somebody has stored a small number where the volume's control block was.
    let scb = ntfs.at("NtfsRootScb");
    w.q(scb + 24, 0x0000_0000_0001_00D8);
    w.q(item + 16, ntfs.at("NtfsFspDispatch"));
    w.q(item + 24, ntfs.at("NtfsContext"));
    w.run_system(0, thread, worker, item);
    // What another processor saved of itself is in memory that the dump does not have.
    let prcb = w.processors[3].pcr + PRCB;
    w.q(prcb + off("_KPRCB", "Context"), 0xFFFF_A405_EE00_1000);
    let crash = super::crash(&w, 0, thread);
    assert_eq!(crash.code, 0x1E);
    (w, crash)
}
