//! Segment heaps: their contexts, segments, ranges of pages, trees, and what stands in no segment.

use serde_json::json;

use super::plan::{Block, Pages, Plan, Rng};
use crate::memory::{NX, PAGE, W};
use crate::truth::hex;
use crate::world::World;

const HEAP: &str = "_SEGMENT_HEAP";
const CTX: &str = "_HEAP_SEG_CONTEXT";
const RANGE: &str = "_HEAP_PAGE_RANGE_DESCRIPTOR";
/// In a segment's signature up to build 22631.
const SIGNATURE: u64 = 0xA2E6_4EAD_A2E6_4EAD;
/// Descriptors of a segment.
const UNITS: u64 = 256;

/// A segment that is being filled.
pub struct Segment {
    /// Its address.
    pub base: u64,
    /// 0: units of a page; 1: units of 64 KiB.
    pub context: u64,
    next: u64,
    free: Vec<u64>,
}

/// A heap.
pub struct Heap {
    /// Its address.
    pub va: u64,
    /// What the truth calls it.
    pub name: &'static str,
    /// Paged pool.
    pub paged: bool,
    /// Its segments.
    pub segments: Vec<Segment>,
    /// Nodes of free chunks in VS subsegments: bytes, address.
    pub free_chunks: Vec<(u64, u64)>,
    /// Its large allocations: metadata, address.
    pub large: Vec<(u64, u64)>,
}

/// What lays out a pool.
pub struct Pools {
    /// The machine.
    pub w: World,
    /// RtlpHpHeapGlobals.HeapKey.
    pub heap_key: u64,
    /// RtlpHpHeapGlobals.LfhKey.
    pub lfh_key: u64,
    /// ExpPoolQuotaCookie.
    pub cookie: u64,
    /// What was laid out.
    pub plan: Plan,
    /// Numbers for contents.
    pub rng: Rng,
    /// Next segment of nonpaged and of paged pool.
    next: [u64; 2],
    metadata: u64,
}

/// Nonpaged, nonpaged without execution, paged, prototype; then those of special pool.
pub const NAMES: [&str; 7] =
    ["nonpaged", "nonpaged-nx", "paged", "prototype", "nonpaged", "nonpaged-nx", "paged"];
/// Where the heaps themselves are.
const HEAPS: u64 = 0xFFFF_A405_8000_0000;
/// Where metadata of large allocations is.
const METADATA: u64 = 0xFFFF_A405_8010_0000;
/// Where large allocations are.
const LARGE: u64 = 0xFFFF_D30A_4000_0000;

impl Pools {
    /// Keys and heaps.
    pub fn new(w: World, seed: u64) -> (Self, Vec<Heap>) {
        let mut rng = Rng::new(seed);
        let (heap_key, lfh_key, cookie) = (rng.next(), rng.next(), rng.next());
        let mut p = Self {
            w,
            heap_key,
            lfh_key,
            cookie,
            plan: Plan::default(),
            rng,
            next: [0xFFFF_A405_8C00_0000, 0xFFFF_D30A_1100_0000],
            metadata: METADATA,
        };
        let root = p.w.root();
        p.w.memory.map(root, METADATA, PAGE, W | NX);
        let globals = p.w.nt("RtlpHpHeapGlobals");
        p.w.q(globals, heap_key);
        p.w.q(globals + 8, lfh_key);
        let at = p.w.nt("ExpPoolQuotaCookie");
        p.w.q(at, cookie);
        let state = p.w.nt("ExPoolState");
        p.w.q(state, globals);
        let s = "_EX_POOL_HEAP_MANAGER_STATE";
        p.w.put(s, state, "NumberOfPools", 1);
        let node = state + p.w.layout.off(s, "PoolNode") + p.w.layout.off("_EX_HEAP_POOL_NODE", "Heaps");
        let special = state + p.w.layout.off(s, "SpecialHeaps");
        let mut heaps = Vec::new();
        for (i, name) in NAMES.into_iter().enumerate() {
            let va = HEAPS + i as u64 * 0x2000;
            p.w.memory.map(root, va, p.w.layout.size(HEAP), W | NX);
            let slot = if i < 4 { node + i as u64 * 8 } else { special + (i as u64 - 4) * 8 };
            p.w.q(slot, va);
            heaps.push(p.heap(va, name));
        }
        (p, heaps)
    }

    fn heap(&mut self, va: u64, name: &'static str) -> Heap {
        let off = self.w.layout.off(HEAP, "SegContexts");
        let size = self.w.layout.size(CTX);
        let [vs, lfh] = ["VsContext", "LfhContext"].map(|m| va + self.w.layout.off(HEAP, m));
        self.w.put(HEAP, va, "Signature", 0xDDEE_DDEE);
        for (i, shift) in [(0u64, 12u64), (1, 16)] {
            let c = va + off + i * size;
            for (member, value) in [
                ("SegmentMask", if i == 0 { !0xF_FFFF } else { !0xFF_FFFF }),
                ("UnitShift", shift),
                ("PagesPerUnitShift", shift - 12),
                ("FirstDescriptorIndex", if i == 0 { 2 } else { 1 }),
                ("MaxAllocationSize", if i == 0 { 0x7_F000 } else { 0x7F_0000 }),
                ("LfhContext", lfh),
                ("VsContext", vs),
                ("Heap", va),
            ] {
                self.w.put(CTX, c, member, value);
            }
            let head = c + self.w.layout.off(CTX, "SegmentListHead");
            self.w.list_init(head);
        }
        self.w.put("_HEAP_VS_CONTEXT", vs, "BackendCtx", va + off);
        self.w.put("_HEAP_LFH_CONTEXT", lfh, "BackendCtx", va + off);
        if let Some(list) = self.w.layout.find("_HEAP_VS_CONTEXT", "SubsegmentList") {
            self.w.list_init(vs + list.offset);
        }
        if self.w.layout.find("_HEAP_LFH_CONTEXT", "EncodeKey").is_some() {
            let key = self.lfh_key;
            self.w.put("_HEAP_LFH_CONTEXT", lfh, "EncodeKey", key);
        }
        let paged = matches!(name, "paged" | "prototype");
        Heap { va, name, paged, segments: Vec::new(), free_chunks: Vec::new(), large: Vec::new() }
    }

    /// Address of a heap's context.
    fn context(&self, heap: &Heap, context: u64) -> u64 {
        heap.va + self.w.layout.off(HEAP, "SegContexts") + context * self.w.layout.size(CTX)
    }

    /// A new segment, whose signature is made with `key` (the heap's own, if it is sound). Returns its index.
    pub fn segment(&mut self, heap: &mut Heap, context: u64, key: u64) -> usize {
        let kind = usize::from(heap.paged);
        let span = if context == 0 { 0x10_0000 } else { 0x100_0000 };
        let base = self.next[kind].next_multiple_of(span);
        self.next[kind] = base + span;
        let root = self.w.root();
        self.w.memory.map(root, base, 0x2000, W | NX);
        let c = self.context(heap, context);
        let head = c + self.w.layout.off(CTX, "SegmentListHead");
        self.w.list_insert(head, base + self.w.layout.off("_HEAP_PAGE_SEGMENT", "ListEntry"));
        let count = self.w.member(CTX, c, "SegmentCount") + 1;
        self.w.put(CTX, c, "SegmentCount", count);
        let constant = if self.w.layout.build >= 26100 { 0 } else { SIGNATURE };
        self.w.put("_HEAP_PAGE_SEGMENT", base, "Signature", c ^ base ^ key ^ constant);
        let next = self.w.member(CTX, c, "FirstDescriptorIndex") & 0xFF;
        heap.segments.push(Segment { base, context, next, free: Vec::new() });
        heap.segments.len() - 1
    }

    /// Describes a range of units that is in use; `kind` is its HEAP_SEG_RANGE_TYPE, of the pages `present` are mapped.
    pub fn range(
        &mut self,
        heap: &mut Heap,
        segment: usize,
        units: u64,
        kind: u64,
        unused: u64,
        present: u64,
    ) -> u64 {
        let s = &mut heap.segments[segment];
        let (base, shift, first) = (s.base, if s.context == 0 { 12 } else { 16 }, s.next);
        assert!(first + units < UNITS, "segment full");
        s.next += units;
        // Bit 0: allocated; bit 1: the first of its range; bits 2 and 3: what it is for.
        let flags = kind << 2 | 1;
        for i in 0..units {
            let d = base + (first + i) * self.w.layout.size(RANGE);
            self.w.put(RANGE, d, "RangeFlags", if i == 0 { flags | 2 } else { flags });
            let pages = 1u64 << (shift - 12);
            self.w.put(RANGE, d, "CommittedPageCount", present.saturating_sub(i * pages).min(pages));
            if i == 0 {
                self.w.put(RANGE, d, "TreeSignature", 0xCCDD_CCDD);
                self.w.put(RANGE, d, "UnusedBytes", unused);
                self.w.put(RANGE, d, "UnitSize", units);
            } else {
                self.w.put(RANGE, d, "UnitOffset", i);
            }
        }
        let at = base + (first << shift);
        let root = self.w.root();
        self.w.memory.map(root, at, present * PAGE, W | NX);
        at
    }

    /// Leaves a hole of free units.
    pub fn hole(&mut self, heap: &mut Heap, segment: usize, units: u64) {
        let s = &mut heap.segments[segment];
        let (base, first) = (s.base, s.next);
        s.next += units;
        let d = base + first * self.w.layout.size(RANGE);
        s.free.push(d);
        self.w.put(RANGE, d, "RangeFlags", 2);
        self.w.put(RANGE, d, "UnitSize", units);
    }

    /// What is left of the segments is free; trees, counts and the truth of the heap.
    pub fn close(&mut self, heap: &mut Heap) {
        for i in 0..heap.segments.len() {
            let rest = UNITS - heap.segments[i].next;
            if rest > 0 {
                self.hole(heap, i, rest);
            }
        }
        for context in 0..2 {
            let nodes: Vec<u64> =
                heap.segments.iter().filter(|s| s.context == context).flat_map(|s| s.free.clone()).collect();
            let tree = self.context(heap, context) + self.w.layout.off(CTX, "FreePageRanges");
            self.tree(tree, &nodes);
        }
        if let Some(tree) = self.w.layout.find("_HEAP_VS_CONTEXT", "FreeChunkTree") {
            heap.free_chunks.sort_unstable();
            let nodes: Vec<u64> = heap.free_chunks.iter().map(|c| c.1).collect();
            let vs = heap.va + self.w.layout.off(HEAP, "VsContext");
            self.tree(vs + tree.offset, &nodes);
        } else {
            // The lists of this build are the slots', to which no address leads.
            for (_, node) in heap.free_chunks.clone() {
                self.tree(self.metadata + 0x800, &[node]);
            }
        }
        let nodes: Vec<u64> = heap.large.iter().map(|l| l.0).collect();
        let large = heap.va + self.w.layout.off(HEAP, "LargeAllocMetadata");
        self.tree(large, &nodes);
        self.plan.heaps.push(json!({
            "address": hex(heap.va), "name": heap.name,
            "segments": heap.segments.iter().map(|s| hex(s.base)).collect::<Vec<_>>(),
        }));
    }

    /// A red-black tree of nodes that are in order: as even as can be, its last row red unless all rows are full.
    pub fn tree(&mut self, tree: u64, nodes: &[u64]) {
        let deepest = usize::BITS - nodes.len().leading_zeros();
        let full = (nodes.len() + 1).is_power_of_two();
        let root = self.subtree(nodes, 0, 1, if full { u32::MAX } else { deepest });
        self.w.q(tree, root);
        self.w.q(tree + 8, nodes.first().copied().unwrap_or(0));
    }

    fn subtree(&mut self, nodes: &[u64], parent: u64, depth: u32, red: u32) -> u64 {
        let Some(node) = nodes.get(nodes.len() / 2).copied() else {
            return 0;
        };
        let middle = nodes.len() / 2;
        let left = self.subtree(&nodes[..middle], node, depth + 1, red);
        let right = self.subtree(&nodes[middle + 1..], node, depth + 1, red);
        self.w.q(node, left);
        self.w.q(node + 8, right);
        self.w.q(node + 16, parent | u64::from(depth == red));
        node
    }

    /// A block of whole pages of its own.
    pub fn backend(
        &mut self,
        heap: &mut Heap,
        segment: usize,
        asked: u64,
        tag: &[u8; 4],
        present: u64,
    ) -> u64 {
        let shift = if heap.segments[segment].context == 0 { 12 } else { 16 };
        let units = asked.div_ceil(1 << shift);
        let at = self.range(heap, segment, units, 0, (units << shift) - asked, present);
        self.whole(heap, "backend", at, asked, tag, present);
        at
    }

    /// A block that is larger than a segment can hold; only its first pages are in memory.
    pub fn large(&mut self, heap: &mut Heap, asked: u64, tag: &[u8; 4], present: u64) {
        let at = LARGE + heap.large.len() as u64 * 0x400_0000;
        let pages = asked.div_ceil(PAGE);
        let root = self.w.root();
        self.w.memory.map(root, at, present * PAGE, W | NX);
        let (data, d) = (self.metadata, "_HEAP_LARGE_ALLOC_DATA");
        self.metadata += 0x40;
        self.w.put(d, data, "VirtualAddress", at | (pages * PAGE - asked));
        self.w.put(d, data, "AllocatedPages", pages);
        heap.large.push((data, at));
        self.whole(heap, "large", at, asked, tag, present);
    }

    fn whole(
        &mut self,
        heap: &Heap,
        allocator: &'static str,
        at: u64,
        asked: u64,
        tag: &[u8; 4],
        present: u64,
    ) {
        let bytes = asked.next_multiple_of(PAGE);
        for page in 0..present {
            self.fill(at + page * PAGE, 0x80, tag);
        }
        self.plan.big.push((at, asked, *tag, heap.paged));
        self.plan.count(*tag, heap.paged, bytes, false);
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
            count: present,
            allocator,
            heap: heap.name,
            sound: true,
            blocks: vec![block],
        });
    }

    /// Contents: what a driver may have written.
    pub fn fill(&mut self, at: u64, bytes: u64, tag: &[u8; 4]) {
        let (a, b) = (self.rng.next() & 0xFFFF, u64::from(u32::from_le_bytes(*tag)));
        for i in 0..(bytes / 8).min(4) {
            self.w.q(at + i * 8, [b << 8 | a, at, i, 0xFFFF_A405_7000_0080][i as usize]);
        }
    }

    /// A POOL_HEADER; `kind` is its PoolType.
    pub fn header(&mut self, at: u64, bytes: u64, kind: u8, tag: &[u8; 4], billed: u64) {
        self.w.bytes(at, &[0, 0, (bytes / 16) as u8, kind]);
        self.w.bytes(at + 4, tag);
        self.w.q(at + 8, billed);
    }
}
