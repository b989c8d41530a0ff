//! The header of a chunk of variable size.
//!
//! `_HEAP_VS_CHUNK_HEADER`: a quadword of sizes in units of 16 bytes, exclusive-or'ed with the heap's key and the header's own
//! address; it is the same in the symbol tables of 10.0.17763 to 22000 and the layouts up to 26100.

use super::header::UNIT;
use crate::util::bits::bits_of;

/// A chunk's header, decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Where it begins.
    pub address: u64,
    /// Its bytes, header included.
    pub size: u64,
    /// Bytes of the chunk before it.
    pub previous: u64,
    /// 1 in use, 0 free; anything else is no header.
    pub allocated: u64,
}

impl Chunk {
    /// Decodes the quadword that stands at `address`.
    pub fn decode(raw: u64, address: u64, key: u64) -> Chunk {
        let sizes = raw ^ address ^ key;
        Chunk {
            address,
            size: bits_of(sizes, 16, 16) * UNIT,
            previous: bits_of(sizes, 32, 16) * UNIT,
            allocated: bits_of(sizes, 48, 8),
        }
    }

    /// The bytes of a header that says this of a chunk in use; the lowest two, of which nothing is known, are 0.
    pub(super) fn encode(address: u64, size: u64, previous: u64, allocated: u64, key: u64) -> u64 {
        (((size / UNIT) << 16) | ((previous / UNIT) << 32) | (allocated << 48)) ^ address ^ key
    }

    /// The first byte behind it.
    pub fn end(&self) -> u64 {
        self.address.saturating_add(self.size)
    }
}
