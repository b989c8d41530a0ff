//! A number at a glance: what the dump proves it to be, in a few words, where many stand in a row.

use super::place::{entry, of_thread, offset};
use super::{Certainty, FIRST_ADDRESS, Meaning, Meanings, Question, object, user};
use crate::analysis::facts::text::in_bytes;
use crate::analysis::facts::{Fact, Value};
use crate::debuggee::Lack;
use crate::kernel::pool::{BlockState, PoolPlace};
use crate::kernel::{AddressUse, address_use};
use crate::memory::Memory as _;
use crate::output::Action;
use crate::unwind::StackKind;

/// Where user space ends.
const USER_END: u64 = 1 << 47;

/// What the dump proves a number to be: the object, the block of the pool, the stack, the processor, the page table entry, the PEB or
/// TEB; or that its bytes are text. `None` where nothing does, and in modules, whose symbols tell more. No stack is walked.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn glance(question: &Question<'_>) -> Result<Option<Fact>, Lack> {
    let value = question.value;
    if let Some(letters) = in_bytes(value) {
        let fact = Fact::new("text").with("letters", letters).worded("glance.text");
        return Ok(Some(fact.link(Action::Number(value))));
    }
    if (FIRST_ADDRESS..USER_END).contains(&value) {
        return in_user_space(question);
    }
    let is_kernels = value >= FIRST_ADDRESS && value >> 63 == 1;
    if !is_kernels || question.scope.target().dump().is_err() {
        return Ok(None);
    }
    let used = address_use(question.scope, value, question.process)?.used;
    Ok(match &used {
        Some(AddressUse::Pool(place)) => Some(match sure_object(question, used.as_ref())? {
            Some(object) => object,
            None => pool(value, place),
        }),
        Some(AddressUse::Stack(thread)) => {
            let fact = of_thread(Fact::new("stack"), question, thread);
            Some(fact.worded("glance.stack").link(Action::Thread(thread.address())))
        }
        Some(AddressUse::ProcessorStack { processor, stack }) => {
            let wording = match stack.kind {
                StackKind::Dpc => "glance.dpc_stack",
                _ => "glance.interrupt_stack",
            };
            Some(Fact::new("processor_stack").with("processor", *processor).worded(wording))
        }
        Some(AddressUse::Processor { number, base, .. }) => {
            let fact = Fact::new("processor").with("processor", *number).worded("glance.processor");
            Some(offset(fact, value, *base).link(Action::object("nt!_KPRCB", *base)))
        }
        Some(AddressUse::PageTables(space)) => {
            let fact = entry(value, *space);
            let wording = if fact.get("maps").is_some() { "glance.entry" } else { "glance.page_tables" };
            Some(fact.worded(wording))
        }
        _ => None,
    })
}

/// The object whose body or header it is in, where its block proves it.
fn sure_object(question: &Question<'_>, used: Option<&AddressUse<'_>>) -> Result<Option<Fact>, Lack> {
    let mut found = Meanings::default();
    object::add(question, used, &mut found)?;
    Ok(found.meanings.into_iter().find_map(certain).map(|fact| match fact.get("header") {
        Some(_) => fact.worded("glance.object_header"),
        None => fact.worded("glance.object"),
    }))
}

fn certain(meaning: Meaning) -> Option<Fact> {
    (meaning.certainty == Certainty::Certain).then_some(meaning.fact)
}

/// The PEB, TEB or stack of the process that it lies in. What cannot be read is none of them, and threads need not be asked.
fn in_user_space(question: &Question<'_>) -> Result<Option<Fact>, Lack> {
    if question.scope.target().dump().is_err() || question.scope.memory().window(question.value).is_err() {
        return Ok(None);
    }
    let mut found = Meanings::default();
    user::add(question, &mut found)?;
    Ok(found.meanings.into_iter().find_map(certain).map(|fact| match fact.kind {
        "peb" => fact.worded("glance.peb"),
        "teb" => fact.worded("glance.teb"),
        _ => fact.worded("glance.user_stack"),
    }))
}

/// The tag of the block, and where it is not in use that it is not.
fn pool(value: u64, place: &PoolPlace) -> Fact {
    let fact = Fact::new("pool").link(Action::Pool(value));
    let Some(block) = place.block() else { return fact.worded("glance.pool_page") };
    let Some(tag) = block.tag else { return fact.worded("glance.pool_page") };
    let fact = fact.with("tag", tag.unprotected().to_string()).with("block", Value::Address(block.address));
    let fact = offset(fact, value, if value < block.data() { block.address } else { block.data() });
    fact.worded(match block.state {
        BlockState::Allocated | BlockState::NotTold => "glance.pool",
        BlockState::Free => "glance.pool_free",
        BlockState::Unknown => "glance.pool_damaged",
    })
}
