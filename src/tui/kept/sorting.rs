//! The rows of a table in the order of one of its columns.

use super::Kept;
use crate::output::{Column, Side};
use crate::tui::lines::KeptLine;
use crate::util::order::Order;
use crate::util::width;
use std::cmp::Ordering;
use std::ops::Range;

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

    /// Puts the rows of a table into the order of a column, each with what is said under it, folded or not; gives for each line
    /// the one that stood there before. `None` where something folds that stands under no row.
    pub(in crate::tui) fn sort(
        &mut self,
        table: usize,
        column: usize,
        descending: bool,
    ) -> Option<Vec<usize>> {
        let heading = self.headings.get(table)?;
        let side = heading.columns.all().get(column)?.side;
        let mut rows = heading.columns.cells(column, &self.lines);
        let (first, end) = (rows.first()?.0, heading.end.unwrap_or(self.lines.count()));
        let ends: Vec<usize> = rows.iter().skip(1).map(|(line, _)| *line).chain([end]).collect();
        let behind = |line: usize| ends.get(ends.partition_point(|end| *end <= line)).copied().unwrap_or(end);
        if !self.folds_under(&rows, first..end, behind) {
            return None;
        }
        rows.order_by(|(_, one), (_, other)| compare(one, other, side, descending));
        let sorted = rows.iter().flat_map(|(line, _)| *line..behind(*line));
        let order: Vec<usize> = (0..first).chain(sorted).chain(end..self.lines.count()).collect();
        let mut places = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            *places.get_mut(*old)? = new;
        }
        // All of them unpacked at once: they are not asked for in their order.
        let lines: Vec<KeptLine> = self.lines.iter().collect();
        self.lines = order.iter().filter_map(|old| lines.get(*old).map(KeptLine::line)).collect();
        let place = |line: usize| places.get(line).copied().unwrap_or(line);
        self.folds = self.folds.reordered(first..end, place);
        self.folds.update(self.lines.count());
        // Only the first one that has a column is sorted by it.
        self.headings.iter_mut().for_each(|heading| heading.order = None);
        let heading = self.headings.get_mut(table)?;
        heading.columns.reorder(place);
        heading.order = heading.columns.all().get(column).map(|column| (column.title, descending));
        Some(order)
    }

    /// Whether all that folds in some lines belongs to one row: the row is its head, or what it stands in.
    fn folds_under(
        &self,
        rows: &[(usize, String)],
        lines: Range<usize>,
        behind: impl Fn(usize) -> usize,
    ) -> bool {
        let inside = (0..self.folds.count()).filter(|part| lines.contains(&self.folds.head(*part)));
        inside.into_iter().all(|part| {
            let part = self.folds.lines(part, self.lines.count());
            let outer = self.folds.part_of(part.start).and_then(|part| self.folds.outer(part));
            let inner = outer.is_some_and(|outer| lines.contains(&self.folds.head(outer)));
            let row = rows.iter().rev().map(|(line, _)| *line).find(|line| *line <= part.start);
            row.is_some_and(|row| part.end <= behind(row) && (row == part.start || inner))
        })
    }

    /// Where the mark of the order belongs in a line of a table's heading, behind the title of its column: the column of the
    /// screen, and whether the last comes first.
    pub(in crate::tui) fn order_mark(&self, line: usize) -> Option<(usize, bool)> {
        let heading = self.headings.iter().find(|heading| heading.lines.contains(&line))?;
        let (title, descending) = heading.order?;
        let behind = |line: usize| {
            let kept = self.lines.get(line)?;
            let text = kept.text();
            let is_whole = |at: &usize| {
                let (before, after) = (text.get(..*at), text.get(at + title.len()..));
                before.is_some_and(|text| text.is_empty() || text.ends_with(' '))
                    && after.is_some_and(|text| text.is_empty() || text.starts_with(' '))
            };
            let at = text.match_indices(title).map(|(at, _)| at).find(is_whole)?;
            text.get(..at + title.len()).map(width::columns)
        };
        let first = heading.lines.clone().find(|line| behind(*line).is_some())?;
        (first == line).then(|| behind(line)).flatten().map(|column| (column, descending))
    }
}

/// Digits of the shortest address.
const ADDRESS: usize = 8;

/// What is not known stands behind all else, in both directions.
fn compare(one: &str, other: &str, side: Side, descending: bool) -> Ordering {
    let unknown = |text: &str| text.chars().all(|c| matches!(c, '?' | '`' | '-' | ' '));
    match (unknown(one), unknown(other)) {
        (false, false) => {}
        (one, other) => return one.cmp(&other),
    }
    // Numbers stand at the right, addresses of one width at the left.
    let is_address = one.len() >= ADDRESS && one.len() == other.len();
    let number = |text: &str| {
        (side == Side::Right || is_address) && text.chars().all(|c| c.is_ascii_hexdigit() || c == '`')
    };
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
    use crate::output::{Block, Branch, Line, Record, Table};

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

    fn texts(kept: &Kept) -> Vec<String> {
        let first = |line: KeptLine| line.text().split(' ').next().unwrap_or_default().to_owned();
        kept.lines().iter().map(first).collect()
    }

    /// What is said under a row goes with it, and is folded or not as it was.
    #[test]
    fn rows_take_what_is_under_them_along() {
        let mut kept = table();
        let part = kept.folds().headed(2).expect("a row with something under it");
        kept.fold(part, true);
        assert_eq!(kept.sort(0, 0, false), Some(vec![0, 1, 5, 4, 2, 3, 6]));
        let sight = |kept: &Kept| {
            kept.rows_from(0).map(|(_, line)| line.text().trim_end().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(sight(&kept)[2..], ["a            ?", "B9          34", "b10        1e0", "end"]);
        assert_eq!(kept.folds().hidden_under(4), 1);
        kept.fold_all(false);
        assert_eq!(sight(&kept)[4..], ["b10        1e0", "  under b10", "end"]);
        kept.sort(0, 0, true).expect("sorted");
        assert_eq!(
            sight(&kept)[2..],
            ["b10        1e0", "  under b10", "B9          34", "a            ?", "end"]
        );
    }

    /// Addresses are numbers, whatever letters are among their digits.
    #[test]
    fn addresses_stand_in_their_order() {
        let mut texts = ["fffff8c6`936e0000", "fffff804`a0040000", "fffff8c6`92400000", "00000000`77000000"];
        texts.sort_by(|one, other| compare(one, other, Side::Left, false));
        assert_eq!(
            texts,
            ["00000000`77000000", "fffff804`a0040000", "fffff8c6`92400000", "fffff8c6`936e0000"]
        );
        assert_eq!(compare("b10", "b9", Side::Left, false), Ordering::Greater);
    }

    /// A part of a table that is no row has no place in an order of rows.
    #[test]
    fn what_folds_by_itself_stays() {
        let columns = [Column::left("name", "Name", 8)];
        let table = Table::new("thing", &columns);
        let row = |name: &str| Block::from(table.row([name.into()]));
        let head = Record::new("part").text("a branch");
        let branch = Branch { blocks: vec![Line::of("  in it").into()], ..Branch::new(head) };
        let mut kept = Kept::default();
        let rows = vec![row("b"), Block::Section(branch), row("a")];
        kept.take([Block::Table(table, rows).into()], None);
        assert_eq!(kept.sort(0, 0, false), None);
    }

    #[test]
    fn the_order_is_marked_behind_its_title() {
        let mut kept = table();
        assert_eq!(kept.order_mark(1), None);
        kept.sort(0, 1, true).expect("sorted");
        // Eight columns, a blank, and five that end with the title.
        assert_eq!((kept.order_mark(1), kept.order_mark(2)), (Some((14, true)), None));
        kept.sort(0, 0, false).expect("sorted");
        assert_eq!(kept.order_mark(1), Some((4, false)));
        assert_eq!(kept.broken(10).0.order_mark(1), Some((4, false)));
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
        assert_eq!(kept.lines().text(2), "b10        1e0");
        assert_eq!(texts(&kept)[5], "a");
        assert_eq!(kept.sort(0, 7, true), None);
    }
}
