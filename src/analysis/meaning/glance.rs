//! A number at a glance: what the dump proves it to be, in a few words, where many stand in a row.

use super::place::{of_thread, offset};
use super::{Certainty, FIRST_ADDRESS, Meanings, Question, object};
use crate::analysis::facts::text::in_bytes;
use crate::analysis::facts::{Fact, Value};
use crate::debuggee::Lack;
use crate::kernel::pool::{BlockState, PoolPlace};
use crate::kernel::{AddressUse, address_use};
use crate::output::Action;
use crate::unwind::StackKind;

/// What the dump proves a number to be: the object, the block of the pool, the stack, the processor; or that its bytes are
/// text. `None` where nothing does, and in modules, whose symbols tell more. No stack is walked.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn glance(question: &Question<'_>) -> Result<Option<Fact>, Lack> {
    let value = question.value;
    if let Some(letters) = in_bytes(value) {
        let fact = Fact::new("text").with("letters", letters).worded("glance.text");
        return Ok(Some(fact.link(Action::Number(value))));
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
        _ => None,
    })
}

/// The object whose body or header it is in, where its block proves it.
fn sure_object(question: &Question<'_>, used: Option<&AddressUse<'_>>) -> Result<Option<Fact>, Lack> {
    let mut found = Meanings::default();
    object::add(question, used, &mut found)?;
    let sure = found.meanings.into_iter().find(|meaning| meaning.certainty == Certainty::Certain);
    Ok(sure.map(|sure| match sure.fact.get("header") {
        Some(_) => sure.fact.worded("glance.object_header"),
        None => sure.fact.worded("glance.object"),
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
