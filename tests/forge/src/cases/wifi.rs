//! Case 1: a network filter driver writes over a completion entry.

use super::base::{self, Images, Setup};
use super::people;
use crate::memory::{NX, W};
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
    run_with(images, variant, false, |_| {})
}

/// Runs it in a world that `prepare` has changed before the code starts.
pub fn run_with(
    images: &Images,
    variant: Variant,
    five_levels: bool,
    prepare: impl FnOnce(&mut World),
) -> (World, Crash) {
    let mut w = base::world(
        images,
        &Setup {
            pages: 0xC00,
            processors: 2,
            drivers: &["tcpip.sys", "ndis.sys", "nwifi.sys", "wlanflt.sys"],
            time: 0x01D7_4C1A_52C8_9D40,
            uptime: 0x0000_0004_3A1B_77C3,
            unloaded: &[
                ("dump_stornvme.sys", 0xFFFF_F807_6B00_0000, 0xFFFF_F807_6B02_9000),
                ("WdBoot.sys", 0xFFFF_F807_6B10_0000, 0xFFFF_F807_6B11_0000),
            ],
            special: false,
            five_levels,
        },
    );
    let worker_routine = w.nt("ExpWorkerThread");
    let boot = w.thread(0, 0x8, worker_routine, 16);
    let worker = w.thread(0, 0x4C, worker_routine, 13);
    let plans = people::populate(&mut w, &[]);
    let item = w.alloc_pool(false, 0x20, b"NDwi");
    pool_scenery(&mut w);
    for name in ["nwifi.sys", "wlanflt.sys"] {
        let driver = w.driver(name);
        let device = if name == "wlanflt.sys" { "WlanFlt" } else { "NativeWiFi" };
        w.device(driver, Some(device), 0x12, 0);
    }
    prepare(&mut w);
    base::finish(&mut w);
    people::settle(&mut w, &plans);
    let mode = w.module("wlanflt.sys").at("WlfContext") + 20;
    w.d(mode, variant as u32);
    for driver in ["ndis.sys", "nwifi.sys", "wlanflt.sys"] {
        let entry = w.module(driver).at("DriverEntry");
        w.call(boot, entry, &[0, 0]);
    }
    let send = w.module("ndis.sys").at("ndisSendOne");
    w.call(boot, send, &[1514, if variant == Variant::Null { 2 } else { 0 }]);
    people::rest(&mut w, boot);
    let list = w.get(w.module("ndis.sys").at("ndisWork") + 8);
    w.pool.blocks.push((list, 0x268, *b"Filt", false));
    w.objects.push(("net buffer list".into(), list));
    // NET_BUFFER_LIST.ProtocolReserved[1] leads to it.
    let stack = w.get(list + 0x48);
    w.objects.push(("completion stack".into(), stack));
    let routine = w.module("ndis.sys").at("ndisDoSendCompleteWork");
    let work = w.module("ndis.sys").at("ndisWork");
    w.q(item + 16, routine);
    w.q(item + 24, work);
    w.run_system(0, worker, worker_routine, item);
    super::expect_call(&w, worker, "wlanflt.sys", 0x1F92);
    let crash = super::crash(&w, 0, worker);
    (w, crash)
}

/// Blocks of the filter in every form of pool: low-fragmentation, large, and a page with headers that point at their
/// neighbours, as pools before build 18362 have them.
fn pool_scenery(w: &mut World) {
    let tags: Vec<(bool, [u8; 4])> =
        (0..24).map(|i| (i % 5 != 3, if i % 3 == 0 { *b"Filt" } else { *b"NDnd" })).collect();
    let blocks = w.lfh_subsegment(false, 0x200, &tags);
    w.objects.push(("pool LFH block Filt".into(), blocks[0] + 16));
    let big = w.alloc_big(false, 0x3000, b"Filt");
    w.objects.push(("pool big Filt".into(), big));
    let page = 0xFFFF_A405_A000_3000;
    let root = w.root();
    w.memory.map(root, page, 0x1000, W | NX);
    let sizes: [(u64, [u8; 4], bool); 8] = [
        (0x20, *b"Even", true),
        (0x08, *b"NDnd", true),
        (0x2F, *b"Filt", true),
        (0x10, *b"Free", false),
        (0x50, *b"File", true),
        (0x04, *b"Vad ", true),
        (0x21, *b"Filt", true),
        (0x24, *b"Free", false),
    ];
    let (mut at, mut previous) = (page, 0u64);
    for (units, tag, busy) in sizes {
        w.bytes(at, &[previous as u8, 0, units as u8, if busy { 2 } else { 0 }]);
        w.bytes(at + 4, &tag);
        at += units * 16;
        previous = units;
    }
    assert_eq!(at, page + 0x1000);
    w.objects.push(("pool page with classic headers".into(), page));
}
