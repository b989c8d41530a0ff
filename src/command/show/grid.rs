//! The tables of the MEX commands: columns as wide as their widest text, a rule of `=` under each title, a count at the end.

use crate::command::CommandError;
use crate::command::line::Out;
use crate::output::{Cell, Column, Line, Record, Role, Table};

/// A table whose rows are gathered before any is shown, because the widths follow from them.
pub struct Grid {
    table: Table,
    rows: Vec<Vec<Cell>>,
}

impl Grid {
    /// A table of things of a kind. The widths of the columns are the least ones.
    pub fn new(kind: &'static str, columns: &[Column]) -> Grid {
        Grid { table: Table::new(kind, columns), rows: Vec::new() }
    }

    /// Adds a row: a cell for each column.
    pub fn add(&mut self, cells: impl Into<Vec<Cell>>) {
        self.rows.push(cells.into());
    }

    /// Says the table, a blank line, and the count: `Count: 6`, or `Thread Count: 4` by what it counts.
    ///
    /// # Errors
    /// As [`Out::emit`].
    pub fn say(self, what: &str, out: &mut Out<'_>) -> Result<(), CommandError> {
        self.say_before(what, &Line::new(), out)
    }

    /// The same with the next question behind the count: `Count: 6 | Show Unique Stacks`.
    ///
    /// # Errors
    /// As [`Out::emit`].
    pub fn say_before(self, what: &str, next: &Line, out: &mut Out<'_>) -> Result<(), CommandError> {
        let table = self.table.fitted(&self.rows).ruled();
        let shown = self.rows.len();
        out.within(table.clone(), |out| self.rows.into_iter().try_for_each(|row| out.emit(table.row(row))))?;
        out.emit(Line::new())?;
        let name = if what.is_empty() { "Count: ".to_owned() } else { format!("{what} Count: ") };
        out.emit(Record::new("count").label(name).cell("shown", shown as u64).spans(next.clone()))
    }

    /// The same of those among `all` that a filter let through, with what it asked for.
    ///
    /// # Errors
    /// As [`Out::emit`].
    pub fn say_filtered(
        self,
        what: &str,
        all: usize,
        filter: &str,
        out: &mut Out<'_>,
    ) -> Result<(), CommandError> {
        let left_out = all.saturating_sub(self.rows.len());
        self.say(what, out)?;
        if filter.is_empty() {
            return Ok(());
        }
        out.emit(
            Record::new("filtered")
                .role(Role::Dim, "Left out: ")
                .cell("left_out", Cell::new(left_out as u64).role(Role::Dim))
                .role(Role::Dim, " of ")
                .cell("all", Cell::new(all as u64).role(Role::Dim))
                .role(Role::Dim, ", filtered by ")
                .cell("filter", Cell::new(filter).role(Role::Dim)),
        )
    }
}
