//! The rows of `lmv`.

use crate::output::Line;

/// `    Timestamp:        ...`: `gap` blanks stand between label and value.
pub(super) fn labelled(label: &str, value: &str, gap: usize) -> Line {
    Line::of("    ").label(label).text(" ".repeat(gap)).value(value)
}
