//! What a rule asks of the values of a fact.

use crate::analysis::facts::{Fact, Value};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A value that a rule names.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Wanted {
    /// Yes or no.
    Flag(bool),
    /// A number, whatever it is of. TOML's have a sign: those with the highest bit are written as text, `0x` and digits.
    Number(i64),
    /// A text, in any case; `0x` and digits: a number.
    Text(String),
}

impl Wanted {
    fn is(&self, value: &Value) -> bool {
        match (self, value) {
            (Wanted::Flag(wanted), Value::Flag(flag)) => wanted == flag,
            (Wanted::Number(wanted), value) => u64::try_from(*wanted).ok() == number(value),
            (Wanted::Text(wanted), Value::Text(text)) => wanted.eq_ignore_ascii_case(text),
            (Wanted::Text(wanted), value) => {
                let digits =
                    wanted.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
                digits.is_some() && digits == number(value)
            }
            (Wanted::Flag(_), _) => false,
        }
    }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) | Value::Hex(number) | Value::Offset(number) | Value::Address(number) => {
            Some(*number)
        }
        Value::Text(_) | Value::Flag(_) | Value::Words(_) | Value::Told(_) => None,
    }
}

/// What must hold of one value.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Condition {
    /// It is that.
    Is(Wanted),
    /// It is one of these.
    OneOf(Vec<Wanted>),
    /// Bounds, and what it must not be.
    Bounds(Bounds),
}

/// Bounds of a value; all that are given must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    min: Option<u64>,
    max: Option<u64>,
    not: Vec<Wanted>,
    /// `fact.value` of a fact that an earlier clause found: it must be the same.
    same: Option<String>,
    /// The same, but another one.
    other: Option<String>,
    /// Whether there is such a value at all.
    known: Option<bool>,
}

/// What a rule asks for: a fact of that kind whose values meet all conditions.
#[derive(Debug, Clone, Deserialize)]
pub struct Clause {
    /// The kind of fact.
    pub fact: String,
    /// The name by which the rule calls it: its kind, unless it says otherwise.
    pub name: Option<String>,
    #[serde(flatten)]
    conditions: BTreeMap<String, Condition>,
}

impl Clause {
    /// The name by which the rule calls what it finds.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.fact)
    }

    /// The names of the values that it asks for.
    #[cfg(test)]
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.conditions.keys().map(String::as_str)
    }

    /// The first fact that meets it; `found` are those of earlier clauses.
    pub fn find<'f>(&self, facts: &'f [Fact], found: &Found<'f>) -> Option<&'f Fact> {
        facts.iter().filter(|fact| fact.kind == self.fact).find(|fact| {
            self.conditions.iter().all(|(name, condition)| condition.is_met(fact.get(name), found))
        })
    }
}

impl Condition {
    fn is_met(&self, value: Option<&Value>, found: &Found<'_>) -> bool {
        match (self, value) {
            (Condition::Is(wanted), Some(value)) => wanted.is(value),
            (Condition::OneOf(wanted), Some(value)) => wanted.iter().any(|wanted| wanted.is(value)),
            (Condition::Bounds(bounds), Some(value)) => bounds.hold(value, found),
            (Condition::Bounds(bounds), None) => bounds.known == Some(false),
            (_, None) => false,
        }
    }
}

impl Bounds {
    fn hold(&self, value: &Value, found: &Found<'_>) -> bool {
        let number = number(value);
        self.known != Some(false)
            && self.min.is_none_or(|min| number.is_some_and(|number| number >= min))
            && self.max.is_none_or(|max| number.is_some_and(|number| number <= max))
            && self.not.iter().all(|wanted| !wanted.is(value))
            && self.same.as_ref().is_none_or(|path| found.value(path) == Some(value))
            && self.other.as_ref().is_none_or(|path| found.value(path).is_some_and(|other| other != value))
    }
}

/// The facts that the clauses of a rule found, by their names.
#[derive(Debug, Clone, Default)]
pub struct Found<'f>(pub Vec<(String, &'f Fact)>);

impl<'f> Found<'f> {
    /// What `fact.value` is.
    pub fn value(&self, path: &str) -> Option<&'f Value> {
        let (name, value) = path.split_once('.')?;
        let (_, fact) = self.0.iter().find(|(known, _)| known == name)?;
        fact.get(value)
    }
}
