//! Bug checks: what is documented of each, and what that means for one crash.
//!
//! `assets/bugchecks/*.json` holds 548 of them in English and Chinese, worded for this project from the public driver
//! documentation; each entry names its page.

mod asset;
mod case;
mod condition;
mod explanation;
mod family;
mod kind;
mod text;

pub use case::{Case, Position};
pub use condition::{Condition, Windows};
pub use explanation::{Argument, Explanation, explain};
pub use family::{DISPLAY, family};
pub use kind::ParameterKind;
pub use text::Text;

use condition::Hex;
use serde::Deserialize;
use std::collections::BTreeMap;

/// All that is documented of a bug check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BugCheck {
    code: Hex,
    /// `KMODE_EXCEPTION_NOT_HANDLED`
    pub name: String,
    /// Whether the public documentation has a page on it.
    pub documented: bool,
    /// Whether Windows saves a dump with this code and goes on running.
    #[serde(default)]
    pub live_report: bool,
    /// What happened, where there is more to say than the name says.
    pub summary: Option<Text>,
    /// What the parameters mean; empty where nothing is documented.
    #[serde(default)]
    params: Vec<Option<Text>>,
    /// What the parameters are.
    #[serde(default)]
    types: BTreeMap<Position, ParameterKind>,
    /// What is documented for some values of them.
    #[serde(default)]
    pub cases: Vec<Case>,
    /// What to look at first.
    pub look: Option<Text>,
    /// Where it is documented: a page of the public driver documentation, or the list that has its name.
    pub source: Option<String>,
}

impl BugCheck {
    /// The documented bug check of this very code.
    pub fn find(code: u32) -> Option<BugCheck> {
        asset::entry(code)
    }

    /// The bug check that a code in a dump stands for: the code itself, or the one it is the small dump's form of.
    pub fn of(code: u32) -> Option<BugCheck> {
        BugCheck::find(code).or_else(|| BugCheck::find(plain_code(code)))
    }

    /// The code.
    pub fn code(&self) -> u32 {
        u32::try_from(self.code.0).unwrap_or(0)
    }

    /// What a parameter means, whatever its value.
    pub fn parameter(&self, index: usize) -> Option<&Text> {
        self.params.get(index)?.as_ref()
    }

    /// What a parameter is, whatever its value.
    pub fn kind(&self, index: usize) -> ParameterKind {
        self.types
            .iter()
            .find(|(position, _)| position.index() == index)
            .map(|(_, kind)| kind.clone())
            .unwrap_or_default()
    }
}

/// The code as people know it: small dumps of some bug checks carry 0x10000000 in addition.
pub fn plain_code(code: u32) -> u32 {
    match code >> 28 {
        1 => code & 0x0fff_ffff,
        _ => code,
    }
}

/// For codes that a driver or tool made up (customer bit 29 set, as in 0xA0000001): the bare number.
pub fn decode_user_code(code: u32) -> Option<u32> {
    (code & 0x2000_0000 != 0).then_some(code & 0x0fff_ffff)
}

#[cfg(test)]
mod tests;
