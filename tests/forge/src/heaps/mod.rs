//! Dumps whose pool is laid out block by block, for every form that pools have had; see README.md, "Pools".

mod classic;
mod damage;
mod kernel;
mod lfh;
mod plan;
mod segment;
mod special;
mod tables;
mod vs;

use serde_json::{Value, json};

use crate::check;
use crate::pack::Outputs;
use crate::truth::hex;
use crate::world::World;
use crate::writer::{self, Crash, Kind};

use segment::{Heap, Pools};
use vs::Item::{Aligned, Block, Free, Pages, Quota, UpTo};

/// Case, build, kind of dump.
const CASES: &[(&str, u32, Kind)] = &[
    ("heap-1809", 17763, Kind::BitmapKernel),
    ("heap-19h1", 18362, Kind::BitmapFull),
    ("heap-20h1", 19041, Kind::Full),
    ("heap-22h2", 22621, Kind::BitmapFull),
    ("heap-24h2", 26100, Kind::BitmapKernel),
];

/// Makes all of them.
pub fn publish(out: &mut Outputs) {
    for (name, build, kind) in CASES {
        let w = kernel::world(*build);
        let (p, crash) = segmented(w, *build);
        finish(out, name, p.w, &crash, *kind, p.plan.truth(), Some((p.heap_key, p.lfh_key)));
    }
    let w = kernel::world(14393);
    let (w, crash, truth) = classic::run(w);
    finish(out, "heap-rs1", w, &crash, Kind::BitmapFull, truth, None);
}

fn finish(
    out: &mut Outputs,
    name: &str,
    w: World,
    crash: &Crash,
    kind: Kind,
    mut truth: Value,
    keys: Option<(u64, u64)>,
) {
    truth["case"] = json!(name);
    truth["build"] = json!(w.layout.build);
    truth["bugcheck"] = json!({"code": hex(u64::from(crash.code)), "parameters": crash.parameters.map(hex)});
    truth["process"] = hex(w.processes[0].object);
    if let Some((heap, lfh)) = keys {
        truth["keys"] = json!({"heap": hex(heap), "lfh": hex(lfh)});
    }
    out.truth_in("pools/", name, &truth);
    let bytes = writer::write(&w, crash, kind);
    let trial = std::env::temp_dir().join(format!("forge-{}.dmp", std::process::id()));
    check::dump(&trial, &bytes, &w, crash, kind);
    out.dump(&format!("tests/data/pools/{name}"), &bytes);
    for module in &w.modules {
        out.pdb(&module.image);
        out.image(&module.image);
    }
    println!("{name}: {} pages of note", truth["pool_pages"].as_array().map_or(0, Vec::len));
}

/// A pool of segment heaps.
fn segmented(w: World, build: u32) -> (Pools, Crash) {
    let (mut p, mut heaps) = Pools::new(w, u64::from(build));
    for heap in &mut heaps[..3] {
        sound(&mut p, heap);
    }
    damaged(&mut p, &mut heaps[1]);
    let paged = &mut heaps[2];
    let far = p.segment(paged, 1, p.heap_key);
    p.backend(paged, far, 0x9_0000, b"PcL1", 3);
    p.large(paged, 0x90_1230, b"PcL2", 2);
    p.large(paged, 0x80_0000, b"PcL3", 1);
    let mut freed = 0;
    for heap in &mut heaps[4..] {
        let s = p.segment(heap, 0, p.heap_key);
        p.special(heap, s, 0x4F0, b"PcS1");
        let block = p.special(heap, s, 0x124, b"PcS2");
        let last = p.special(heap, s, 0x60, b"PcS3");
        if heap.name == "nonpaged" {
            // Writes before its block, and one that was freed.
            let by = block;
            p.hurt(
                "special-underrun",
                block - 8,
                b"overflow",
                Some(by),
                block & !0xFFF,
                "the pattern before the block was written over",
            );
            mark(&mut p, block & !0xFFF);
            p.special_free(last, last);
            freed = last + 0x30;
        }
    }
    for heap in &mut heaps {
        p.close(heap);
    }
    let kept: Vec<u64> = p
        .plan
        .pages
        .iter()
        .flat_map(|g| &g.blocks)
        .filter(|b| b.tag == Some(*b"PcK1"))
        .map(|b| b.address)
        .collect();
    tables::lookaside(&mut p.w, &mut p.plan, b"PcK1", 0xC0, &kept);
    tables::big_pages(&mut p.w, &p.plan);
    tables::trackers(&mut p.w, &p.plan);
    // PAGE_FAULT_IN_FREED_SPECIAL_POOL: address, a read, by whom.
    let by = p.w.module("poolcache.sys").at("PccCheckEntries") + 4;
    let crash = kernel::stop(&mut p.w, 0xCC, [freed, 0, by, 0]);
    (p, crash)
}

/// Says of a page that it is not sound.
fn mark(p: &mut Pools, page: u64) {
    for pages in p.plan.pages.iter_mut().filter(|g| g.first == page) {
        pages.sound = false;
    }
}

/// A heap's blocks in every form and state.
fn sound(p: &mut Pools, heap: &mut Heap) {
    let s = p.segment(heap, 0, p.heap_key);
    p.vs(
        heap,
        s,
        16,
        &[
            Block(0x210, b"PcC1"),
            Block(0x2C8, b"PcV1"),
            Free(0x240),
            Quota(0x230, b"PcQ1"),
            Aligned(0x240, b"PcA1"),
            // Does not fit behind these: moved to the next page.
            Block(0x4D0, b"PcN1"),
            Block(0x300, b"PcC1"),
            Aligned(0x318, b"PcA2"),
            Free(0x400),
            UpTo(0xC40, b"PcV2"),
            Block(0x3F8, b"PcN2"),
            Block(0x810, b"PcV3"),
            UpTo(0xFF0, b"PcV2"),
            // More than a page, at its start.
            Pages(0x1A30, b"PcC3"),
            UpTo(0xFF0, b"PcV2"),
            Pages(0x1008, b"PcC2"),
            // Free over the ends of pages.
            Free(0x2150),
            Block(0x220, b"PcV4"),
        ],
        true,
    );
    p.hole(heap, s, 3);
    let small: [(&'static [u8; 4], bool); 8] = [
        (b"PcC1", true),
        (b"PcF1", true),
        (b"PcF1", false),
        (b"PcC1", true),
        (b"PcF2", true),
        (b"PcF2", false),
        (b"PcF2", false),
        (b"PcC1", true),
    ];
    p.lfh(heap, s, 2, 0x50, &small.repeat(9), true);
    p.lfh(heap, s, 4, 0x110, &small.repeat(5), true);
    p.lfh(heap, s, 1, 0x20, &small.repeat(14), true);
    p.backend(heap, s, 0x1000, b"PcB1", 1);
    p.backend(heap, s, 0x2E80, b"PcB2", 3);
    p.hole(heap, s, 1);
    p.backend(heap, s, 0x2_1000, b"PcB3", 4);
    // A second segment, of which little is used.
    let s = p.segment(heap, 0, p.heap_key);
    p.vs(heap, s, 2, &[Block(0xC0, b"PcK1"), Block(0xC0, b"PcK1"), Block(0x3E0, b"PcV5")], true);
}

/// Pages that were damaged.
fn damaged(p: &mut Pools, heap: &mut Heap) {
    let s = p.segment(heap, 0, p.heap_key);
    let row = [Block(0x210, b"PcD1"), Block(0x228, b"PcD2"), Block(0x240, b"PcD3"), Block(0x250, b"PcD4")];
    let vs = p.vs(heap, s, 2, &row, false);
    let shows =
        "the header of the chunk behind the block does not decode, and the pool header behind it is text";
    p.overrun("overrun-vs", vs.pages, 1, 0x2C, shows);
    let vs = p.vs(heap, s, 2, &row, false);
    let shows =
        "the header of the chunk behind the block does not decode; the pool header behind it is whole";
    // 0x228 is 8 less than a multiple of 16: these reach the chunk's header only.
    p.overrun("overrun-vs-short", vs.pages, 1, 0x10, shows);
    let vs = p.vs(heap, s, 2, &row, false);
    p.flip(&vs, 2);
    let vs = p.vs(
        heap,
        s,
        2,
        &[Block(0x210, b"PcD1"), Free(0x240), Block(0x240, b"PcD3"), Block(0x250, b"PcD4")],
        false,
    );
    p.freed_twice(&vs, 2);
    let vs = p.vs(heap, s, 2, &row, false);
    p.signature(&vs);
    let users: [(&'static [u8; 4], bool); 6] = [
        (b"PcE1", true),
        (b"PcE2", true),
        (b"PcE3", true),
        (b"PcE3", true),
        (b"PcE4", false),
        (b"PcE1", true),
    ];
    let lfh = p.lfh(heap, s, 1, 0x60, &users.repeat(3), false);
    let shows = "the pool header behind the block is text, while the bitmap says that its block is in use";
    p.overrun("overrun-lfh", lfh.pages, 1, 0x14, shows);
    let lfh = p.lfh(heap, s, 1, 0x80, &users.repeat(3), false);
    p.counted_twice(&lfh, 4);
    let lfh = p.lfh(heap, s, 1, 0x90, &users.repeat(3), false);
    p.bitmap(&lfh, 5);
    let lfh = p.lfh(heap, s, 1, 0xA0, &users.repeat(3), false);
    p.offsets(&lfh);
    // The segment's signature was made with another key.
    let key = p.heap_key;
    let wrong = p.segment(heap, 0, key);
    let base = heap.segments[wrong].base;
    p.vs(heap, wrong, 2, &row, false);
    let at = base + p.w.layout.off("_HEAP_PAGE_SEGMENT", "Signature");
    let now = (p.w.get(at) ^ 0x5A5A_0000_1234_0000).to_le_bytes();
    p.hurt("segment-signature", at, &now, None, base, "the signature was made with another key");
}
