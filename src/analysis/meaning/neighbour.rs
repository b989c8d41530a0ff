//! What it would be with one other bit: no more than a guess.

use super::{Certainty, FIRST_ADDRESS, Meanings, Question, evidence};
use crate::analysis::facts::flips::region_flip;
use crate::analysis::facts::modules::place;
use crate::analysis::facts::{Fact, Value};
use crate::debuggee::Lack;
use crate::kernel::{AddressUse, address_use};
use crate::memory::Memory;
use crate::output::Action;
use crate::util::bits::extend;

/// Below this a power of two is a number like others, and where the fault used it as a pointer an address like others.
const LOWEST_NULL_BIT: u32 = 32;
const LOWEST_POINTER_BIT: u32 = 20;
/// Lower bits tell places in the same thing apart.
const LOWEST_BIT: u32 = 12;
/// Neighbours of which more is asked than whether they can be read.
const MOST_ASKED: usize = 4;

/// Adds such readings; of a number that the crash names only those that few numbers have.
pub(super) fn add(question: &Question<'_>, is_named: bool, found: &mut Meanings) -> Result<(), Lack> {
    let value = question.value;
    if value < FIRST_ADDRESS {
        return Ok(());
    }
    let high = value & !(FIRST_ADDRESS - 1);
    let lowest = if evidence::is_pointer(question) { LOWEST_POINTER_BIT } else { LOWEST_NULL_BIT };
    if high.is_power_of_two() && high.trailing_zeros() >= lowest {
        let fact = Fact::new("null_bit")
            .with("bit", high.trailing_zeros())
            .with("offset", Value::Hex(value ^ high))
            .worded("what.null_bit");
        found.add(Certainty::Guess, fact.link(Action::Number(value)));
        return Ok(());
    }
    if let Some((bit, count)) = region_flip(question.scope, value) {
        let fact = neighbour("region_bit", value, bit).with("count", count).worded("what.region_bit");
        found.add(Certainty::Guess, fact);
    }
    let target = question.scope.target();
    if is_named || value >> 47 == 0 {
        return Ok(());
    }
    let mut asked = 0;
    for bit in LOWEST_BIT..64 {
        question.scope.check()?;
        let other = value ^ 1 << bit;
        if other >> 63 == 0 || extend(other, 48).cast_unsigned() != other {
            continue;
        }
        if target.modules().at(other).is_some() {
            let fact = neighbour("module_bit", value, bit).with("place", place(target, other));
            found.add(Certainty::Guess, fact.worded("what.module_bit"));
            continue;
        }
        if asked >= MOST_ASKED || question.scope.memory().u8(other).is_err() {
            continue;
        }
        asked += 1;
        let used = address_use(question.scope, other, question.process)?.used;
        let wording = match used {
            Some(AddressUse::Stack(_) | AddressUse::ProcessorStack { .. }) => "what.stack_bit",
            Some(AddressUse::Pool(_)) => "what.pool_bit",
            _ => "what.memory_bit",
        };
        found.add(Certainty::Guess, neighbour("memory_bit", value, bit).worded(wording));
    }
    Ok(())
}

fn neighbour(kind: &'static str, value: u64, bit: u32) -> Fact {
    let other = value ^ 1 << bit;
    Fact::new(kind).with("bit", bit).with("other", Value::Address(other)).link(Action::What(other))
}
