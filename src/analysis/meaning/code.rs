//! Codes of errors and bug checks.

use super::{Certainty, Meanings};
use crate::analysis::facts::{Fact, Value};
use crate::analysis::{NtStatus, Severity, low_half, readings};
use crate::output::Action;

pub(super) fn add(value: u64, found: &mut Meanings) {
    // Success, and what is no more than zero, is anything.
    let Some(code) = low_half(value).filter(|&code| code != 0) else { return };
    let is_error = matches!(NtStatus(code).severity(), Severity::Error | Severity::Warning);
    for reading in readings(code) {
        let certainty = if is_error { Certainty::Likely } else { Certainty::Possible };
        let fact = Fact::new("code")
            .with("reading", reading.of)
            .with("code", Value::Hex(code.into()))
            .with("name", reading.name)
            .worded("what.code");
        found.add(certainty, fact.link(Action::ErrorCode(code)));
    }
}
