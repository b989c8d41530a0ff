//! The content of a page table entry, and where the record of a page would lie that the machine has not.

use super::{Certainty, Meanings, Question};
use crate::analysis::facts::{Fact, Value};
use crate::kernel::{HighestPage, PageFrames, highest_page};
use crate::memory::paging::Pte;
use crate::output::Action;

/// Valid and accessed: few numbers that are no entries have both, no bit that the processor reserves, and a page.
const USED: u64 = 0x21;
const RESERVED: u64 = 0x000f_0000_0000_0000;
/// Where the page's number begins in an entry.
const FRAME_SHIFT: u32 = 12;

/// The database begins at a multiple of what one slot of the topmost page table maps, and does not go beyond it.
const SLOT: u64 = 1 << 39;

pub(super) fn add(question: &Question<'_>, found: &mut Meanings) {
    let Some(highest) = highest_page(question.scope) else { return };
    let value = question.value;
    let page = Pte(value).frame() >> 12;
    if value & USED == USED && value & RESERVED == 0 && page != 0 && value >> 47 != 0x1_ffff {
        let fact = Fact::new("entry").with("page", Value::Hex(page));
        if page <= highest.number {
            found.add(Certainty::Possible, fact.worded("what.entry").link(Action::PageFrame(page)));
        } else if let Some(fact) = beyond(fact, page, highest, FRAME_SHIFT) {
            found.add(Certainty::Guess, fact.worded("what.entry_bit"));
        }
    }
    let frames = PageFrames::of(question.scope).ok();
    let record = frames.filter(|frames| value.wrapping_sub(frames.base()) < SLOT);
    if let Some(page) = record.and_then(|frames| frames.number_of(value))
        && let Some(fact) = beyond(Fact::new("page_frame").with("page", Value::Hex(page)), page, highest, 0)
    {
        found.add(Certainty::Guess, fact.worded("what.page_frame_bit"));
    }
}

/// A page beyond the last, of which one bit less makes one that there is.
fn beyond(fact: Fact, page: u64, highest: HighestPage, shift: u32) -> Option<Fact> {
    let bit = page.checked_ilog2().filter(|_| page > highest.number)?;
    let sane = page ^ 1 << bit;
    (sane != 0 && sane <= highest.number).then(|| {
        fact.with("sane", Value::Hex(sane))
            .with("bit", bit + shift)
            .with("highest", Value::Hex(highest.number))
            .link(Action::PageFrame(sane))
    })
}
