//! Subsegments of blocks of one size: a bitmap, and offsets that are encoded.

use super::plan::{Block, Pages};
use super::segment::{Heap, Pools};
use crate::memory::PAGE;

const S: &str = "_HEAP_LFH_SUBSEGMENT";

/// A subsegment.
pub struct Lfh {
    /// Its address.
    pub at: u64,
    /// Which of the plan's pages are its.
    pub pages: usize,
    /// Index in the bitmap of each of its blocks in the plan.
    pub index: Vec<u64>,
}

impl Pools {
    /// Lays out a subsegment of some pages for blocks of `size` bytes, headers included. `users` are the tags of those in use in
    /// order of the blocks; `None` was freed and keeps its tag, and what is behind them was never used.
    pub fn lfh(
        &mut self,
        heap: &mut Heap,
        segment: usize,
        pages: u64,
        size: u64,
        users: &[(&'static [u8; 4], bool)],
        sound: bool,
    ) -> Lfh {
        let at = self.range(heap, segment, pages, 2, 0, pages);
        let bitmap = self.w.layout.off(S, "BlockBitmap");
        // Two bits a block, in whole words; then how much of each unit is committed; blocks are on 16 bytes.
        let most = pages * PAGE / size;
        let state = bitmap + (most * 2).div_ceil(64) * 8;
        let first = (state + pages * 2).next_multiple_of(16);
        let count = (pages * PAGE - first) / size;
        let shift = if self.w.layout.build >= 26100 { (at >> 12) as u32 } else { at as u32 >> 12 };
        let encoded = (size as u32 | (first as u32) << 16) ^ self.lfh_key as u32 ^ shift;
        self.w.put(S, at, "BlockOffsets", u64::from(encoded));
        self.w.put(S, at, "BlockCount", count);
        for (member, value) in
            [("CommitUnitShift", 12), ("CommitUnitCount", pages), ("CommitStateOffset", state)]
        {
            if self.w.layout.find(S, member).is_some() {
                self.w.put(S, at, member, value);
            }
        }
        for page in 0..pages {
            self.w.bytes(at + state + page * 2, &1u16.to_le_bytes());
        }
        self.w.list_init(at);
        let paged = u8::from(heap.paged);
        let (mut bits, mut free, mut withheld) = (vec![0u8; ((state - bitmap) * 4) as usize], 0, 0);
        let (mut blocks, mut index) = (Vec::new(), Vec::new());
        let mut users = users.iter();
        for i in 0..(state - bitmap) * 4 {
            let start = at + first + i * size;
            if i >= count || start >> 12 != (start + size - 1) >> 12 {
                // Blocks that would cross a page are kept back, and there are none behind the last one.
                bits[i as usize] = 3;
                withheld += u64::from(i < count);
                continue;
            }
            let user = users.next();
            let used = user.is_some_and(|u| u.1);
            bits[i as usize] = u8::from(used);
            free += u64::from(!used);
            let tag = user.map(|u| u.0);
            if let Some(tag) = tag {
                self.header(start, size, 2 | paged, tag, 0);
                self.fill(start + 16, size - 16, tag);
                self.plan.count(*tag, heap.paged, size, !used);
            }
            index.push(i);
            blocks.push(Block {
                start,
                address: start + 16,
                asked: used.then_some(size - 16),
                bytes: size,
                state: if used { "allocated" } else { "free" },
                tag: tag.copied(),
                header: tag.is_some(),
                chunk: None,
                note: if used || tag.is_some() { "" } else { "never-used" },
            });
        }
        assert!(users.next().is_none(), "more users than blocks");
        let packed: Vec<u8> = bits
            .chunks(4)
            .map(|b| b.iter().enumerate().fold(0, |byte, (i, two)| byte | two << (i * 2)))
            .collect();
        self.w.bytes(at + bitmap, &packed);
        self.w.put(S, at, "FreeCount", free);
        self.w.put(S, at, "WitheldBlockCount", withheld);
        self.plan.pages.push(Pages {
            first: at,
            count: pages,
            allocator: "lfh",
            heap: heap.name,
            sound,
            blocks,
        });
        Lfh { at, pages: self.plan.pages.len() - 1, index }
    }
}
