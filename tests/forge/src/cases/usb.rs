//! Case 4: two functions of a USB redirector call each other until the kernel stack ends.

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
            drivers: &["FLTMGR.SYS", "Ntfs.sys", "tcpip.sys", "usbredir.sys"],
            time: 0x01D7_5013_A90C_72E5,
            uptime: 0x0000_0000_5C81_2FA0,
            unloaded: &[],
            special: false,
            five_levels: false,
        },
    );
    let plans = people::populate(&mut w, &[]);
    let worker = w.nt("ExpWorkerThread");
    let boot = w.thread(0, 0x8, worker, 16);
    let thread = w.thread(0, 0x6D8, worker, 13);
    let item = w.alloc_pool(false, 0x20, b"UsbR");
    base::finish(&mut w);
    people::settle(&mut w, &plans);
    let driver = w.module("usbredir.sys").clone();
    w.call(boot, driver.at("DriverEntry"), &[0, 0]);
    people::rest(&mut w, boot);
    w.q(item + 16, driver.at("UsbrWorker"));
    let first = driver.image.names.iter().find(|(n, _)| n.contains("First@Redirect")).expect("First").1;
    w.q(item + 24, driver.base + u64::from(*first));
    w.run_system(0, thread, worker, item);
    let crash = super::crash(&w, 0, thread);
    assert_eq!(crash.code, 0x7F);
    (w, crash)
}
