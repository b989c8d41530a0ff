//! What a triage dump saved the memory as, where nothing else tells what it is: types may be missing.

use super::{Certainty, Meanings, Question};
use crate::analysis::facts::Fact;
use crate::memory::Saved;
use crate::output::Action;

pub(super) fn add(question: &Question<'_>, found: &mut Meanings) {
    let blocks = question.scope.memory().blocks();
    let saved = blocks.and_then(|blocks| blocks.saved_as(question.value));
    let (word, wording) = match saved {
        // A part of the stack may stand among the data blocks too, and is taken from there.
        Some(_) if is_stack(question) => ("stack", "what.saved_stack"),
        Some(Saved::Prcb) => ("processor", "what.saved_processor"),
        Some(Saved::Thread) => ("thread", "what.saved_thread"),
        Some(Saved::Process) => ("process", "what.saved_process"),
        _ => return,
    };
    let fact = Fact::new("saved").with("saved_as", word).worded(wording);
    found.add(Certainty::Certain, fact.link(Action::Pointers(question.value & !7)));
}

fn is_stack(question: &Question<'_>) -> bool {
    let triage = question.scope.target().dump().ok().and_then(|dump| dump.triage());
    triage.is_some_and(|triage| {
        let offset = question.value.checked_sub(triage.top_of_stack);
        offset.is_some_and(|offset| offset < triage.stack.len() as u64)
    })
}
