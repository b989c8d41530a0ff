//! What is said of an entry of a handle table.

use crate::debuggee::Lack;
use crate::kernel::HandleAttributes;
use crate::output::{Cell, Record};

/// Adds ` (Protected) (Inherit) (Audit)`, as many of them as hold, and all three as facts.
pub fn attributes(record: Record, attributes: Result<HandleAttributes, Lack>) -> Record {
    let of = |get: fn(HandleAttributes) -> bool| attributes.clone().map(get);
    let words = [
        ("protected", " (Protected)", of(|found| found.protected)),
        ("inherit", " (Inherit)", of(|found| found.inherit)),
        ("audit", " (Audit)", of(|found| found.audit)),
    ];
    words.into_iter().fold(record, |record, (key, word, holds)| {
        let shown = holds == Ok(true);
        record.cell_where(shown, key, Cell::new(holds).shown(word))
    })
}
