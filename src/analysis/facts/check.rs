//! The bug check itself: its code, its parameters, and what kind of stop it is.

use super::scene::has_fault_bits;
use super::{Crash, Fact, Value};
use crate::analysis::bugcheck::decode_user_code;
use crate::analysis::status::{exception_name, low_half};

/// `bug_check` with `code` and `p1` to `p4`.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    let [p1, p2, p3, p4] = crash.header.bug_check_parameters;
    let explained = crash.explanation();
    let fact = Fact::new("bug_check")
        .with("code", Value::Hex(crash.code().into()))
        .with("p1", Value::Hex(p1))
        .with("p2", Value::Hex(p2))
        .with("p3", Value::Hex(p3))
        .with("p4", Value::Hex(p4))
        // A status is written with 32 bits or with its sign extended.
        .maybe("status1", low_half(p1).map(|status| Value::Hex(status.into())))
        .maybe("status1_name", low_half(p1).and_then(exception_name))
        .with("made_up", decode_user_code(crash.header.bug_check_code).is_some())
        .with("live", explained.as_ref().is_some_and(|explained| explained.check.live_report))
        .with("reserved_bit", crash.code() == 0x50 && has_fault_bits(crash) && p2 & 8 != 0)
        .maybe("region", region(crash))
        .maybe("name", explained.map(|explained| explained.check.name));
    vec![fact]
}

/// CRITICAL_STRUCTURE_CORRUPTION.
const CRITICAL_STRUCTURE: u32 = 0x109;

/// Which kind of region PatchGuard found changed, in words.
fn region(crash: &Crash<'_>) -> Option<Value> {
    if crash.code() != CRITICAL_STRUCTURE {
        return None;
    }
    let [.., kind] = crash.explanation()?.arguments;
    kind.values.into_iter().next().map(Value::Told)
}
