//! The small tables of `!t`.

use crate::command::CommandError;
use crate::command::line::Out;
use crate::output::{Cell, Line, Table};

/// Says a table under its name, indented, with a blank line behind it; nothing where it has no rows.
///
/// # Errors
/// As [`Out::emit`].
pub(super) fn section(
    name: &str,
    table: &Table,
    rows: Vec<Vec<Cell>>,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    if rows.is_empty() {
        return Ok(());
    }
    let table = table.clone().fitted(&rows).indented(4);
    out.emit(Line::new().label(name))?;
    out.within(table.clone(), |out| rows.into_iter().try_for_each(|row| out.emit(table.row(row))))?;
    out.blank()
}
