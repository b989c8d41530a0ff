//! Rows under a heading.

use super::cell::{Cell, Side};
use super::record::Record;
use super::span::{Line, Role};
use crate::util::width;

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The name of its facts in JSON.
    pub key: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// How many terminal columns it takes; a longer text moves what follows it to the right.
    pub width: usize,
    /// Where its texts stand.
    pub side: Side,
    /// Blanks before it.
    pub gap: usize,
    /// How early it is left out where a pane has no room for all: 0 never, of the others the highest first.
    pub yields: u8,
}

impl Column {
    /// A column whose texts stand at its left, a blank behind the one before.
    pub const fn left(key: &'static str, title: &'static str, width: usize) -> Column {
        Column { key, title, width, side: Side::Left, gap: 1, yields: 0 }
    }

    /// A column whose texts stand at its right, a blank behind the one before.
    pub const fn right(key: &'static str, title: &'static str, width: usize) -> Column {
        Column { key, title, width, side: Side::Right, gap: 1, yields: 0 }
    }

    /// The same with so many blanks before it.
    #[must_use]
    pub const fn after(self, gap: usize) -> Column {
        Column { gap, ..self }
    }

    /// The same, left out where there is no room: of several ranks the highest first.
    #[must_use]
    pub const fn yields(self, rank: u8) -> Column {
        Column { yields: rank, ..self }
    }
}

/// What a table shows, and how its rows are laid out.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What a row is: `module`, `frame`, `thread` ...
    pub kind: &'static str,
    /// Its columns.
    pub columns: Vec<Column>,
    /// What stands above the rows.
    pub heading: Vec<Line>,
    /// Blanks before everything.
    pub indent: usize,
}

impl Table {
    /// A table with its titles as the heading and no rows.
    pub fn new(kind: &'static str, columns: &[Column]) -> Table {
        let columns = columns.to_vec();
        let mut titles = Record::new("");
        for (index, column) in columns.iter().enumerate() {
            titles = titles.text(" ".repeat(if index == 0 { 0 } else { column.gap }));
            titles =
                titles.show(in_column(column.title.into(), column, index + 1 == columns.len(), Role::Label));
        }
        Table { kind, columns, heading: titles.lines, indent: 0 }
    }

    /// The same under another heading.
    #[must_use]
    pub fn headed(self, heading: impl Into<Line>) -> Table {
        Table { heading: vec![heading.into()], ..self }
    }

    /// The same, so many columns from the left: said last, after the heading.
    #[must_use]
    pub fn indented(self, indent: usize) -> Table {
        let heading = self.heading.into_iter().map(|line| Line::of(" ".repeat(indent)).append(line));
        Table { heading: heading.collect(), indent, ..self }
    }

    /// The same without a heading.
    #[must_use]
    pub fn bare(self) -> Table {
        Table { heading: Vec::new(), ..self }
    }

    /// The same with a line of `=` under each title.
    #[must_use]
    pub fn ruled(mut self) -> Table {
        let mut line = Line::new();
        for (index, column) in self.columns.iter().enumerate() {
            let gap = if index == 0 { 0 } else { column.gap };
            let width = column.width.max(width::columns(column.title));
            line = line.text(" ".repeat(gap)).label("=".repeat(width));
        }
        self.heading.push(line);
        self
    }

    /// Makes every column as wide as the widest of its texts in these rows, which have a cell for each column.
    #[must_use]
    pub fn fitted(self, rows: &[Vec<Cell>]) -> Table {
        let fit = |(index, column): (usize, &Column)| {
            let widest = rows.iter().filter_map(|row| row.get(index)).map(Cell::columns).max();
            Column { width: widest.unwrap_or(0).max(column.width), ..*column }
        };
        let columns: Vec<Column> = self.columns.iter().enumerate().map(fit).collect();
        Table::new(self.kind, &columns)
    }

    /// Columns of its widest row, where none of its texts is wider than its column.
    pub fn columns_wide(&self) -> usize {
        let gaps = self.columns.iter().skip(1).map(|column| column.gap);
        self.indent + self.columns.iter().map(|column| column.width).chain(gaps).sum::<usize>()
    }

    /// A row: a cell for each column.
    pub fn row(&self, cells: impl IntoIterator<Item = Cell>) -> Record {
        self.row_in_two("", 0, cells)
    }

    /// A row whose columns from one on stand on a second line, behind `indent` blanks.
    pub fn row_in_two(&self, from: &str, indent: usize, cells: impl IntoIterator<Item = Cell>) -> Record {
        let mut row = Record::new(self.kind);
        if self.indent > 0 {
            row = row.text(" ".repeat(self.indent));
        }
        for (index, (cell, column)) in cells.into_iter().zip(&self.columns).enumerate() {
            if column.key == from {
                row = row.line(" ".repeat(indent));
            } else if index > 0 && column.gap > 0 {
                row = row.text(" ".repeat(column.gap));
            }
            let last = index + 1 == self.columns.len() && column.side == Side::Left;
            row = row.cell(column.key, if last { cell } else { placed(cell, column) });
        }
        row
    }
}

/// A cell in its column. The last column of a line gets no blanks behind it.
fn placed(cell: Cell, column: &Column) -> Cell {
    let width = column.width.max(width::columns(column.title));
    match column.side {
        Side::Left => cell.left(width),
        Side::Right => cell.right(width),
    }
}

fn in_column(cell: Cell, column: &Column, is_last: bool, role: Role) -> Cell {
    let cell = cell.role(role);
    if is_last && column.side == Side::Left { cell } else { placed(cell, column) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Field;

    #[test]
    fn texts_stand_in_their_columns() {
        let columns = [
            Column::left("name", "Process", 10),
            Column::right("id", "PID", 5),
            Column::left("why", "Reason", 6).after(2),
        ];
        let table = Table::new("process", &columns).ruled();
        let heading: Vec<String> = table.heading.iter().map(Line::plain).collect();
        assert_eq!(heading, ["Process      PID  Reason", "========== =====  ======"]);
        let row = table.row(["驱动".into(), Cell::new(Field::Hex(0x61c)), "Executive".into()]);
        assert_eq!(row.lines[0].plain(), "驱动         61c  Executive");
        assert_eq!(row.get("id"), Some(&Field::Hex(0x61c)));
        let row = table.row([Field::unreadable("paged out").into(), Field::Null.into(), Field::Null.into()]);
        assert_eq!(row.lines[0].plain(), "????????          ");
        assert_eq!(row.kind, "process");
        let table = table.indented(2);
        assert_eq!(table.heading[1].plain(), "  ========== =====  ======");
        assert_eq!(
            table.row(["a".into(), 1u64.into(), "b".into()]).lines[0].plain(),
            "  a              1  b"
        );
    }
}
