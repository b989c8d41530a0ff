//! What a dump of single ranges holds of structures that begin with their type and size, as those of the I/O manager do.

use crate::debuggee::{Lack, Scope};
use crate::memory::Memory;
use crate::util::bounded::u32_at;

/// How structures of the pool are aligned.
const ALIGNMENT: u64 = 16;
/// A type and a size of two bytes each.
const HEAD: u64 = 4;

/// Where in the ranges of a triage dump a structure begins with these four bytes, as far as `mask` asks: CSHORT Type, USHORT
/// Size. Empty for dumps of pages, whose own lists lead to such structures.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn saved_structures(scope: &Scope<'_>, head: u64, mask: u64) -> Result<Vec<u64>, Lack> {
    let Some(blocks) = scope.memory().blocks() else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for (start, size, _) in blocks.ranges() {
        scope.check()?;
        let end = start.saturating_add(size);
        let mut at = start;
        // A range may lie in pieces in the file.
        while at < end {
            let Ok(window) = scope.memory().window(at) else { break };
            let skip = at.next_multiple_of(ALIGNMENT) - at;
            let places = (skip..(window.len() as u64).saturating_sub(HEAD - 1)).step_by(ALIGNMENT as usize);
            let is_head = |offset: &u64| {
                let offset = usize::try_from(*offset).unwrap_or(usize::MAX);
                u32_at(window, offset).is_some_and(|found| u64::from(found) & mask == head)
            };
            found.extend(places.filter(is_head).map(|offset| at.wrapping_add(offset)));
            at = at.saturating_add((window.len() as u64).max(1));
        }
    }
    found.dedup();
    Ok(found)
}
