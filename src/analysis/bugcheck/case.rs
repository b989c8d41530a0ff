//! What is documented for some values of the parameters.

use super::condition::{Architecture, Builds, Condition, Windows};
use super::kind::ParameterKind;
use super::text::Text;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::collections::BTreeMap;

/// Which of the four parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(usize);

impl Position {
    /// Its index, from 0.
    pub fn index(self) -> usize {
        self.0
    }
}

impl<'de> Deserialize<'de> for Position {
    /// Reads `1` or `p1`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Position, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        match text.strip_prefix('p').unwrap_or(text).parse() {
            Ok(number @ 1..=4usize) => Ok(Position(number - 1)),
            _ => Err(D::Error::custom(format!("no parameter {text}"))),
        }
    }
}

/// What is documented for some values of the parameters, some builds or some machines.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What must hold of the parameters; nothing, if only the Windows matters.
    pub when: BTreeMap<Position, Condition>,
    #[serde(default)]
    builds: Builds,
    #[serde(default)]
    machines: Vec<Architecture>,
    /// What it means that these values stand there.
    pub text: Option<Text>,
    /// What parameters mean in this case, in place of what they mean else.
    #[serde(default)]
    pub params: BTreeMap<Position, Text>,
    /// What parameters are in this case.
    #[serde(default)]
    pub types: BTreeMap<Position, ParameterKind>,
    /// What to look at first in this case, in place of what there is to look at else.
    #[serde(default)]
    pub look: Option<Text>,
}

impl Case {
    /// Whether these parameters are what it is about.
    pub(super) fn matches(&self, parameters: [u64; 4], kinds: &BTreeMap<Position, ParameterKind>) -> bool {
        self.when.iter().all(|(position, condition)| {
            let is_status = kinds.get(position) == Some(&ParameterKind::Ntstatus);
            parameters.get(position.0).is_some_and(|value| match is_status {
                true => condition.is_met_by_status(*value),
                false => condition.is_met(*value),
            })
        })
    }

    /// Whether it can be about this Windows.
    pub fn is_of(&self, windows: Windows) -> bool {
        windows.is_among(self.builds, &self.machines)
    }

    /// Whether it says nothing of what the parameters mean, only what to look at first.
    pub fn only_advises(&self) -> bool {
        self.look.is_some() && self.text.is_none() && self.params.is_empty() && self.types.is_empty()
    }

    /// The parameter whose value the text explains: the last that is tested and that the case does not word anew.
    pub fn explains(&self) -> Option<Position> {
        self.when.keys().rev().find(|position| !self.params.contains_key(position)).copied()
    }
}
