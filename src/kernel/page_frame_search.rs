//! Where the records of page frames begin in a triage dump that does not hold the pointer to them: a record that it does hold
//! names the page table entry of its page, and that entry the page's number, which is the record's place in the array.

use super::pte_space::PteSpace;
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;
use crate::memory::paging::Pte;
use crate::util::bounded::u64_at;

/// The records begin at a multiple of what one slot of the topmost page table maps.
const SLOT: u64 = 1 << 39;
/// The most bytes of a dump that are looked through: triage dumps have fewer.
const MOST: usize = 16 << 20;
/// Where a page's number begins in an entry.
const PAGE_SHIFT: u32 = 12;

/// Where the records begin, by what the dump saved of them: `record` is one anywhere, of which the layout counts. `None` where no
/// record confirms it, or where two would have it at different places.
///
/// # Errors
/// The layout lacks the member; [`Lack::Stopped`].
pub(super) fn base(scope: &Scope<'_>, record: &Object<'_>, size: u64) -> Result<Option<u64>, Lack> {
    let memory = scope.memory();
    let space = PteSpace::of(scope.target()).filter(|space| !space.has_five_levels());
    let (Some(blocks), Some(space)) = (memory.blocks(), space) else { return Ok(None) };
    let member = record.field("PteAddress")?.address().wrapping_sub(record.address());
    let mut found = None;
    let mut left = MOST;
    for (start, length, _) in blocks.ranges().filter(|(start, ..)| start >> 47 == 0x1_ffff) {
        scope.check()?;
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(left);
        let mut bytes = vec![0; length];
        let (read, _) = memory.read_partial(start, &mut bytes);
        left -= length;
        let skipped = start.wrapping_neg() % 8;
        for offset in (usize::try_from(skipped).unwrap_or(0)..read).step_by(8) {
            let at = start.wrapping_add(offset as u64);
            let (number, within) = (at % SLOT / size, at % SLOT % size);
            // The lowest bits are locks.
            let entry = u64_at(&bytes, offset).map_or(0, |entry| entry & !7);
            if within != member || number == 0 || !space.contains(entry) {
                continue;
            }
            let entry = memory.u64(entry).map(Pte);
            if !entry.is_ok_and(|entry| entry.valid() && entry.frame() >> PAGE_SHIFT == number) {
                continue;
            }
            let base = at & !(SLOT - 1);
            if found.is_some_and(|found| found != base) {
                return Ok(None);
            }
            found = Some(base);
        }
    }
    Ok(found)
}
