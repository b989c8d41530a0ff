//! Stack cookies that a function found damaged (0xF7): what was found, what was expected, and whether the two contradict
//! each other in a way that no overrun makes.

use super::{Crash, Fact, Value};

/// DRIVER_OVERRAN_STACK_BUFFER. Its parameters: the cookie found, the one expected, the complement of that one (its page in
/// the public driver documentation).
const OVERRAN: u32 = 0xf7;

/// `cookie`, with `global` where the expected cookie and its complement do not fit each other, and `bit` where one bit alone
/// is wrong.
pub(super) fn facts(crash: &Crash<'_>) -> Option<Fact> {
    if crash.code() != OVERRAN {
        return None;
    }
    let [found, expected, complement, _] = crash.header.bug_check_parameters;
    let global = expected != !complement;
    let wrong = found ^ expected;
    let fact = Fact::new("cookie")
        .with("found", Value::Address(found))
        .with("expected", Value::Address(expected))
        .with("complement", Value::Address(complement))
        .with("global", global)
        .maybe("bit", wrong.is_power_of_two().then(|| wrong.trailing_zeros()));
    Some(fact.worded(match (global, wrong.is_power_of_two()) {
        (true, _) => "evidence.cookie_global",
        (false, true) => "evidence.cookie_bit",
        (false, false) => "evidence.cookie",
    }))
}
