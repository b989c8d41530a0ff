//! What the analysis of the crash says of the number.

use super::{Certainty, FIRST_ADDRESS, Meanings, Question};
use crate::analysis::facts::{Fact, Value};

/// Facts that are told: what the crash is about is named in many.
const MOST: usize = 4;

pub(super) fn add(question: &Question<'_>, found: &mut Meanings) {
    // Small numbers are counts and codes of anything.
    if question.value < FIRST_ADDRESS {
        return;
    }
    let names = |fact: &&Fact| fact.is_evidence() && names(fact, question.value);
    for fact in question.evidence.iter().filter(names).take(MOST) {
        found.add(Certainty::Certain, fact.clone());
    }
}

/// Whether the instruction that faulted used the number as a pointer.
pub(super) fn is_pointer(question: &Question<'_>) -> bool {
    question.evidence.iter().any(|fact| fact.kind == "operand" && names(fact, question.value))
}

/// Whether a fact has the number among its values, or its sixteen digits in one.
fn names(fact: &Fact, number: u64) -> bool {
    let digits = format!("{number:016x}");
    fact.values().any(|(_, value)| match value {
        Value::Address(value) | Value::Hex(value) => *value == number,
        Value::Text(text) => text.contains(&digits),
        _ => false,
    })
}
