//! Looking for bytes.

use super::gaps::Gaps;
use super::search::Search;
use crate::command::{CommandError, Context};
use crate::memory::{Memory, VirtualMemory};
use memchr::memmem::Finder;
use std::ops::ControlFlow;

/// Bytes read at a time.
const CHUNK: usize = 0x1_0000;

/// A stretch of readable memory and what it holds.
pub struct Stretch<'b> {
    /// Where it begins.
    pub address: u64,
    /// Its bytes; those from `fresh` on were not part of the stretch before.
    pub bytes: &'b [u8],
    /// Whether the next stretch continues this one.
    pub continues: bool,
}

/// Calls `each` for the readable parts of a range, at most `CHUNK` bytes each. What cannot be read is skipped.
///
/// # Errors
/// [`CommandError::Cancelled`].
pub fn stretches(
    search: &Search,
    memory: &VirtualMemory,
    context: &mut Context<'_>,
    each: &mut dyn FnMut(Stretch<'_>, &mut Context<'_>) -> ControlFlow<()>,
) -> Result<(), CommandError> {
    let gaps = Gaps::of(memory);
    let last = search.start.saturating_add(search.length.saturating_sub(1));
    let mut buffer = vec![0u8; CHUNK];
    let mut at = search.start;
    while search.length > 0 && at <= last {
        context.out.check()?;
        let wanted = usize::try_from(last - at).unwrap_or(CHUNK).saturating_add(1).min(CHUNK);
        if search.writable && !is_writable(memory, at) {
            match (at & !0xfff).checked_add(0x1000) {
                Some(next) => at = gap_or(memory, &gaps, at).unwrap_or(next).max(next),
                None => return Ok(()),
            }
            continue;
        }
        let wanted = if search.writable { wanted.min(0x1000 - (at & 0xfff) as usize) } else { wanted };
        let (read, error) = memory.read_partial(at, buffer.get_mut(..wanted).unwrap_or_default());
        let next = match &error {
            None => at.checked_add(read as u64),
            Some(error) => gaps.after(error),
        };
        if read > 0 {
            let stretch = Stretch {
                address: at,
                bytes: buffer.get(..read).unwrap_or_default(),
                continues: error.is_none(),
            };
            if each(stretch, context).is_break() {
                return Ok(());
            }
        }
        match next {
            Some(next) if next > at => at = next,
            _ => return Ok(()),
        }
    }
    Ok(())
}

fn gap_or(memory: &VirtualMemory, gaps: &Gaps, at: u64) -> Option<u64> {
    gaps.after(&memory.window(at).err()?)
}

fn is_writable(memory: &VirtualMemory, address: u64) -> bool {
    let Some(paging) = memory.paging() else {
        return false;
    };
    match paging.translate(address) {
        Ok(translation) => translation.writable(),
        Err(_) => false,
    }
}

/// Calls `hit` with each address where the pattern stands.
///
/// # Errors
/// [`CommandError::Cancelled`].
pub fn scan(
    search: &Search,
    memory: &VirtualMemory,
    context: &mut Context<'_>,
    hit: &mut dyn FnMut(u64, &mut Context<'_>) -> ControlFlow<()>,
) -> Result<(), CommandError> {
    let finder = Finder::new(&search.pattern);
    // The end of the stretch before, too short for the pattern but perhaps its beginning.
    let mut tail: Vec<u8> = Vec::new();
    stretches(search, memory, context, &mut |stretch, context| {
        let mut joined = std::mem::take(&mut tail);
        let address = stretch.address - joined.len() as u64;
        joined.extend_from_slice(stretch.bytes);
        for offset in Matches::new(&finder, &joined, search, address) {
            if hit(address + offset as u64, context).is_break() {
                return ControlFlow::Break(());
            }
        }
        if stretch.continues {
            let keep = (search.pattern.len() - 1).min(joined.len());
            tail = joined.split_off(joined.len() - keep);
        }
        ControlFlow::Continue(())
    })
}

/// The places in `bytes` where the pattern stands, at multiples of the step from the search's start.
struct Matches<'m> {
    finder: &'m Finder<'m>,
    bytes: &'m [u8],
    /// Distance of `bytes` from the search's start, modulo the step.
    phase: usize,
    step: usize,
    at: usize,
}

impl<'m> Matches<'m> {
    fn new(finder: &'m Finder<'m>, bytes: &'m [u8], search: &Search, address: u64) -> Matches<'m> {
        let step = search.step.max(1);
        Matches {
            finder,
            bytes,
            phase: (address.wrapping_sub(search.start) % step as u64) as usize,
            step,
            at: 0,
        }
    }
}

impl Iterator for Matches<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        loop {
            let found = self.at + self.finder.find(self.bytes.get(self.at..)?)?;
            self.at = found + 1;
            if (found + self.phase).is_multiple_of(self.step) {
                return Some(found);
            }
        }
    }
}

/// Whether the pattern stands at `address`.
pub fn matches_at(memory: &dyn Memory, address: u64, pattern: &[u8]) -> bool {
    let mut bytes = vec![0u8; pattern.len()];
    memory.read(address, &mut bytes).is_ok() && bytes == pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::memory::s::search::Sought;

    fn search(pattern: &[u8], step: usize) -> Search {
        Search {
            kind: Sought::Values { size: step, letters: "b" },
            start: 0x1000,
            length: 0x100,
            pattern: pattern.to_vec(),
            step,
            addresses_only: false,
            min_characters: 3,
            writable: false,
            save: false,
            save_limit: 0,
            restricted: false,
        }
    }

    fn found(bytes: &[u8], address: u64, search: &Search) -> Vec<usize> {
        let finder = Finder::new(&search.pattern);
        Matches::new(&finder, bytes, search, address).collect()
    }

    #[test]
    fn hits_may_overlap_and_keep_their_alignment() {
        assert_eq!(found(b"aaaa", 0x1000, &search(b"aa", 1)), [0, 1, 2]);
        assert_eq!(found(b"aaaaaa", 0x1000, &search(b"aa", 2)), [0, 2, 4]);
        assert_eq!(found(b"aaaaaa", 0x1001, &search(b"aa", 2)), [1, 3]);
        assert!(found(b"", 0x1000, &search(b"aa", 1)).is_empty());
    }
}
