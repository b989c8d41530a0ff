//! Page table entries: those that the bug check names, and those of the address of the fault.

use super::{Crash, Fact};

/// Nothing yet.
pub(super) fn facts(_crash: &Crash<'_>) -> Vec<Fact> {
    Vec::new()
}
