//! Case 1: a network filter driver writes over a completion entry.

use super::base::{self, Images, Setup};
use crate::world::World;
use crate::writer::Crash;

/// The four faults that the same driver causes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// Text over the routine: 0x1E.
    Text,
    /// A data address as the routine: 0xFC.
    Data,
    /// No top of stack, at DISPATCH_LEVEL: 0xD1.
    Null,
    /// A wild top of stack: 0x50.
    Wild,
}

/// Runs it.
pub fn run(images: &Images, variant: Variant) -> (World, Crash) {
    let mut w = base::world(
        images,
        &Setup {
            pages: 0xC00,
            processors: 2,
            drivers: &["tcpip.sys", "ndis.sys", "nwifi.sys", "wlanflt.sys"],
            time: 0x01D7_4C1A_52C8_9D40,
            uptime: 0x0000_0004_3A1B_77C3,
        },
    );
    w.unloaded = vec![
        (
            "dump_stornvme.sys".into(),
            0xFFFF_F807_6B00_0000,
            0xFFFF_F807_6B02_9000,
        ),
        ("WdBoot.sys".into(), 0xFFFF_F807_6B10_0000, 0xFFFF_F807_6B11_0000),
    ];
    let worker_routine = w.nt("ExpWorkerThread");
    let boot = w.thread(0, 0x8, worker_routine, 16);
    let worker = w.thread(0, 0x4C, worker_routine, 13);
    base::finish(&mut w);
    let mode = w.module("wlanflt.sys").at("WlfContext") + 20;
    w.d(mode, variant as u32);
    for driver in ["ndis.sys", "nwifi.sys", "wlanflt.sys"] {
        let entry = w.module(driver).at("DriverEntry");
        w.call(boot, entry, &[0, 0]);
    }
    let send = w.module("ndis.sys").at("ndisSendOne");
    w.call(boot, send, &[1514, if variant == Variant::Null { 2 } else { 0 }]);
    let item = w.alloc_pool(false, 0x20, b"NDwi");
    let routine = w.module("ndis.sys").at("ndisDoSendCompleteWork");
    let work = w.module("ndis.sys").at("ndisWork");
    w.q(item + 16, routine);
    w.q(item + 24, work);
    w.run_system(0, worker, worker_routine, item);
    let call = w.module("wlanflt.sys").base + 0x1F92;
    assert!(
        w.chain(worker).iter().any(|e| e.regs.rip == call),
        "the filter's call has moved"
    );
    let crash = super::crash(&w, 0, worker);
    (w, crash)
}
