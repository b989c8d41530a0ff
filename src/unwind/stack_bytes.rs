//! The bytes of a stack from a stack pointer to its end, read once for a search.

use super::host::{StackRange, UnwindHost};
use crate::util::bounded;

/// Most bytes a search looks at: the largest kernel stacks are 72 KiB (expanded ones 144 KiB).
const MAX_BYTES: u64 = 0x40000;
/// Granularity of reading where the stack's end is not known.
const CHUNK: u64 = 0x100;

/// Consecutive stack bytes.
#[derive(Debug, Default)]
pub(crate) struct StackBytes {
    /// Address of the first one, a multiple of eight.
    pub(crate) start: u64,
    bytes: Vec<u8>,
}

impl StackBytes {
    /// Reads from `sp` to the end of its stack, or as far as bytes are there.
    pub(crate) fn read(host: &dyn UnwindHost, stacks: &[StackRange], sp: u64) -> StackBytes {
        let start = sp & !7;
        // The narrowest range: saved bytes may reach beyond the stack they belong to.
        let base = stacks.iter().filter(|range| range.holds(start)).map(|range| range.base).min();
        let wanted = base.map_or(MAX_BYTES, |base| base.wrapping_sub(start)).min(MAX_BYTES);
        let mut bytes = vec![0u8; usize::try_from(wanted).unwrap_or(0)];
        if !host.read(start, &mut bytes) {
            let present = present(host, start, wanted, &mut bytes);
            bytes.truncate(present);
        }
        StackBytes { start, bytes }
    }

    /// One past the last address.
    pub(crate) fn end(&self) -> u64 {
        self.start.wrapping_add(self.bytes.len() as u64)
    }

    fn offset(&self, va: u64) -> Option<usize> {
        usize::try_from(va.checked_sub(self.start)?).ok()
    }

    /// The qword at `va`.
    pub(crate) fn u64_at(&self, va: u64) -> Option<u64> {
        bounded::u64_at(&self.bytes, self.offset(va)?)
    }

    /// The dword at `va`.
    pub(crate) fn u32_at(&self, va: u64) -> Option<u32> {
        bounded::u32_at(&self.bytes, self.offset(va)?)
    }

    /// The word at `va`.
    pub(crate) fn u16_at(&self, va: u64) -> Option<u16> {
        bounded::u16_at(&self.bytes, self.offset(va)?)
    }

    /// Whether `va` lies in it.
    pub(crate) fn holds(&self, va: u64) -> bool {
        (self.start..self.end()).contains(&va)
    }
}

/// How many bytes from `start` on are there, reading chunks up to the next boundary and then single qwords.
fn present(host: &dyn UnwindHost, start: u64, wanted: u64, bytes: &mut [u8]) -> usize {
    let mut done = 0u64;
    let mut step = CHUNK - start % CHUNK;
    while done < wanted && step >= 8 {
        let take = step.min(wanted - done);
        let (from, to) = (done as usize, (done + take) as usize);
        let there = bytes.get_mut(from..to).is_some_and(|part| host.read(start.wrapping_add(done), part));
        match (there, step) {
            (true, 8) => done += take,
            (true, _) => {
                done += take;
                step = CHUNK;
            }
            (false, 8) => break,
            (false, _) => step = 8,
        }
    }
    usize::try_from(done & !7).unwrap_or(0)
}
