//! What goes wrong in pools, done to pages that were sound.

use super::lfh::Lfh;
use super::plan::Damage;
use super::segment::Pools;
use super::vs::Vs;

impl Pools {
    /// Writes over bytes and takes down what was done.
    pub fn hurt(
        &mut self,
        kind: &'static str,
        at: u64,
        now: &[u8],
        by: Option<u64>,
        victim: u64,
        shows: &'static str,
    ) {
        let root = self.w.root();
        let was = self.w.memory.read(root, at, now.len()).expect("mapped");
        assert_ne!(was, now, "{kind} changes nothing");
        self.w.bytes(at, now);
        self.plan.damage.push(Damage { kind, at, was, now: now.to_vec(), by, victim, shows });
    }

    /// The user of block `n` of a subsegment writes `bytes` more than it asked for.
    pub fn overrun(&mut self, kind: &'static str, pages: usize, n: usize, bytes: u64, shows: &'static str) {
        let blocks = &self.plan.pages[pages].blocks;
        let (a, b) = (&blocks[n], &blocks[n + 1]);
        let (by, end, victim) = (a.address, a.address + a.asked.expect("in use"), b.start);
        let text: Vec<u8> =
            b"\\Device\\HarddiskVolume3\\".iter().copied().cycle().take(bytes as usize).collect();
        self.hurt(kind, end, &text, Some(by), victim, shows);
    }

    /// One bit of the size of chunk `n`.
    pub fn flip(&mut self, vs: &Vs, n: usize) {
        let at = vs.chunks[n].at;
        let now = (self.w.get(at) ^ 1 << 19).to_le_bytes();
        self.hurt(
            "vs-header-bit",
            at,
            &now,
            None,
            at,
            "the chunk's size leads into the middle of another; the next chunk's previous size says what it was",
        );
    }

    /// Chunk `n`, in use, was freed twice: its node is in the tree of free chunks and the chunk says free, while its neighbour
    /// was already counted as its own.
    pub fn freed_twice(&mut self, vs: &Vs, n: usize) {
        let (free, inner) = (vs.chunks[n - 1], vs.chunks[n]);
        // The free chunk before it took it over; its own header still stands inside and says free.
        let sizes = ((free.bytes + inner.bytes) / 16) << 16;
        let previous = (self.w.get(free.at) ^ free.at ^ self.heap_key) & 0xFFFF_0000_0000;
        let now = ((sizes | previous) ^ free.at ^ self.heap_key).to_le_bytes();
        self.hurt(
            "vs-double-free",
            free.at,
            &now,
            None,
            inner.at,
            "a free chunk covers one that is free itself, and the chunk behind says the smaller one is before it",
        );
        let old = self.w.get(inner.at) ^ inner.at ^ self.heap_key;
        let now = ((old & !(0xFF << 48)) ^ inner.at ^ self.heap_key).to_le_bytes();
        self.w.bytes(inner.at, &now);
    }

    /// A block of an LFH subsegment was freed twice: it was counted twice.
    pub fn counted_twice(&mut self, lfh: &Lfh, n: usize) {
        let s = "_HEAP_LFH_SUBSEGMENT";
        let at = lfh.at + self.w.layout.off(s, "FreeCount");
        let count = self.w.member(s, lfh.at, "FreeCount") as u16 + 1;
        let victim = self.plan.pages[lfh.pages].blocks[n].start;
        self.hurt(
            "lfh-double-free",
            at,
            &count.to_le_bytes(),
            None,
            victim,
            "the subsegment counts one free block more than its bitmap has",
        );
    }

    /// The bitmap's bits of blocks in use say free, as after a stray write.
    pub fn bitmap(&mut self, lfh: &Lfh, n: usize) {
        let bitmap = lfh.at + self.w.layout.off("_HEAP_LFH_SUBSEGMENT", "BlockBitmap");
        let at = bitmap + lfh.index[n] / 4;
        let victim = self.plan.pages[lfh.pages].blocks[n].start;
        self.hurt(
            "lfh-bitmap",
            at,
            &[0],
            None,
            victim,
            "the bitmap has more free blocks than the subsegment counts",
        );
    }

    /// The word with a subsegment's block size is not what was encoded.
    pub fn offsets(&mut self, lfh: &Lfh) {
        let at = lfh.at + self.w.layout.off("_HEAP_LFH_SUBSEGMENT", "BlockOffsets");
        let now = 0x0041_0041u32.to_le_bytes();
        self.hurt(
            "lfh-offsets",
            at,
            &now,
            None,
            lfh.at,
            "the block size that it decodes to fits no block of the subsegment",
        );
    }

    /// A subsegment's signature does not fit its size.
    pub fn signature(&mut self, vs: &Vs) {
        let s = "_HEAP_VS_SUBSEGMENT";
        let at = vs.at + self.w.layout.off(s, "Signature");
        let now = (self.w.get(at) as u16 ^ 0x0110).to_le_bytes();
        self.hurt("vs-signature", at, &now, None, vs.at, "the signature is not the one of its size");
    }
}
