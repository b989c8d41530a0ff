//! What the documentation of a bug check says about one crash.

use super::case::Case;
use super::condition::Windows;
use super::{BugCheck, ParameterKind, Text};

/// A bug check with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What is documented of it.
    pub check: BugCheck,
    /// Its four arguments.
    pub arguments: [Argument; 4],
    /// What to look at first.
    pub look: Option<Text>,
}

/// An argument of a bug check.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Argument {
    /// Its value.
    pub value: u64,
    /// What the parameter means; `None` where undocumented.
    pub meaning: Option<Text>,
    /// What its value means: several where bits have their own meanings.
    pub values: Vec<Text>,
    /// What it is.
    pub kind: ParameterKind,
    /// Whether the documentation lists this parameter's values, and this value is not among them.
    pub is_unlisted: bool,
}

impl Argument {
    /// Whether the documentation calls the parameter unused or zero, and it is not zero.
    pub fn is_used_after_all(&self) -> bool {
        self.kind == ParameterKind::Unused && self.value != 0
    }
}

/// A parameter with at least that many documented values takes one of a list, and not any number.
const LIST: usize = 3;

/// What is documented for a code with these parameters, on that Windows; `None` for codes that nobody documented.
pub fn explain(code: u32, parameters: [u64; 4], windows: Windows) -> Option<Explanation> {
    let mut check = BugCheck::of(code)?;
    check.cases.retain(|case| case.is_of(windows));
    let matching: Vec<&Case> =
        check.cases.iter().filter(|case| case.matches(parameters, &check.types)).collect();
    let arguments = [0, 1, 2, 3].map(|index| argument(&check, &matching, index, parameters));
    let look = look(&check, &matching).cloned();
    Some(Explanation { check, arguments, look })
}

/// The advice of the case that tests most, else that for all cases.
fn look<'c>(check: &'c BugCheck, matching: &[&'c Case]) -> Option<&'c Text> {
    let advising = matching.iter().filter(|case| case.look.is_some());
    // Among equals the first counts, as for the meaning of an argument.
    let closest = advising.rev().max_by_key(|case| case.when.len());
    closest.and_then(|case| case.look.as_ref()).or(check.look.as_ref())
}

fn argument(check: &BugCheck, matching: &[&Case], index: usize, parameters: [u64; 4]) -> Argument {
    let is_here = |position: &super::Position| position.index() == index;
    // The case that tests most is about this crash most closely; among equals the first counts.
    let mut closest: Option<(&Case, &Text)> = None;
    let mut typed: Option<(&Case, &ParameterKind)> = None;
    for case in matching {
        let is_closer = |than: &Case| case.when.len() > than.when.len();
        if let Some((_, text)) = case.params.iter().find(|(position, _)| is_here(position))
            && closest.is_none_or(|(other, _)| is_closer(other))
        {
            closest = Some((case, text));
        }
        if let Some((_, kind)) = case.types.iter().find(|(position, _)| is_here(position))
            && typed.is_none_or(|(other, _)| is_closer(other))
        {
            typed = Some((case, kind));
        }
    }
    let kind = match (closest, typed) {
        // What was typed for another wording is not what this wording is about.
        (Some((worded, _)), Some((case, _))) if case.when.len() < worded.when.len() => ParameterKind::Plain,
        (_, Some((_, kind))) => kind.clone(),
        (Some(_), None) => ParameterKind::Plain,
        (None, None) => check.kind(index),
    };
    let explained = matching.iter().filter(|case| case.explains().is_some_and(|position| is_here(&position)));
    let values: Vec<Text> = explained.filter_map(|case| case.text.clone()).collect();
    Argument {
        value: parameters.get(index).copied().unwrap_or(0),
        meaning: closest.map(|(_, text)| text).or(check.parameter(index)).cloned(),
        is_unlisted: values.is_empty() && closest.is_none() && is_listed(check, index),
        values,
        kind,
    }
}

/// Whether the documentation lists the values of a parameter of its own accord. A status or a flag may have values that
/// the page of a bug check does not name.
fn is_listed(check: &BugCheck, index: usize) -> bool {
    let explaining = check.cases.iter().filter(|case| !case.only_advises());
    let alone = explaining.filter(|case| case.when.keys().all(|position| position.index() == index));
    let conditions: Vec<_> = alone.flat_map(|case| case.when.values()).collect();
    let values: usize = conditions.iter().map(|condition| condition.values().len()).sum();
    check.kind(index) == ParameterKind::Plain
        && values >= LIST
        && conditions.iter().all(|condition| !condition.values().is_empty())
}
