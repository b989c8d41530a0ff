//! The bytes of a page of which only a part may be in the dump, and what in them looks like a header.

use super::header::{PAGE, PoolHeader, UNIT};
use crate::debuggee::{Lack, Scope};
use crate::memory::Memory as _;
use crate::util::bounded::slice;

/// The bytes of a page, as far as they are in the dump.
pub(super) struct LonePage {
    pub(super) base: u64,
    bytes: Vec<u8>,
    /// Of each unit, whether it is in the dump.
    is_there: Vec<bool>,
}

impl LonePage {
    /// The page at `base`.
    ///
    /// # Errors
    /// Nothing of it is in the dump; [`Lack::Stopped`].
    pub(super) fn read(scope: &Scope<'_>, base: u64) -> Result<LonePage, Lack> {
        let mut page = LonePage { base, bytes: Vec::with_capacity(PAGE as usize), is_there: Vec::new() };
        let mut failed = None;
        for offset in (0..PAGE).step_by(UNIT as usize) {
            let unit = scope.memory().array::<{ UNIT as usize }>(base.saturating_add(offset));
            page.is_there.push(unit.is_ok());
            page.bytes.extend_from_slice(unit.as_ref().unwrap_or(&[0; UNIT as usize]));
            failed = failed.or(unit.err());
        }
        scope.check()?;
        match failed {
            Some(why) if !page.is_there.contains(&true) => {
                let what = format!("the page at {}", crate::util::hex::tick(base));
                Err(Lack::Unreadable { what, why })
            }
            _ => Ok(page),
        }
    }

    #[cfg(test)]
    pub(super) fn of(base: u64, bytes: Vec<u8>) -> LonePage {
        let units = bytes.len() / UNIT as usize;
        LonePage { base, bytes, is_there: vec![true; units] }
    }

    /// The unit at an offset that is a multiple of one.
    pub(super) fn unit(&self, offset: u64) -> Option<&[u8]> {
        let index = usize::try_from(offset / UNIT).ok()?;
        self.is_there.get(index).filter(|is_there| **is_there)?;
        slice(&self.bytes, usize::try_from(offset).ok()?, UNIT as usize)
    }

    /// What stands at an offset, as a header.
    pub(super) fn header(&self, offset: u64) -> Option<PoolHeader> {
        self.unit(offset).and_then(PoolHeader::parse)
    }

    /// What looks like a header of a small block of a segment heap, with its offset: a tag that somebody chose, a size, and zeros where
    /// segment heaps have them.
    pub(super) fn headers(&self) -> Vec<(u64, PoolHeader)> {
        let offsets = (0..PAGE).step_by(UNIT as usize);
        let headers = offsets.filter_map(|offset| Some((offset, self.header(offset)?)));
        headers
            .filter(|(_, header)| {
                header.tag.is_plausible()
                    && header.size >= 2 * UNIT
                    && header.index == 0
                    && header.previous == 0
            })
            .collect()
    }
}
