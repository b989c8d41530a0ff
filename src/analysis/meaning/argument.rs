//! An argument of the bug check.

use super::{Certainty, FIRST_ADDRESS, Meanings, Question};
use crate::analysis::bugcheck::{Windows, explain, plain_code};
use crate::analysis::facts::{Fact, Value};
use crate::output::Action;

pub(super) fn add(question: &Question<'_>, found: &mut Meanings) {
    let Ok(header) = question.scope.target().header() else { return };
    let windows = Windows { build: header.minor_version, machine: header.machine };
    let parameters = header.bug_check_parameters;
    let explained = explain(header.bug_check_code, parameters, windows);
    // Small numbers are arguments of anything.
    let certainty = if question.value < FIRST_ADDRESS { Certainty::Possible } else { Certainty::Certain };
    for (index, _) in
        parameters.iter().enumerate().filter(|(_, value)| **value == question.value && **value != 0)
    {
        let argument = explained.as_ref().and_then(|explained| explained.arguments.get(index));
        let meaning = argument.and_then(|argument| argument.meaning.clone());
        let fact = Fact::new("argument")
            .with("argument", index + 1)
            .with("bugcheck", Value::Hex(plain_code(header.bug_check_code).into()))
            .link(Action::Run("!analyze -v"));
        found.add(
            certainty,
            match meaning {
                Some(meaning) => fact.with("meaning", Value::Told(meaning)).worded("what.argument_is"),
                None => fact.worded("what.argument"),
            },
        );
    }
}
