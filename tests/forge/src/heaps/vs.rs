//! Subsegments of blocks of varying size: chunks with encoded headers.

use super::plan::{Block, Pages};
use super::segment::{Heap, Pools};
use crate::memory::PAGE;

const SUBSEGMENT: &str = "_HEAP_VS_SUBSEGMENT";
/// The subsegment's header, rounded up: its first chunk is behind.
const FIRST: u64 = 0x30;
/// A chunk's header.
const CHUNK: u64 = 0x10;

/// What to lay out, one chunk after the other.
#[derive(Clone, Copy)]
pub enum Item {
    /// A block: bytes asked for, tag.
    Block(u64, &'static [u8; 4]),
    /// A block with its pointer at a cache line.
    Aligned(u64, &'static [u8; 4]),
    /// A block that is billed to the System process.
    Quota(u64, &'static [u8; 4]),
    /// A block of more than a page, at the start of one, without a header of the pool.
    Pages(u64, &'static [u8; 4]),
    /// A chunk that was freed: its bytes.
    Free(u64),
    /// A block that ends at this offset in its page, if that is not reached yet.
    UpTo(u64, &'static [u8; 4]),
}

/// A chunk as it stands in memory.
#[derive(Clone, Copy)]
pub struct Chunk {
    /// Its header.
    pub at: u64,
    /// Its bytes, header included.
    pub bytes: u64,
    /// In use.
    pub allocated: bool,
}

/// A subsegment.
pub struct Vs {
    /// Its address.
    pub at: u64,
    /// Its chunks in order.
    pub chunks: Vec<Chunk>,
    /// Which of the plan's pages are its.
    pub pages: usize,
}

impl Pools {
    /// Lays out a subsegment of some pages; what the items leave is one free chunk.
    pub fn vs(&mut self, heap: &mut Heap, segment: usize, pages: u64, items: &[Item], sound: bool) -> Vs {
        let at = self.range(heap, segment, pages, 3, 0, pages);
        let size = pages * PAGE / 16;
        self.w.put(SUBSEGMENT, at, "CommitBitmap", (1 << pages) - 1);
        self.w.put(SUBSEGMENT, at, "Size", size);
        self.w.put(SUBSEGMENT, at, "Signature", (size ^ 0x2BED) & 0x7FFF);
        self.w.put(SUBSEGMENT, at, "FullCommit", 1);
        let context = heap.va + self.w.layout.off("_SEGMENT_HEAP", "VsContext");
        match self.w.layout.find("_HEAP_VS_CONTEXT", "SubsegmentList") {
            Some(list) => self.w.list_insert(context + list.offset, at),
            None => self.w.list_init(at),
        }
        let mut chunks = Vec::new();
        let mut blocks = Vec::new();
        let (mut next, end) = (at + FIRST, at + pages * PAGE);
        for item in items {
            next += self.item(heap, next, *item, &mut chunks, &mut blocks);
        }
        assert!(next + 0x20 <= end, "subsegment full");
        self.free(next, end - next, &mut chunks, &mut blocks);
        let mut previous = 0;
        for c in &chunks {
            self.encode(at, *c, previous);
            previous = c.bytes / 16;
            if !c.allocated {
                heap.free_chunks.push((c.bytes, c.at + 8));
            }
        }
        self.plan.pages.push(Pages {
            first: at,
            count: pages,
            allocator: "vs",
            heap: heap.name,
            sound,
            blocks,
        });
        Vs { at, chunks, pages: self.plan.pages.len() - 1 }
    }

    /// A chunk's header, as all builds here encode it.
    fn encode(&mut self, subsegment: u64, c: Chunk, previous: u64) {
        let sizes = (c.bytes / 16) << 16 | previous << 32 | u64::from(c.allocated) << 48;
        let key = self.heap_key;
        self.w.q(c.at, sizes ^ c.at ^ key);
        if c.allocated {
            let page = (c.at - subsegment) >> 12;
            self.w.q(c.at + 8, (page ^ c.at ^ key) & 0xFF);
        }
    }

    fn free(&mut self, at: u64, bytes: u64, chunks: &mut Vec<Chunk>, blocks: &mut Vec<Block>) -> u64 {
        chunks.push(Chunk { at, bytes, allocated: false });
        blocks.push(Block {
            // A debugger's row for a free chunk begins at the chunk itself.
            start: at,
            address: at,
            asked: None,
            bytes,
            state: "free",
            tag: None,
            header: false,
            chunk: Some((at, bytes)),
            note: "",
        });
        bytes
    }

    /// Returns the bytes of the chunk.
    fn item(
        &mut self,
        heap: &Heap,
        at: u64,
        item: Item,
        chunks: &mut Vec<Chunk>,
        blocks: &mut Vec<Block>,
    ) -> u64 {
        let paged = u8::from(heap.paged);
        let data = at + CHUNK;
        let (asked, tag) = match item {
            Item::Free(bytes) => {
                // What was there is left, but for the node that overwrites its beginning.
                self.fill(data + 0x20, 0x20, b"stal");
                return self.free(at, bytes, chunks, blocks);
            }
            Item::UpTo(offset, tag) => {
                if (data & 0xFFF) + 0x30 > offset {
                    return 0;
                }
                (offset - (data & 0xFFF) - 16, tag)
            }
            Item::Block(asked, tag)
            | Item::Aligned(asked, tag)
            | Item::Quota(asked, tag)
            | Item::Pages(asked, tag) => (asked, tag),
        };
        if let Item::Pages(..) = item {
            let start = data.next_multiple_of(PAGE);
            let bytes = start + asked.next_multiple_of(16) - at;
            chunks.push(Chunk { at, bytes, allocated: true });
            self.fill(start, 0x80, tag);
            self.plan.big.push((start, asked, *tag, heap.paged));
            self.plan.count(*tag, heap.paged, asked.next_multiple_of(PAGE), false);
            blocks.push(Block {
                start,
                address: start,
                asked: Some(asked),
                bytes: asked.next_multiple_of(16),
                state: "allocated",
                tag: Some(*tag),
                header: false,
                chunk: Some((at, bytes)),
                note: "pages",
            });
            return bytes;
        }
        let aligned = matches!(item, Item::Aligned(..));
        // Room for the pointer to be moved to the next line.
        let need = 16 + asked.next_multiple_of(16) + if aligned { 0x40 } else { 0 };
        // A block that would cross a page begins on the next one.
        let moved = (data & 0xFFF) + need > PAGE;
        let start = if moved { data.next_multiple_of(PAGE) } else { data };
        let bytes = start + need - at;
        assert!(bytes <= 0xFF0, "{bytes:#x} bytes in one chunk");
        chunks.push(Chunk { at, bytes, allocated: true });
        let billed = self.w.processes[0].object ^ self.cookie ^ start;
        let (kind, billed) =
            if let Item::Quota(..) = item { (2 | paged | 8, billed) } else { (2 | paged, 0) };
        self.header(start, need, kind, tag, billed);
        let mut address = start + 16;
        if aligned && address & 0x3F != 0 {
            // The second header says how far the first is, in its units; the first is followed by where the second is.
            address = address.next_multiple_of(0x40);
            let second = address - 16;
            let units = need - (second - start);
            self.header(second, units, kind | 4, tag, 0);
            self.w.bytes(second, &[((second - start) / 16) as u8]);
            let cookie = self.cookie;
            if second - start >= 0x20 {
                self.w.q(start + 16, second ^ cookie);
            }
        }
        self.fill(address, asked, tag);
        self.plan.count(*tag, heap.paged, need, false);
        blocks.push(Block {
            start,
            address,
            asked: Some(asked),
            bytes: need,
            state: "allocated",
            tag: Some(*tag),
            header: true,
            chunk: Some((at, bytes)),
            note: match item {
                Item::Aligned(..) => "cache-aligned",
                Item::Quota(..) => "quota",
                _ if moved => "next-page",
                _ => "",
            },
        });
        bytes
    }
}
