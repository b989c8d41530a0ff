//! A driver whose unwind data is written by hand: version 2, chained entries, far forms; one processor is interrupted in
//! the middle of an epilog.

use super::base::{self, Images, Setup};
use super::people;
use crate::world::World;
use crate::writer::Crash;

/// Runs it.
pub fn run(images: &Images) -> (World, Crash) {
    let mut w = base::world(
        images,
        &Setup {
            pages: 0xC00,
            processors: 2,
            drivers: &["FLTMGR.SYS", "tspport.sys"],
            time: 0x01D7_5702_C1D0_0B11,
            uptime: 0x0000_0000_23A0_9F04,
            unloaded: &[],
            special: false,
            five_levels: false,
        },
    );
    let plans = people::populate(&mut w, &[]);
    let driver = w.module("tspport.sys").clone();
    let routine = driver.at("TspWorker");
    let other = w.thread(0, 0x3D0, routine, 10);
    let thread = w.thread(0, 0x3D4, routine, 10);
    let request = w.alloc_pool(false, 0x40, b"TspR");
    w.q(request, 0x5_0000);
    base::finish(&mut w);
    people::settle(&mut w, &plans);
    w.machine.stop_at = Some(driver.at("TspInEpilog"));
    w.run_system(1, other, routine, 0);
    w.machine.stop_at = None;
    w.freeze(1, other);
    w.run_system(0, thread, routine, request);
    let crash = super::crash(&w, 0, thread);
    assert_eq!(crash.code, 0x1E);
    (w, crash)
}
