//! POOL_HEADER: what stands before a small block.

use super::tag::PoolTag;
use crate::util::bounded::{array, u32_at, u64_at};

/// What sizes in headers count, and how large a header is, on 64-bit Windows.
pub const UNIT: u64 = 16;
/// Bytes of a page.
pub const PAGE: u64 = 0x1000;

/// A POOL_HEADER of 64-bit Windows: PreviousSize, PoolIndex, BlockSize and PoolType are bytes in this order, then the tag
/// and ProcessBilled (symbol tables of 7601 to 22000 agree).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolHeader {
    /// Bytes of the block before, header included; 0 at the beginning of a page, and in segment heaps.
    pub previous: u64,
    /// Which of several pools.
    pub index: u8,
    /// Bytes of this block, header included.
    pub size: u64,
    /// PoolType as the header keeps it.
    pub kind: u8,
    /// The tag.
    pub tag: PoolTag,
    /// ProcessBilled, encoded from Windows 8 on.
    pub billed: u64,
}

impl PoolHeader {
    /// The header that these 16 bytes are.
    pub fn parse(bytes: &[u8]) -> Option<PoolHeader> {
        let [previous, index, size, kind] = array(bytes, 0)?;
        Some(PoolHeader {
            previous: u64::from(previous) * UNIT,
            index,
            size: u64::from(size) * UNIT,
            kind,
            tag: PoolTag(u32_at(bytes, 4)?),
            billed: u64_at(bytes, 8)?,
        })
    }

    /// Whether the block is in use, where the header says so: in pools without segment heaps.
    pub fn is_in_use(&self) -> bool {
        self.kind & 2 != 0
    }

    /// Whether it is of paged pool. What is free keeps no such bit before segment heaps.
    pub fn is_paged(&self) -> bool {
        self.kind & 1 != 0
    }

    /// Whether a process is billed for it.
    pub fn is_billed(&self) -> bool {
        self.kind & 8 != 0
    }

    /// Whether one could stand before a block of `room` bytes of a segment heap: its size is one that fits there and more
    /// than itself.
    pub fn fits(&self, room: u64) -> bool {
        self.size >= UNIT && self.size <= room && self.index == 0
    }
}
