//! Special pool: a block a page, at its end, before a page that is not there.

use super::plan::{Block, Damage, Pages};
use super::segment::{Heap, Pools};
use crate::memory::PAGE;

/// What fills a page of special pool around its block.
pub const PATTERN: u8 = 0xA7;

impl Pools {
    /// A block of special pool; the page's first word has its size (bit 15: paged), then the pattern, then its tag.
    pub fn special(&mut self, heap: &mut Heap, segment: usize, asked: u64, tag: &'static [u8; 4]) -> u64 {
        let page = self.range(heap, segment, 2, 0, 0, 1);
        let data = page + PAGE - asked.next_multiple_of(16);
        self.w.bytes(page, &[PATTERN; PAGE as usize]);
        let size = asked as u16 | u16::from(heap.paged) << 15;
        self.w.bytes(page, &size.to_le_bytes());
        self.w.bytes(page + 2, &[PATTERN, 0]);
        self.w.bytes(page + 4, tag);
        self.w.q(page + 8, 0);
        self.w.bytes(data, &vec![0; asked as usize]);
        self.fill(data, asked, tag);
        self.plan.count(*tag, heap.paged, PAGE, false);
        let block = Block {
            start: data,
            address: data,
            asked: Some(asked),
            bytes: asked,
            state: "allocated",
            tag: Some(*tag),
            header: false,
            chunk: None,
            note: "",
        };
        self.plan.pages.push(Pages {
            first: page,
            count: 1,
            allocator: "special",
            heap: heap.name,
            sound: true,
            blocks: vec![block],
        });
        data
    }

    /// Frees the last block of special pool: its page cannot be touched any more.
    pub fn special_free(&mut self, data: u64, by: u64) {
        let root = self.w.root();
        let page = data & !(PAGE - 1);
        let was = self.w.memory.read(root, page, 16).expect("special pool");
        // MM_NOACCESS, protection 0x18 in bits 5 to 9: no page is behind it. Bit 4: nothing in it is inverted.
        self.w.memory.set_entry(root, page, 0x18 << 5 | 0x10);
        let of = self.plan.pages.iter_mut().find(|p| p.first == page).expect("special pool");
        of.sound = false;
        of.blocks[0].state = "free";
        let (tag, bytes) = (of.blocks[0].tag.take().expect("tag"), of.blocks[0].bytes);
        of.blocks[0].asked = None;
        let paged = of.heap == "paged";
        let n = self.plan.tags.get_mut(&tag).expect("tag");
        let i = if paged { 3 } else { 0 };
        n[i + 1] += 1;
        n[i + 2] -= PAGE;
        self.plan.damage.push(Damage {
            kind: "special-use-after-free",
            at: data + bytes / 2,
            was,
            now: Vec::new(),
            by: Some(by),
            victim: data,
            shows: "the page was freed and is not accessible; the bug check names an address in it",
        });
    }
}
