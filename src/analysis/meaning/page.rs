//! Where the page of an address is, if it is not in memory.

use super::{Certainty, Meanings, Question};
use crate::analysis::facts::{Fact, Value};
use crate::debuggee::Lack;
use crate::kernel::{AddressUse, PageFileKind};
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
        Reason::PageFile { number: Some(number), offset } => {
            let fact = fact.with("file", u32::from(number)).with("place", Value::Hex(offset));
            // Windows keeps compressed pages in memory as if they were in a page file of their own.
            match found.told(PageFileKind::of(question.scope, number))? {
                Some(PageFileKind::Store) => fact.worded("what.page_store"),
                Some(PageFileKind::File(name)) => {
                    fact.with("shown_name", format!(" ({name})")).with("name", name).worded("what.page_file")
                }
                None => fact.with("shown_name", "").worded("what.page_file"),
            }
        }
        Reason::PageFile { number: None, offset } => fact
            .with("file", "?")
            .with("place", Value::Hex(offset))
            .with("shown_name", "")
            .worded("what.page_file"),
        Reason::DemandZero => fact.worded("what.page_zero"),
        Reason::Transition { pfn } => fact.with("page", Value::Hex(pfn)).worded("what.page_transition"),
        _ => return Ok(()),
    };
    found.add(Certainty::Certain, fact);
    Ok(())
}
