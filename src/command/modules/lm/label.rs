//! The rows of `lmv`.

use crate::output::{Cell, Record, Role};

/// `    Timestamp:        ...`: `gap` blanks stand between label and value.
pub(super) fn labelled(
    record: Record,
    label: &str,
    gap: usize,
    name: &'static str,
    cell: impl Into<Cell>,
) -> Record {
    let record = record.line("    ").label(label).text(" ".repeat(gap));
    record.cell(name, cell.into().role(Role::Value))
}
