//! The rows of a table in the order of one of its columns.

use super::Kept;
use crate::output::{Column, Packed, Side};
use crate::util::order::Order;
use std::cmp::Ordering;

impl Kept {
    /// The table that a line stands in, or else the first one, by its number.
    pub(in crate::tui) fn table_at(&self, line: usize) -> Option<usize> {
        let holds = |heading: &super::Heading| {
            heading.lines.start <= line && heading.end.is_none_or(|end| line < end)
        };
        self.headings.iter().position(holds).or((!self.headings.is_empty()).then_some(0))
    }

    /// How many tables there are.
    pub(in crate::tui) fn tables(&self) -> usize {
        self.headings.len()
    }

    /// The columns of a table.
    pub(in crate::tui) fn columns_of(&self, table: usize) -> &[Column] {
        self.headings.get(table).map_or(&[], |heading| heading.columns.all())
    }

    /// Puts the rows of a table into the order of a column, each with what is said under it; gives for each line the one that
    /// stood there before. `None` where parts of the table fold, which stay together.
    pub(in crate::tui) fn sort(
        &mut self,
        table: usize,
        column: usize,
        descending: bool,
    ) -> Option<Vec<usize>> {
        let heading = self.headings.get(table)?;
        let side = heading.columns.all().get(column)?.side;
        let mut rows = heading.columns.cells(column, &self.lines);
        let (first, end) = (rows.first()?.0, heading.end.unwrap_or(self.lines.len()));
        if (first..end).any(|line| self.folds.part_of(line).is_some()) {
            return None;
        }
        let ends: Vec<usize> = rows.iter().skip(1).map(|(line, _)| *line).chain([end]).collect();
        let behind = |line: usize| ends.get(ends.partition_point(|end| *end <= line)).copied().unwrap_or(end);
        rows.order_by(|(_, one), (_, other)| compare(one, other, side, descending));
        let sorted = rows.iter().flat_map(|(line, _)| *line..behind(*line));
        let order: Vec<usize> = (0..first).chain(sorted).chain(end..self.lines.len()).collect();
        let mut places = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            *places.get_mut(*old)? = new;
        }
        let lines: Option<Vec<Packed>> = order.iter().map(|old| self.lines.get(*old).cloned()).collect();
        self.lines = lines?;
        let columns = &mut self.headings.get_mut(table)?.columns;
        columns.reorder(|line| places.get(line).copied().unwrap_or(line));
        Some(order)
    }
}

/// What is not known stands behind all else, in both directions.
fn compare(one: &str, other: &str, side: Side, descending: bool) -> Ordering {
    let unknown = |text: &str| text.chars().all(|c| matches!(c, '?' | '`' | '-' | ' '));
    match (unknown(one), unknown(other)) {
        (false, false) => {}
        (one, other) => return one.cmp(&other),
    }
    let number = |text: &str| side == Side::Right && text.chars().all(|c| c.is_ascii_hexdigit() || c == '`');
    let ordering = match number(one) && number(other) {
        true => magnitude(one).cmp(&magnitude(other)),
        false => natural(one, other),
    };
    if descending { ordering.reverse() } else { ordering }
}

/// Digits of the same base compare by how many there are, then by what they are.
fn magnitude(digits: &str) -> (usize, String) {
    let digits = digits.trim_start_matches('0').to_ascii_lowercase();
    (digits.len(), digits)
}

/// Texts in the order of their letters, whatever their case, and of the decimal numbers in them.
fn natural(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        let ((a, rest_a), (b, rest_b)) = (part(one), part(other));
        if a.is_empty() || b.is_empty() {
            return a.len().cmp(&b.len());
        }
        let digits = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        let ordering = match digits(a) && digits(b) {
            true => magnitude(a).cmp(&magnitude(b)),
            false => a.to_lowercase().cmp(&b.to_lowercase()),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
        (one, other) = (rest_a, rest_b);
    }
}

/// The digits, or the other characters, that a text begins with, and what follows.
fn part(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    text.split_at(text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Block, Line, Table};

    fn table() -> Kept {
        let columns = [Column::left("name", "Name", 8), Column::right("id", "Id", 5)];
        let table = Table::new("thing", &columns);
        let row = |name: &str, id: &str| Block::from(table.row([name.into(), id.into()]));
        let rows = vec![row("b10", "1e0"), Line::of("  under b10").into(), row("B9", "34"), row("a", "?")];
        let mut kept = Kept::default();
        kept.take(
            [Line::of("before").into(), Block::Table(table.clone(), rows).into(), Line::of("end").into()],
            None,
        );
        kept
    }

    fn texts(kept: &Kept) -> Vec<&str> {
        kept.lines().iter().map(|line| line.text().split(' ').next().unwrap_or_default()).collect()
    }

    /// What is said under a row folds with it; a table of rows alone does not.
    #[test]
    fn rows_that_fold_stay() {
        let mut kept = table();
        assert_eq!(kept.sort(0, 0, false), None);
    }

    #[test]
    fn rows_stand_in_the_order_of_a_column() {
        let columns = [Column::left("name", "Name", 8), Column::right("id", "Id", 5)];
        let table = Table::new("thing", &columns);
        let rows = [("b10", "1e0"), ("B9", "34"), ("a", "?"), ("b10", "35")];
        let rows = rows.map(|(name, id)| table.row([name.into(), id.into()]).into()).into();
        let mut kept = Kept::default();
        kept.take(
            [Line::of("before").into(), Block::Table(table, rows).into(), Line::of("end").into()],
            None,
        );
        assert_eq!(kept.table_at(4), Some(0));
        assert_eq!(kept.sort(0, 0, false), Some(vec![0, 1, 4, 3, 2, 5, 6]));
        assert_eq!(texts(&kept), ["before", "Name", "a", "B9", "b10", "b10", "end"]);
        // Hexadecimal numbers by their size, and what is not known last, both ways.
        kept.sort(0, 1, false).expect("sorted");
        assert_eq!(texts(&kept)[2..6], ["B9", "b10", "b10", "a"]);
        kept.sort(0, 1, true).expect("sorted");
        assert_eq!(kept.lines()[2].text(), "b10        1e0");
        assert_eq!(texts(&kept)[5], "a");
        assert_eq!(kept.sort(0, 7, true), None);
    }
}
