//! Remembers translations. A direct-mapped table of single words: no lock, and no entry can ever be half written.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bits of a virtual page number (57-bit addresses).
const KEY_BITS: u32 = 45;

/// From virtual page numbers to places in the file (numbers of pages).
///
/// A word holds what of the key the slot's index does not say, above the place plus one; zero is empty. Places that
/// do not fit are not remembered (with 4096 slots: beyond 8 TiB of pages). Slots come in chunks of neighbouring keys
/// that are allocated when one of them is first remembered, so that an address space of which little is read takes
/// little.
#[derive(Debug)]
pub(super) struct TranslationCache {
    slot_bits: u32,
    chunks: Box<[OnceLock<Chunk>]>,
}

type Chunk = Box<[AtomicU64; 1 << CHUNK_BITS]>;

const CHUNK_BITS: u32 = 9;

impl TranslationCache {
    /// A cache of `1 << slot_bits` words, at least a chunk.
    pub(super) fn new(slot_bits: u32) -> TranslationCache {
        let slot_bits = slot_bits.max(CHUNK_BITS);
        let chunks = (0..1 << (slot_bits - CHUNK_BITS)).map(|_| OnceLock::new()).collect();
        TranslationCache { slot_bits, chunks }
    }

    /// Number of the key's chunk, and of its slot in it.
    fn slot(&self, key: u64) -> (usize, usize) {
        let slot = (key & ((1 << self.slot_bits) - 1)) as usize;
        (slot >> CHUNK_BITS, slot & ((1 << CHUNK_BITS) - 1))
    }

    /// Bits of a word that hold the place.
    fn place_bits(&self) -> u32 {
        64 - (KEY_BITS - self.slot_bits)
    }

    /// The place remembered for `key` (a virtual page number of at most 45 bits).
    pub(super) fn get(&self, key: u64) -> Option<u64> {
        let (chunk, slot) = self.slot(key);
        let word = self.chunks.get(chunk)?.get()?.get(slot)?.load(Ordering::Relaxed);
        let place_bits = self.place_bits();
        if word >> place_bits != key >> self.slot_bits {
            return None;
        }
        (word & ((1 << place_bits) - 1)).checked_sub(1)
    }

    /// Remembers a place; forgets the one that was in its slot.
    pub(super) fn put(&self, key: u64, place: u64) {
        let place_bits = self.place_bits();
        if place >= (1 << place_bits) - 1 || key >> KEY_BITS != 0 {
            return;
        }
        let (chunk, slot) = self.slot(key);
        let Some(chunk) = self.chunks.get(chunk) else {
            return;
        };
        let chunk = chunk.get_or_init(|| Box::new([const { AtomicU64::new(0) }; 1 << CHUNK_BITS]));
        if let Some(slot) = chunk.get(slot) {
            slot.store((key >> self.slot_bits) << place_bits | (place + 1), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_share_a_slot_are_told_apart() {
        let cache = TranslationCache::new(10);
        let last = (1 << KEY_BITS) - 1;
        for key in [0, 1, 0x1ff, 0x200, 0x3ff, 0x400, 0x7ff, last, last - 0x400] {
            assert_eq!(cache.get(key), None);
            cache.put(key, key % 7);
            assert_eq!(cache.get(key), Some(key % 7));
            assert_eq!(cache.get(key ^ 1 << 44), None);
            assert_eq!(cache.get(key ^ 0x400), None);
        }
    }

    #[test]
    fn places_too_large_are_not_remembered() {
        let cache = TranslationCache::new(12);
        cache.put(5, (1 << 31) - 1);
        assert_eq!(cache.get(5), None);
        cache.put(5, (1 << 31) - 2);
        assert_eq!(cache.get(5), Some((1 << 31) - 2));
        cache.put(1 << 45 | 5, 9);
        assert_eq!(cache.get(5), Some((1 << 31) - 2));
    }
}
