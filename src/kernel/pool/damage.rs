//! What is wrong with pool memory, and by whom it may have been written.

use super::block::PoolBlock;

/// What is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DamageKind {
    /// The header of a chunk of variable size: it agrees with neither neighbour.
    VsHeader,
    /// Headers of several such chunks up to the next one that is sound.
    VsChain,
    /// The header of a subsegment of such chunks: its signature is not the one of its size.
    VsSubsegment,
    /// A free chunk that reaches over another one that is free by itself: what lies in it was freed twice.
    VsDoubleFree,
    /// The POOL_HEADER of a block whose allocator says something else.
    PoolHeader,
    /// The encoded offsets in the header of a subsegment of equal blocks.
    LfhHeader,
    /// The bitmap of a subsegment of equal blocks says another number of free blocks than the subsegment counts.
    LfhBitmap,
    /// The signature of a segment that its heap lists.
    SegmentSignature,
    /// A block's size in a page without segment heap: zero, or beyond the page.
    BlockSize,
    /// What a block says of the size of the one before it.
    PreviousSize,
    /// The links in a free block lead nowhere in the kernel: somebody wrote to it after it was freed.
    FreeLinks,
    /// The bytes behind a block in special pool, which are filled with a pattern.
    SpecialSlop,
    /// The bytes before a block in special pool, which are filled with a pattern.
    SpecialUnderrun,
}

impl DamageKind {
    /// A word for it that stays.
    pub fn word(self) -> &'static str {
        match self {
            DamageKind::VsHeader => "vs_header",
            DamageKind::VsChain => "vs_chain",
            DamageKind::VsSubsegment => "vs_subsegment",
            DamageKind::VsDoubleFree => "vs_double_free",
            DamageKind::PoolHeader => "pool_header",
            DamageKind::LfhHeader => "lfh_header",
            DamageKind::LfhBitmap => "lfh_bitmap",
            DamageKind::SegmentSignature => "segment_signature",
            DamageKind::BlockSize => "block_size",
            DamageKind::PreviousSize => "previous_size",
            DamageKind::FreeLinks => "free_links",
            DamageKind::SpecialSlop => "special_slop",
            DamageKind::SpecialUnderrun => "special_underrun",
        }
    }
}

/// How far a statement can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trust {
    /// It may be so.
    Possible,
    /// It is what the bytes speak for.
    Likely,
    /// Nothing else fits.
    Certain,
}

impl Trust {
    /// A word for it that stays.
    pub fn word(self) -> &'static str {
        match self {
            Trust::Possible => "possible",
            Trust::Likely => "likely",
            Trust::Certain => "certain",
        }
    }
}

/// Something in pool memory that its allocator did not leave so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What.
    pub kind: DamageKind,
    /// That it is damaged.
    pub trust: Trust,
    /// The first byte that is wrong.
    pub address: u64,
    /// What stands from there on, as far as it is wrong or may be.
    pub bytes: Vec<u8>,
    /// What should stand there, byte by byte, where its neighbours tell.
    pub expected: Option<Vec<Option<u8>>>,
    /// The block whose header it is, or that it is about.
    pub block: u64,
    /// Where sound blocks begin again, if they do.
    pub resumes: Option<u64>,
    /// The block before it in memory: who writes behind its end writes there.
    pub before: Option<PoolBlock>,
    /// How far that block is to be suspected.
    pub writer: Trust,
    /// Two numbers that disagree, in bytes or blocks: what was found, and what it should be.
    pub numbers: Option<(u64, u64)>,
}

impl Damage {
    /// Damage without more details.
    pub fn new(kind: DamageKind, trust: Trust, address: u64) -> Damage {
        Damage {
            kind,
            trust,
            address,
            bytes: Vec::new(),
            expected: None,
            block: address,
            resumes: None,
            before: None,
            writer: Trust::Possible,
            numbers: None,
        }
    }

    /// The only bit in which what stands there differs from what should: which byte, and the bit's mask. Memory that
    /// fails does that; code rarely.
    pub fn flipped_bit(&self) -> Option<(u64, u8)> {
        let pairs = self.bytes.iter().zip(self.expected.as_ref()?).enumerate();
        let mut different =
            pairs.filter_map(|(at, (is, was))| Some((at, is ^ (*was)?))).filter(|(_, bits)| *bits != 0);
        let (at, bits) = different.next()?;
        (bits.count_ones() == 1 && different.next().is_none()).then(|| (self.address + at as u64, bits))
    }
}
