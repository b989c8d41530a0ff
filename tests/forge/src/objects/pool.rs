//! The segment-heap pool: one 1 MiB segment for nonpaged and one for paged pool, with VS subsegments, an LFH subsegment,
//! big allocations with their table, and encoded headers as from build 18362 on.

use crate::layout;
use crate::memory::{NX, PAGE, W};
use crate::world::World;

const HEAP: &str = "_SEGMENT_HEAP";
const CTX: &str = "_HEAP_SEG_CONTEXT";
const SIGNATURE: u64 = 0xA2E6_4EAD_A2E6_4EAD;

/// State of the allocator before the code runs.
#[derive(Default)]
pub struct Pool {
    /// RtlpHpHeapGlobals.HeapKey.
    pub heap_key: u64,
    /// RtlpHpHeapGlobals.LfhKey.
    pub lfh_key: u64,
    /// Segment address: nonpaged, paged.
    pub segment: [u64; 2],
    heap: [u64; 2],
    next_unit: [u64; 2],
    subsegment: [u64; 2],
    tail: [u64; 2],
    tail_units: [u64; 2],
    previous: [u64; 2],
    /// Blocks handed out: address behind the header, size, tag, paged.
    pub blocks: Vec<(u64, u64, [u8; 4], bool)>,
    /// Large allocations: address, bytes, tag, paged.
    pub big: Vec<(u64, u64, [u8; 4], bool)>,
}

/// Nonpaged and paged pool segment.
pub const SEGMENTS: [u64; 2] = [0xFFFF_A405_8C00_0000, 0xFFFF_D30A_1100_0000];
const HEAPS: [u64; 2] = [0xFFFF_A405_8000_0000, 0xFFFF_A405_8000_2000];
/// Pages of a VS subsegment.
const VS_PAGES: u64 = 32;

impl World {
    /// Lays out heaps and segments.
    pub fn pool_init(&mut self) {
        let root = self.root();
        self.pool.heap_key = 0x5D83_E1F2_70A9_C46B;
        self.pool.lfh_key = 0x91C7_3A5E_D204_8BF6;
        for paged in 0..2 {
            let heap = HEAPS[paged];
            let segment = SEGMENTS[paged];
            self.memory.map(root, heap, 0x1000, W | NX);
            self.memory.map(root, segment, 0x2000, W | NX);
            self.pool.heap[paged] = heap;
            self.pool.segment[paged] = segment;
            self.pool.next_unit[paged] = 2;
            self.put(HEAP, heap, "Signature", 0xDDEE_DDEE);
            let contexts = heap + layout::off(HEAP, "SegContexts");
            let vs = heap + layout::off(HEAP, "VsContext");
            let lfh = heap + layout::off(HEAP, "LfhContext");
            for (i, shift) in [(0u64, 12u64), (1, 16)] {
                let c = contexts + i * layout::size(CTX);
                self.put(CTX, c, "SegmentMask", if i == 0 { !0xF_FFFF } else { !0xFF_FFFF });
                self.put(CTX, c, "UnitShift", shift);
                self.put(CTX, c, "PagesPerUnitShift", shift - 12);
                self.put(CTX, c, "FirstDescriptorIndex", if i == 0 { 2 } else { 1 });
                self.put(CTX, c, "MaxAllocationSize", if i == 0 { 0x7_F000 } else { 0x7F_0000 });
                self.put(CTX, c, "LfhContext", lfh);
                self.put(CTX, c, "VsContext", vs);
                self.put(CTX, c, "Heap", heap);
                self.list_init(c + layout::off(CTX, "SegmentListHead"));
            }
            self.list_insert(contexts + layout::off(CTX, "SegmentListHead"), segment);
            self.put(CTX, contexts, "SegmentCount", 1);
            let signature = contexts ^ segment ^ self.pool.heap_key ^ SIGNATURE;
            self.put("_HEAP_PAGE_SEGMENT", segment, "Signature", signature);
            self.list_init(vs + layout::off("_HEAP_VS_CONTEXT", "SubsegmentList"));
            self.put("_HEAP_VS_CONTEXT", vs, "BackendCtx", contexts);
            self.vs_subsegment(paged);
        }
        let globals = self.nt("RtlpHpHeapGlobals");
        self.q(globals, self.pool.heap_key);
        self.q(globals + 8, self.pool.lfh_key);
        let state = self.nt("ExPoolState");
        self.q(state, globals);
        self.put("_EX_POOL_HEAP_MANAGER_STATE", state, "NumberOfPools", 1);
        let node = state + layout::off("_EX_POOL_HEAP_MANAGER_STATE", "PoolNode");
        for (i, heap) in [HEAPS[0], HEAPS[0], HEAPS[1], HEAPS[1]].into_iter().enumerate() {
            self.q(node + i as u64 * 8, heap);
        }
    }

    /// Reserves `pages` units of a segment and describes them.
    fn range(&mut self, paged: usize, pages: u64, flags: u64) -> u64 {
        let segment = self.pool.segment[paged];
        let first = self.pool.next_unit[paged];
        assert!(first + pages <= 256, "pool segment full");
        self.pool.next_unit[paged] += pages;
        for i in 0..pages {
            let d = segment + (first + i) * 0x20;
            self.put("_HEAP_PAGE_RANGE_DESCRIPTOR", d, "RangeFlags", flags);
            let unit = if i == 0 { pages } else { i };
            self.put("_HEAP_PAGE_RANGE_DESCRIPTOR", d, "UnitOffset", unit);
            self.put("_HEAP_PAGE_RANGE_DESCRIPTOR", d, "CommittedPageCount", 1);
        }
        let at = segment + first * PAGE;
        let root = self.root();
        self.memory.map(root, at, pages * PAGE, W | NX);
        at
    }

    fn vs_subsegment(&mut self, paged: usize) {
        let at = self.range(paged, VS_PAGES, 0xF);
        let vs = self.pool.heap[paged] + layout::off(HEAP, "VsContext");
        self.list_insert(vs + layout::off("_HEAP_VS_CONTEXT", "SubsegmentList"), at);
        let units = (VS_PAGES * PAGE - 0x30) / 16;
        let size = (VS_PAGES * PAGE / 16) as u16;
        self.put("_HEAP_VS_SUBSEGMENT", at, "Size", u64::from(size));
        self.bytes(at + 0x22, &(size ^ 0x2BED).to_le_bytes());
        self.pool.subsegment[paged] = at;
        self.pool.tail[paged] = at + 0x30;
        self.pool.tail_units[paged] = units;
        self.pool.previous[paged] = 0;
        self.chunk(paged, at + 0x30, units, 0, false);
        self.tree_root(paged);
    }

    fn tree_root(&mut self, paged: usize) {
        let vs = self.pool.heap[paged] + layout::off(HEAP, "VsContext");
        let node = self.pool.tail[paged] + 8;
        self.q(vs + layout::off("_HEAP_VS_CONTEXT", "FreeChunkTree"), node);
    }

    fn chunk(&mut self, paged: usize, at: u64, units: u64, previous: u64, allocated: bool) {
        let sizes = units << 16 | previous << 32 | u64::from(allocated) << 48;
        let key = self.pool.heap_key;
        self.q(at, sizes ^ at ^ key);
        let page = (at - self.pool.subsegment[paged]) >> 12;
        self.q(at + 8, if allocated { (page ^ at ^ key) & 0xFF } else { 0 });
    }

    fn carve(&mut self, paged: usize, units: u64) -> u64 {
        if self.pool.tail_units[paged] < units + 0x20 {
            self.vs_subsegment(paged);
        }
        let at = self.pool.tail[paged];
        self.chunk(paged, at, units, self.pool.previous[paged], true);
        self.pool.previous[paged] = units;
        self.pool.tail[paged] = at + units * 16;
        self.pool.tail_units[paged] -= units;
        let (tail, rest) = (self.pool.tail[paged], self.pool.tail_units[paged]);
        self.chunk(paged, tail, rest, units, false);
        self.tree_root(paged);
        at
    }

    fn header(&mut self, at: u64, units: u64, paged: bool, tag: &[u8; 4]) {
        self.bytes(at, &[0, 0, units as u8, 2 | u8::from(paged)]);
        self.bytes(at + 4, tag);
        self.q(at + 8, 0);
    }

    /// A pool block; returns the address behind its header.
    pub fn alloc_pool(&mut self, paged: bool, bytes: u64, tag: &[u8; 4]) -> u64 {
        assert!(bytes <= 0xFC0, "{bytes:#x} is no small block");
        let kind = usize::from(paged);
        let units = bytes.div_ceil(16) + 2;
        let start = self.pool.tail[kind] + 0x10;
        if self.pool.tail_units[kind] >= units + 0x120 && (start & 0xFFF) + (units - 1) * 16 > PAGE {
            // Fill up this page, so that the block starts on the next one.
            let rest = (PAGE - (start & 0xFFF)) / 16;
            let filler = if rest + 1 >= 4 { rest + 1 } else { rest + 1 + 4 };
            let chunk = self.carve(kind, filler);
            self.header(chunk + 0x10, filler - 1, paged, b"Free");
            self.chunk(kind, chunk, filler, self.get_previous(chunk), false);
            self.bytes(chunk + 0x13, &[0]);
        }
        let chunk = self.carve(kind, units);
        self.header(chunk + 0x10, units - 1, paged, tag);
        let block = chunk + 0x20;
        self.pool.blocks.push((block, bytes, *tag, paged));
        block
    }

    fn get_previous(&self, chunk: u64) -> u64 {
        (self.get(chunk) ^ chunk ^ self.pool.heap_key) >> 32 & 0xFFFF
    }

    /// A page-aligned allocation, entered in the big page table later.
    pub fn alloc_big(&mut self, paged: bool, bytes: u64, tag: &[u8; 4]) -> u64 {
        let kind = usize::from(paged);
        let at = self.range(kind, bytes.div_ceil(PAGE), 3);
        self.pool.big.push((at, bytes, *tag, paged));
        at
    }

    /// An LFH subsegment of `size`-byte blocks; the blocks given as true are busy. Returns the blocks' headers.
    pub fn lfh_subsegment(&mut self, paged: bool, size: u64, tags: &[(bool, [u8; 4])]) -> Vec<u64> {
        let kind = usize::from(paged);
        let per_page = PAGE / size;
        let pages = (tags.len() as u64).div_ceil(per_page) + 1;
        let at = self.range(kind, pages, 0xB);
        let first = PAGE;
        let s = "_HEAP_LFH_SUBSEGMENT";
        let encoded = (size as u32 | (first as u32) << 16) ^ self.pool.lfh_key as u32 ^ (at >> 12) as u32;
        self.put(s, at, "BlockOffsets", u64::from(encoded));
        self.put(s, at, "BlockCount", tags.len() as u64);
        self.put(s, at, "FreeCount", tags.iter().filter(|(busy, _)| !busy).count() as u64);
        self.put(s, at, "Location", 1);
        self.put(s, at, "CommitUnitShift", 12);
        let mut bitmap = vec![0u8; (tags.len() * 2).div_ceil(64) * 8];
        let mut out = Vec::new();
        for (i, (busy, tag)) in tags.iter().enumerate() {
            let header = at + first + i as u64 * size;
            self.header(header, size / 16, paged, tag);
            if *busy {
                bitmap[i / 4] |= 1 << (i % 4 * 2);
                self.pool.blocks.push((header + 16, size - 16, *tag, paged));
            } else {
                self.bytes(header + 3, &[0]);
            }
            out.push(header);
        }
        self.bytes(at + 0x30, &bitmap);
        self.list_init(at);
        out
    }

    /// Gives the kernel's allocator its tails, and writes the table of big allocations.
    pub fn pool_hand_over(&mut self) {
        for kind in 0..2u64 {
            let at = self.nt("ExpPoolTail") + kind * 8;
            self.q(at, self.pool.tail[kind as usize]);
            let at = self.nt("ExpPoolSubsegment") + kind * 8;
            self.q(at, self.pool.subsegment[kind as usize]);
        }
        let entries = 128u64;
        let table = self.alloc_big(false, entries * 0x18, b"Pool");
        let t = "_POOL_TRACKER_BIG_PAGES";
        for i in 0..entries {
            self.put(t, table + i * 0x18, "Va", 1);
        }
        for (i, (va, bytes, tag, paged)) in self.pool.big.clone().into_iter().enumerate() {
            let e = table + (i as u64 * 37 + 11) % entries * 0x18;
            self.put(t, e, "Va", va);
            self.put(t, e, "Key", u64::from(u32::from_le_bytes(tag)));
            self.put(t, e, "PoolType", if paged { 1 } else { 0x200 });
            self.put(t, e, "NumberOfBytes", bytes);
        }
        let pointer = self.nt("PoolBigPageTable");
        self.q(pointer, table);
        let count = self.nt("PoolBigPageTableSize");
        self.q(count, entries);
        let mut totals = std::collections::BTreeMap::<[u8; 4], [u64; 4]>::new();
        let all = self.pool.blocks.iter().chain(&self.pool.big);
        for (_, bytes, tag, paged) in all {
            let t = totals.entry(*tag).or_default();
            let k = usize::from(*paged) * 2;
            t[k] += 1;
            t[k + 1] += bytes.div_ceil(16) * 16 + 16;
        }
        let track = self.alloc_big(false, 64 * layout::size("_POOL_TRACKER_TABLE"), b"Pool");
        for (i, (tag, t)) in totals.into_iter().enumerate() {
            let e = track + i as u64 * layout::size("_POOL_TRACKER_TABLE");
            let ty = "_POOL_TRACKER_TABLE";
            self.put(ty, e, "Key", u64::from(u32::from_le_bytes(tag)));
            self.put(ty, e, "NonPagedAllocs", t[0]);
            self.put(ty, e, "NonPagedBytes", t[1]);
            self.put(ty, e, "PagedAllocs", t[2]);
            self.put(ty, e, "PagedBytes", t[3]);
        }
        let pointer = self.nt("PoolTrackTable");
        self.q(pointer, track);
        let count = self.nt("PoolTrackTableSize");
        self.q(count, 64);
    }
}
