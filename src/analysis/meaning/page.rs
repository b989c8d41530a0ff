//! Where the page of an address is, if it is not in memory.

use super::{Certainty, Meanings, Question};
use crate::analysis::facts::{Fact, Value};
use crate::debuggee::Lack;
use crate::kernel::{AddressUse, MemoryCounters};
use crate::memory::{Memory, Reason};
use crate::output::Action;

pub(super) fn add(
    question: &Question<'_>,
    used: Option<&AddressUse<'_>>,
    found: &mut Meanings,
) -> Result<(), Lack> {
    if matches!(used, Some(AddressUse::NotCanonical)) {
        return Ok(());
    }
    let Err(why) = question.scope.memory().u8(question.value) else { return Ok(()) };
    let fact = Fact::new("page").link(Action::Pte(question.value));
    let fact = match why.reason {
        Reason::PageFile { number, offset } => {
            let fact = fact.with("file", u32::from(number)).with("place", Value::Hex(offset));
            // Windows keeps compressed pages in memory as if they were in a page file of their own.
            let counters = MemoryCounters::of(question.scope);
            let files = found.told(counters.page_files())?.unwrap_or_default();
            let file = files.get(usize::from(number)).map(|file| (file.is_store(), file.name()));
            match file {
                Some((Ok(true), _)) => fact.worded("what.page_store"),
                Some((_, Ok(name))) => {
                    fact.with("shown_name", format!(" ({name})")).with("name", name).worded("what.page_file")
                }
                _ => fact.with("shown_name", "").worded("what.page_file"),
            }
        }
        Reason::DemandZero => fact.worded("what.page_zero"),
        Reason::Transition { pfn } => fact.with("page", Value::Hex(pfn)).worded("what.page_transition"),
        _ => return Ok(()),
    };
    found.add(Certainty::Certain, fact);
    Ok(())
}
