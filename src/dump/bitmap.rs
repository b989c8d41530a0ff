//! A bitmap of present pages: bit n stands for page frame n, and the k-th set bit for the k-th page in the file.
//!
//! Opening reads nothing of it. The first lookup counts the set bits of each 512-bit block once (a "rank
//! directory", an eighth of the bitmap's size); from then on a lookup costs one directory entry and one cache line.

use std::sync::OnceLock;

use crate::util::bounded;

/// Bits in a block of the directory.
const BLOCK_BITS: u64 = 512;
/// Bytes in a block of the directory.
const BLOCK_BYTES: usize = 64;

/// Where the bits are in the file, and the directory over them.
#[derive(Debug)]
pub(super) struct Bitmap {
    /// File offset of the first bit.
    start: usize,
    /// Bits that are in the file.
    bits: u64,
    directory: OnceLock<Directory>,
}

#[derive(Debug)]
struct Directory {
    /// Set bits before each block.
    before: Vec<u64>,
    total: u64,
}

impl Bitmap {
    /// `bits` bits at file offset `start`; those beyond the file count as clear.
    pub(super) fn new(file: &[u8], start: usize, bits: u64) -> Bitmap {
        let room = (file.len().saturating_sub(start) as u64).saturating_mul(8);
        Bitmap { start, bits: bits.min(room), directory: OnceLock::new() }
    }

    /// Number of bits that are in the file.
    pub(super) fn bits(&self) -> u64 {
        self.bits
    }

    /// The bytes of the bitmap.
    fn slice<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        let len = usize::try_from(self.bits.div_ceil(8)).unwrap_or(usize::MAX);
        bounded::slice(file, self.start, len).unwrap_or(&[])
    }

    fn directory(&self, file: &[u8]) -> &Directory {
        self.directory.get_or_init(|| {
            let bits = self.slice(file);
            let mut before = Vec::with_capacity(bits.len().div_ceil(BLOCK_BYTES));
            let mut total = 0u64;
            for block in bits.chunks(BLOCK_BYTES) {
                before.push(total);
                total += count(block);
            }
            // Bits after the last page in the last byte do not count.
            if !self.bits.is_multiple_of(8)
                && let Some(last) = bits.last()
            {
                total -= u64::from((last >> (self.bits % 8)).count_ones());
            }
            Directory { before, total }
        })
    }

    /// Number of set bits.
    pub(super) fn total(&self, file: &[u8]) -> u64 {
        self.directory(file).total
    }

    /// How many set bits stand before bit `index`; `None` if that bit is clear or outside.
    pub(super) fn rank(&self, file: &[u8], index: u64) -> Option<u64> {
        if index >= self.bits {
            return None;
        }
        let block_number = usize::try_from(index / BLOCK_BITS).ok()?;
        let bits = self.slice(file);
        let tail = bits.get(block_number.checked_mul(BLOCK_BYTES)?..)?;
        let in_block = usize::try_from(index % BLOCK_BITS).ok()?;
        let word = uint(tail.get(in_block / 64 * 8..)?);
        let bit = in_block % 64;
        if word >> bit & 1 == 0 {
            return None;
        }
        let whole_words = count(tail.get(..in_block / 64 * 8)?);
        let in_word = u64::from((word & ((1u64 << bit) - 1)).count_ones());
        Some(self.directory(file).before.get(block_number)? + whole_words + in_word)
    }

    /// The first set bit at or after `from`.
    pub(super) fn next_set(&self, file: &[u8], from: u64) -> Option<u64> {
        self.next(file, from, 0).filter(|&bit| bit < self.bits)
    }

    /// The first clear bit at or after `from`; the end of the bitmap counts as clear.
    pub(super) fn next_clear(&self, file: &[u8], from: u64) -> u64 {
        self.next(file, from, u64::MAX).unwrap_or(self.bits).min(self.bits)
    }

    /// The first bit at or after `from` that differs from `skip` (all ones or all zeros).
    fn next(&self, file: &[u8], from: u64, skip: u64) -> Option<u64> {
        let bits = self.slice(file);
        let mut word_number = usize::try_from(from / 64).ok()?;
        let mut ignore = (1u64 << (from % 64)) - 1;
        while let Some(rest) = bits.get(word_number.checked_mul(8)?..).filter(|rest| !rest.is_empty()) {
            let differing = (uint(rest) ^ skip) & !ignore;
            if differing != 0 {
                return Some(word_number as u64 * 64 + u64::from(differing.trailing_zeros()));
            }
            ignore = 0;
            word_number += 1;
        }
        None
    }
}

/// Up to eight bytes as a little-endian word.
fn uint(bytes: &[u8]) -> u64 {
    match bytes.first_chunk::<8>() {
        Some(word) => u64::from_le_bytes(*word),
        None => bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)),
    }
}

/// Set bits in `bytes`.
fn count(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let whole: u32 = words.iter().map(|word| u64::from_le_bytes(*word).count_ones()).sum();
    u64::from(whole) + u64::from(uint(rest).count_ones())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bitmap with every bit set whose number `present` accepts, after a few bytes of something else.
    fn bitmap(bits: u64, present: impl Fn(u64) -> bool) -> (Vec<u8>, Bitmap) {
        let mut file = vec![0xffu8; 5];
        for byte in 0..bits.div_ceil(8) {
            // Bits after the last one are set, to see that they are ignored.
            file.push(
                (0..8)
                    .map(|bit| byte * 8 + bit)
                    .fold(0, |value, index| value | u8::from(index >= bits || present(index)) << (index % 8)),
            );
        }
        let bitmap = Bitmap::new(&file, 5, bits);
        (file, bitmap)
    }

    #[test]
    fn ranks_agree_with_counting() {
        for bits in [1u64, 7, 63, 64, 65, 511, 512, 513, 3000] {
            let present = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 61 != 0 && n % 97 > 20;
            let (file, bitmap) = bitmap(bits, present);
            let mut rank = 0;
            for n in 0..bits {
                let expected = present(n).then_some(rank);
                assert_eq!(bitmap.rank(&file, n), expected, "bit {n} of {bits}");
                rank += u64::from(present(n));
                assert_eq!(bitmap.next_set(&file, n), (n..bits).find(|&m| present(m)));
                assert_eq!(bitmap.next_clear(&file, n), (n..bits).find(|&m| !present(m)).unwrap_or(bits));
            }
            assert_eq!(bitmap.total(&file), rank);
            assert_eq!(bitmap.rank(&file, bits), None);
        }
    }

    #[test]
    fn bits_beyond_the_file_are_clear() {
        let file = [0xffu8; 4];
        let bitmap = Bitmap::new(&file, 2, u64::MAX);
        assert_eq!(bitmap.bits(), 16);
        assert_eq!(bitmap.total(&file), 16);
        assert_eq!(bitmap.rank(&file, 16), None);
        let outside = Bitmap::new(&file, 100, 8);
        assert_eq!((outside.bits(), outside.total(&file)), (0, 0));
    }
}
