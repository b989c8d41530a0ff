//! The pool before segment heaps: pages whose blocks chain by their headers, free lists in a descriptor.

use serde_json::Value;

use super::kernel;
use super::plan::{Block, Damage, Pages, Plan, Rng};
use super::tables;
use crate::memory::{NX, PAGE, W};
use crate::world::World;
use crate::writer::Crash;

/// Nonpaged and paged pool.
const STARTS: [u64; 2] = [0xFFFF_A405_8C00_0000, 0xFFFF_D30A_1100_0000];
const DESCRIPTOR: &str = "_POOL_DESCRIPTOR";
const BIG: u64 = 0x20_0000;

struct Classic {
    w: World,
    plan: Plan,
    rng: Rng,
    next: [u64; 2],
    descriptors: [u64; 2],
    cookie: u64,
}

/// Bytes asked for, tag, in use.
type Row = (u64, &'static [u8; 4], bool);

impl Classic {
    /// A page of blocks; what they leave is one free block.
    fn page(&mut self, kind: usize, rows: &[Row], sound: bool) -> usize {
        let page = self.next[kind];
        self.next[kind] += PAGE;
        let root = self.w.root();
        self.w.memory.map(root, page, PAGE, W | NX);
        let (mut at, mut previous) = (page, 0);
        let mut blocks: Vec<Block> = Vec::new();
        let used: u64 = rows.iter().map(|r| r.0.next_multiple_of(16) + 16).sum();
        assert!(used <= PAGE, "page full");
        let rest = (used < PAGE).then_some((PAGE - used - 16, b"Free", false));
        for (asked, tag, allocated) in rows.iter().copied().chain(rest) {
            let bytes = asked.next_multiple_of(16) + 16;
            let quota = tag == b"PcQ1";
            let flags = if allocated { 2 | kind as u8 | if quota { 8 } else { 0 } } else { 0 };
            self.w.bytes(at, &[(previous / 16) as u8, 0, (bytes / 16) as u8, flags]);
            self.w.bytes(at + 4, tag);
            let billed = self.w.processes[0].object ^ self.cookie ^ at;
            self.w.q(at + 8, if quota { billed } else { 0 });
            if allocated {
                self.w.q(at + 16, self.rng.next());
                self.plan.count(*tag, kind == 1, bytes, false);
            } else if bytes > 16 {
                let heads = self.descriptors[kind] + self.w.layout.off(DESCRIPTOR, "ListHeads");
                self.w.list_insert(heads + bytes / 16 * 16, at + 16);
            }
            blocks.push(Block {
                start: at,
                address: at + 16,
                asked: allocated.then_some(asked),
                bytes,
                state: if allocated { "allocated" } else { "free" },
                tag: Some(*tag),
                header: true,
                chunk: None,
                note: if quota { "quota" } else { "" },
            });
            previous = bytes;
            at += bytes;
        }
        self.plan.pages.push(Pages {
            first: page,
            count: 1,
            allocator: "classic",
            heap: ["nonpaged", "paged"][kind],
            sound,
            blocks,
        });
        self.plan.pages.len() - 1
    }

    fn big(&mut self, kind: usize, asked: u64, tag: &[u8; 4]) {
        let bytes = asked.next_multiple_of(PAGE);
        let at = STARTS[kind] + BIG + (self.plan.big.len() as u64) * 0x1_0000;
        let root = self.w.root();
        self.w.memory.map(root, at, bytes, W | NX);
        self.plan.big.push((at, asked, *tag, kind == 1));
        self.plan.count(*tag, kind == 1, bytes, false);
        let block = Block {
            start: at,
            address: at,
            asked: Some(asked),
            bytes,
            state: "allocated",
            tag: Some(*tag),
            header: false,
            chunk: None,
            note: "",
        };
        self.plan.pages.push(Pages {
            first: at,
            count: bytes / PAGE,
            allocator: "large",
            heap: ["nonpaged", "paged"][kind],
            sound: true,
            blocks: vec![block],
        });
    }

    fn hurt(
        &mut self,
        kind: &'static str,
        at: u64,
        now: &[u8],
        by: Option<u64>,
        victim: u64,
        shows: &'static str,
    ) {
        let was = self.w.memory.read(self.w.root(), at, now.len()).expect("mapped");
        assert_ne!(was, now, "{kind} changes nothing");
        self.w.bytes(at, now);
        self.plan.damage.push(Damage { kind, at, was, now: now.to_vec(), by, victim, shows });
    }

    fn block(&self, page: usize, n: usize) -> Block {
        self.plan.pages[page].blocks[n].clone()
    }
}

/// Lays it out and stops.
pub fn run(w: World) -> (World, Crash, Value) {
    let mut rng = Rng::new(14393);
    let cookie = rng.next();
    let descriptors = [w.nt("NonPagedPoolDescriptor"), w.nt("ExpPagedPoolDescriptorBlock")];
    let mut c = Classic { w, plan: Plan::default(), rng, next: STARTS, descriptors, cookie };
    let at = c.w.nt("ExpPoolQuotaCookie");
    c.w.q(at, cookie);
    let vector = c.w.nt("PoolVector");
    let paged = c.w.nt("ExpPagedPoolDescriptor");
    let nonpaged = c.w.nt("ExpNonPagedPoolDescriptor");
    for (slot, value) in [
        (vector, descriptors[0]),
        (vector + 8, descriptors[1]),
        (paged, descriptors[1]),
        (nonpaged, descriptors[0]),
    ] {
        c.w.q(slot, value);
    }
    for (kind, d) in descriptors.into_iter().enumerate() {
        c.w.put(DESCRIPTOR, d, "PoolType", kind as u64);
        let heads = d + c.w.layout.off(DESCRIPTOR, "ListHeads");
        for i in 0..256 {
            c.w.list_init(heads + i * 16);
        }
    }
    for kind in 0..2 {
        c.page(
            kind,
            &[
                (0x60, b"PcC1", true),
                (0x1F8, b"PcV1", true),
                (0x80, b"PcF1", false),
                (0x230, b"PcQ1", true),
                (0x40, b"PcC1", true),
                (0x100, b"PcF2", false),
                (0x4D0, b"PcV2", true),
            ],
            true,
        );
        c.page(kind, &[(0xFE0, b"PcV3", true)], true);
        c.page(kind, &[(0x7E8, b"PcV4", true), (0x7F0, b"PcV5", true)], true);
        c.page(kind, &[(0x20, b"PcK1", true), (0x20, b"PcK1", true), (0x20, b"PcK1", true)], true);
        c.big(kind, 0x1000, b"PcB1");
        c.big(kind, 0x2E80, b"PcB2");
    }
    let rows: [Row; 4] =
        [(0x110, b"PcD1", true), (0x128, b"PcD2", true), (0x140, b"PcD3", true), (0x150, b"PcD4", true)];
    let page = c.page(0, &rows, false);
    let (a, b) = (c.block(page, 1), c.block(page, 2));
    let text: Vec<u8> = b"\\Device\\HarddiskVolume3\\".to_vec();
    let shows = "the pool header behind the block is text";
    c.hurt("overrun", a.address + 0x128, &text, Some(a.address), b.start, shows);
    let corrupt = b.start;
    let page = c.page(0, &rows, false);
    let b = c.block(page, 2);
    let size = (b.bytes / 16) as u8 ^ 4;
    let shows =
        "the block's size leads into the middle of another; the next block's previous size says what it was";
    c.hurt("size-bit", b.start + 2, &[size], None, b.start, shows);
    let page = c.page(1, &rows, false);
    let b = c.block(page, 3);
    c.hurt(
        "previous-size",
        b.start,
        &[3],
        None,
        b.start,
        "the previous size is not the size of the block before",
    );
    let page = c.page(0, &[(0x110, b"PcD1", true), (0x120, b"PcD2", false), (0x140, b"PcD3", true)], false);
    let b = c.block(page, 1);
    c.hurt(
        "free-list",
        b.address,
        b"PcD2free",
        None,
        b.start,
        "the free block's link leads nowhere: it was written after it was freed",
    );
    let kept: Vec<u64> = c
        .plan
        .pages
        .iter()
        .filter(|p| p.heap == "nonpaged")
        .flat_map(|p| &p.blocks)
        .filter(|b| b.tag == Some(*b"PcK1"))
        .map(|b| b.address)
        .collect();
    tables::lookaside(&mut c.w, &mut c.plan, b"PcK1", 0x20, &kept);
    tables::big_pages(&mut c.w, &c.plan);
    tables::trackers(&mut c.w, &c.plan);
    // BAD_POOL_HEADER 0x20: the block's header is corrupt; the entry, the next one.
    let crash = kernel::stop(&mut c.w, 0x19, [0x20, corrupt, corrupt + 0x150, 0x0415_000F]);
    let truth = c.plan.truth();
    (c.w, crash, truth)
}
