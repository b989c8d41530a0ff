//! Lines as a pane and the console keep them: packed, with what can be folded among them.

mod pieces;
mod sorting;
#[cfg(test)]
mod tests;

use super::columns::Columns;
use super::folds::Folds;
use super::lines::{KeptLine, Lines};
use super::numbers::Numbers;
use super::search::Pattern;
use super::wrap::wrap;
use crate::output::{Line, Role};
use pieces::Level;
use std::collections::BTreeMap;
use std::ops::Range;

/// Lines, and which of them stand under which. The head of a section or of a tree's node stands for what is under it, a
/// table's row for what is said between it and the next row, a command for its output.
#[derive(Debug, Default)]
pub(super) struct Kept {
    lines: Lines,
    folds: Folds,
    /// The blocks that are not complete yet, outermost first.
    open: Vec<Level>,
    /// The headings of tables that stand in no other block, in order, and where the tables end. Lines that are broken as they
    /// come, for the console, have none.
    headings: Vec<Heading>,
}

/// The heading of a table.
#[derive(Debug, Default)]
struct Heading {
    lines: Range<usize>,
    /// Where the table ends.
    end: Option<usize>,
    /// Its columns, to leave some out.
    columns: Columns,
    /// How many of them were left out.
    left_out: usize,
    /// The title of the column in whose order the rows stand, and whether the last comes first.
    order: Option<(&'static str, bool)>,
}

/// Columns of what tells, at the end of a table's first line, how many of its columns are left out.
const LEFT_OUT: usize = 3;

impl Heading {
    /// Whether nothing stands over the rows.
    fn is_bare(&self) -> bool {
        self.lines.is_empty()
    }
}

impl Kept {
    /// All lines, those out of sight included.
    pub(super) fn lines(&self) -> &Lines {
        &self.lines
    }

    /// A line.
    pub(super) fn line(&self, number: usize) -> Option<KeptLine> {
        self.lines.get(number)
    }

    /// How many lines there are.
    pub(super) fn count(&self) -> usize {
        self.lines.count()
    }

    /// How many are in sight.
    pub(super) fn rows(&self) -> usize {
        self.folds.rows(self.lines.count())
    }

    /// Which are in sight.
    pub(super) fn folds(&self) -> &Folds {
        &self.folds
    }

    /// The lines in sight from a row on, with their numbers.
    pub(super) fn rows_from(&self, row: usize) -> impl DoubleEndedIterator<Item = (usize, KeptLine)> {
        self.in_rows(row..self.rows())
    }

    /// The lines in some rows, with their numbers.
    pub(super) fn in_rows(&self, rows: Range<usize>) -> impl DoubleEndedIterator<Item = (usize, KeptLine)> {
        rows.filter_map(|row| {
            let number = self.folds.line_at(row);
            Some((number, self.lines.get(number)?))
        })
    }

    /// The next (`forward`) or previous line in sight with something to follow.
    pub(super) fn link_in_sight(&self, line: usize, forward: bool) -> Option<usize> {
        let next = |line: usize| match forward {
            true => self.lines.link_from(line + 1),
            false => self.lines.link_before(line),
        };
        std::iter::successors(next(line), |line| next(*line)).find(|line| self.folds.shown(*line) == *line)
    }

    /// The lines of the heading that stays in sight over rows of its table, of which `line` is the first one shown.
    pub(super) fn heading_over(&self, line: usize) -> Range<usize> {
        let found = self.headings.partition_point(|heading| heading.lines.end <= line).checked_sub(1);
        match found.and_then(|found| self.headings.get(found)) {
            Some(heading) if heading.end.is_none_or(|end| line < end) => heading.lines.clone(),
            _ => 0..0,
        }
    }

    /// How many columns of the table that begins with a line are left out.
    pub(super) fn left_out(&self, line: usize) -> usize {
        let found = self.headings.partition_point(|heading| heading.lines.start < line);
        self.headings.get(found).filter(|heading| heading.lines.start == line).map_or(0, |it| it.left_out)
    }

    /// Puts a line before all others.
    pub(super) fn prepend(&mut self, line: Line) {
        self.close_all();
        self.drop_first(0, Some(line));
    }

    /// Puts `instead` in the place of the first `gone` lines.
    pub(super) fn drop_first(&mut self, gone: usize, instead: Option<Line>) {
        let added = usize::from(instead.is_some());
        let removed = self.folds.drop_first(gone, added);
        self.lines.replace_first(gone, instead);
        let here = |line: usize| (line + added).saturating_sub(gone);
        for level in &mut self.open {
            match level {
                Level::Branch(part) => *part = part.and_then(|part| part.checked_sub(removed)),
                Level::Table { row, part } => {
                    *part = part.and_then(|part| part.checked_sub(removed));
                    *row = if row.start < gone { 0..0 } else { here(row.start)..here(row.end) };
                }
            }
        }
        self.headings.retain(|heading| heading.lines.start >= gone);
        for heading in &mut self.headings {
            heading.lines = here(heading.lines.start)..here(heading.lines.end);
            heading.end = heading.end.map(here);
            heading.columns.renumber(|line| (line >= gone).then(|| here(line)));
        }
        self.folds.update(self.lines.count());
    }

    /// Leaves only some lines in sight, or what is not folded.
    pub(super) fn show_only(&mut self, only: Option<Numbers>) {
        self.folds.show_only(only);
    }

    /// Leaves more lines in sight: those of others from a place on.
    pub(super) fn show_also(&mut self, others: &Numbers, place: usize) {
        self.folds.only_mut().into_iter().for_each(|only| only.extend_from(others, place));
    }

    /// Folds or unfolds a part.
    pub(super) fn fold(&mut self, part: usize, folded: bool) {
        self.folds.set(part, folded);
        self.folds.update(self.lines.count());
    }

    /// Folds or unfolds everything.
    pub(super) fn fold_all(&mut self, folded: bool) {
        self.folds.set_all(folded);
        self.folds.update(self.lines.count());
    }

    /// Folds what is folded in another version of the same.
    pub(super) fn fold_like(&mut self, other: &Kept) {
        self.folds.fold_like(&other.folds);
        self.folds.update(self.lines.count());
    }

    /// Brings a line into sight.
    pub(super) fn reveal(&mut self, line: usize) {
        let mut part = self.folds.part_of(line);
        // Of a head nothing has to be unfolded but what it stands in.
        if self.folds.headed(line).is_some() {
            part = part.and_then(|part| self.folds.outer(part));
        }
        while let Some(around) = part {
            self.folds.set(around, false);
            part = self.folds.outer(around);
        }
        self.folds.update(self.lines.count());
    }

    /// The same, with columns left out of the tables that are wider than `width`; `None` where there are none.
    pub(super) fn narrowed(&self, width: usize) -> Option<Kept> {
        let mut narrowed: Option<Kept> = None;
        let mut changed = BTreeMap::new();
        for (number, heading) in self.headings.iter().enumerate() {
            let lines: Vec<KeptLine> = self.lines.range(heading.lines.clone()).collect();
            let columns = &heading.columns;
            let Some(mut rank) = columns.rank(&lines, &self.lines, width) else { continue };
            if heading.is_bare() {
                rank = columns.rank(&lines, &self.lines, width.saturating_sub(LEFT_OUT)).unwrap_or(rank);
            }
            let kept = narrowed.get_or_insert_with(|| self.without_lines());
            // Some tables say their heading again behind the last row.
            let behind = heading.end.map_or(0..0, |end| end..end + lines.len());
            for at in heading.lines.clone().chain(behind) {
                if let Some(line) = self.lines.get(at).filter(|line| lines.contains(line)) {
                    changed.insert(at, columns.heading_without(rank, &line));
                }
            }
            changed.extend(columns.rows_without(rank, &self.lines));
            if let Some(heading) = kept.headings.get_mut(number) {
                heading.left_out = columns.left_out(rank);
            }
        }
        narrowed.map(|narrowed| Kept { lines: self.lines.with(changed), ..narrowed })
    }

    /// The lines that hold something and the headings of tables, all in sight, with the numbers that they have here; and how
    /// many of them are rows, of how many.
    pub(super) fn holding(&self, pattern: &Pattern) -> (Kept, Vec<usize>, (usize, usize)) {
        let of_heading: usize = self.headings.iter().map(|heading| heading.lines.len()).sum();
        let is_heading = |number: &usize| {
            let before = self.headings.partition_point(|heading| heading.lines.end <= *number);
            self.headings.get(before).is_some_and(|heading| heading.lines.contains(number))
        };
        let holds = |(number, line): &(usize, KeptLine)| is_heading(number) || pattern.is_in(line.text());
        let held = self.lines.iter().enumerate().filter(holds);
        let (numbers, lines): (Vec<usize>, Vec<Line>) =
            held.map(|(number, line)| (number, line.line())).unzip();
        let lines = lines.into_iter().collect();
        let here = |line: usize| numbers.partition_point(|number| *number < line);
        let headings = self.headings.iter().map(|heading| {
            let mut columns = heading.columns.clone();
            columns.renumber(|line| numbers.binary_search(&line).ok());
            let lines = here(heading.lines.start)..here(heading.lines.end);
            Heading { lines, end: heading.end.map(here), columns, left_out: 0, order: heading.order }
        });
        let rows = (numbers.len() - of_heading, self.lines.count() - of_heading);
        let headings = headings.collect();
        (Kept { lines, folds: Folds::default(), open: Vec::new(), headings }, numbers, rows)
    }

    /// What folds and where the tables are, without lines and without the tables' columns.
    fn without_lines(&self) -> Kept {
        let heading = |it: &Heading| Heading {
            lines: it.lines.clone(),
            end: it.end,
            order: it.order,
            ..Heading::default()
        };
        let headings = self.headings.iter().map(heading).collect();
        Kept { lines: Lines::default(), folds: self.folds.clone(), open: Vec::new(), headings }
    }

    /// The same, its lines broken for a width, and where each begins there.
    pub(super) fn broken(&self, width: usize) -> (Kept, Vec<usize>) {
        self.broken_where(width, |_| true)
    }

    /// The same with all long lines broken, where no heading stands over some, and either `height` rows hold all that comes of
    /// it or rows stand among what is said of them; `None` where that is not so, or nothing is long.
    pub(super) fn broken_in_sight(&self, width: usize, height: usize) -> Option<(Kept, Vec<usize>)> {
        let are_rows = !self.headings.is_empty();
        let may = self.headings.iter().all(Heading::is_bare) && (are_rows || self.lines.count() <= height);
        let is_long = |line: KeptLine| line.columns() > width;
        let broken = (may && self.lines.iter().any(is_long)).then(|| self.broken(width));
        broken.filter(|(kept, _)| are_rows || kept.count() <= height)
    }

    /// The same with only the remarks broken, of which the end would be out of sight; `None` where all have room.
    pub(super) fn with_remarks_broken(&self, width: usize) -> Option<(Kept, Vec<usize>)> {
        let is_long = |line: &KeptLine| line.columns() > width && is_remark(line);
        self.lines.iter().any(|line| is_long(&line)).then(|| self.broken_where(width, is_long))
    }

    fn broken_where(&self, width: usize, breaks: impl Fn(&KeptLine) -> bool) -> (Kept, Vec<usize>) {
        let mut lines = Lines::default();
        let mut places = Vec::with_capacity(self.lines.count() + 1);
        for line in self.lines.iter() {
            places.push(lines.count());
            match breaks(&line) {
                true => wrap(&line.line(), width).iter().for_each(|line| lines.push(line)),
                false => lines.push(&line.line()),
            }
        }
        let end = lines.count();
        let place = |line: usize| places.get(line).copied().unwrap_or(end);
        let mut folds = self.folds.moved(place);
        folds.update(end);
        let moved = |heading: &Heading| Heading {
            lines: place(heading.lines.start)..place(heading.lines.end),
            end: heading.end.map(place),
            left_out: heading.left_out,
            order: heading.order,
            ..Heading::default()
        };
        let headings = self.headings.iter().map(moved).collect();
        (Kept { lines, folds, open: Vec::new(), headings }, places)
    }
}

/// Whether a line is prose among rows: a reason, a warning, a hint.
fn is_remark(line: &KeptLine) -> bool {
    if line.has_link() {
        return false;
    }
    let line = line.line();
    let mut said = line.spans().iter().filter(|span| !span.text().trim().is_empty());
    let remarks = |role| matches!(role, Role::Warning | Role::Error | Role::Dim);
    said.next().is_some_and(|span| remarks(span.role)) && said.next().is_none()
}

impl FromIterator<Line> for Kept {
    fn from_iter<I: IntoIterator<Item = Line>>(lines: I) -> Kept {
        Kept { lines: lines.into_iter().collect(), ..Kept::default() }
    }
}
