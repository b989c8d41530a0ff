//! A block of pool memory.

use super::header::{PAGE, PoolHeader, UNIT};
use super::tag::PoolTag;

/// Whether a block is in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockState {
    /// In use.
    Allocated,
    /// Free.
    Free,
    /// What tells it is damaged or missing.
    Unknown,
    /// What tells it lies in memory that the dump does not hold.
    NotTold,
}

/// A block of pool memory, in use or free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolBlock {
    /// Where it begins: its POOL_HEADER; without one, its data; of a free chunk of a segment heap, the chunk's own header.
    pub address: u64,
    /// Its bytes from there on.
    pub size: u64,
    /// Bytes of the block before it, where headers tell them; 0 in segment heaps.
    pub previous: u64,
    /// Whether it is in use.
    pub state: BlockState,
    /// Its POOL_HEADER, if it has one that fits.
    pub header: Option<PoolHeader>,
    /// Its tag; of what is free, the bytes that stand where one was. Blocks without a header have theirs in a table.
    pub tag: Option<PoolTag>,
    /// Whether it is an allocation of whole pages, without a header.
    pub is_large: bool,
}

impl PoolBlock {
    /// An allocation of whole pages, in use: it has no header, and its tag stands in a table.
    pub fn large(address: u64, size: u64, tag: Option<PoolTag>) -> PoolBlock {
        PoolBlock {
            address,
            size,
            previous: 0,
            state: BlockState::Allocated,
            header: None,
            tag,
            is_large: true,
        }
    }

    /// The first byte behind it.
    pub fn end(&self) -> u64 {
        self.address.saturating_add(self.size)
    }

    /// Whether an address lies in it.
    pub fn contains(&self, address: u64) -> bool {
        self.address <= address && address < self.end()
    }

    /// Where its content begins: behind the header, if it has one.
    pub fn data(&self) -> u64 {
        self.address.saturating_add(if self.header.is_some() { UNIT } else { 0 })
    }

    /// Whether any of it lies in the page at `page`.
    pub fn touches(&self, page: u64) -> bool {
        self.address < page.saturating_add(PAGE) && self.end() > page
    }
}
