//! Tables that are wider than their pane: which of their columns are left out.

use super::lines::{KeptLine, Lines};
use crate::output::{Column, Line, Record, Span};
use crate::util::width::{clip, columns};
use std::ops::Range;

/// The columns of a table with where each begins in its rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    /// What a row is.
    kind: &'static str,
    columns: Vec<Column>,
    /// The line of each row, and where its cells begin, in order.
    rows: Vec<(usize, Box<[Start]>)>,
}

/// Where a cell begins.
#[derive(Debug, Clone, Copy)]
struct Start {
    /// The number of its column, where it stands in one.
    column: Option<u16>,
    byte: u32,
}

impl Columns {
    /// Those of a table.
    pub(super) fn of(kind: &'static str, columns: Vec<Column>) -> Columns {
        Columns { kind, columns, rows: Vec::new() }
    }

    /// The next row, which `line` is going to show. What stands in a part that folds (`folds`) is a row only if it is what the
    /// table's rows are.
    pub(super) fn row(&mut self, line: usize, record: &Record, folds: bool) {
        if self.columns.is_empty() || (folds && record.kind != self.kind) {
            return;
        }
        let start = |(key, byte): (&str, u32)| {
            let column = self.columns.iter().position(|column| column.key == key);
            Start { column: column.and_then(|column| u16::try_from(column).ok()), byte }
        };
        let starts: Box<[Start]> = record.starts().map(start).collect();
        // What is said between the rows has none of their columns.
        if starts.iter().any(|start| start.column.is_some()) {
            self.rows.push((line, starts));
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Column] {
        &self.columns
    }

    /// What each row has in a column, with the number of its line; empty where it has no such cell.
    pub(super) fn cells(&self, column: usize, lines: &Lines) -> Vec<(usize, String)> {
        let is_it = |start: &Start| start.column.map(usize::from) == Some(column);
        let cell = |(line, starts): &(usize, Box<[Start]>)| {
            let kept = lines.get(*line);
            let text = kept.as_ref().map_or("", KeptLine::text);
            let byte = |at: usize| starts.get(at).and_then(|start| usize::try_from(start.byte).ok());
            // The words that introduce a fact begin in its column too.
            let is_last =
                |at: &usize| starts.get(*at).is_some_and(is_it) && !starts.get(at + 1).is_some_and(is_it);
            let cell = (0..starts.len())
                .find(is_last)
                .and_then(|at| text.get(byte(at)?..byte(at + 1).unwrap_or(text.len()).min(text.len())));
            (*line, cell.unwrap_or_default().trim().to_owned())
        };
        self.rows.iter().map(cell).collect()
    }

    /// Rows stand in other lines now, in order.
    pub(super) fn reorder(&mut self, number: impl Fn(usize) -> usize) {
        self.rows.iter_mut().for_each(|(line, _)| *line = number(*line));
        self.rows.sort_unstable_by_key(|(line, _)| *line);
    }

    /// Lines have other numbers now; those of `None` are gone.
    pub(super) fn renumber(&mut self, number: impl Fn(usize) -> Option<usize>) {
        self.rows.retain_mut(|(line, _)| {
            let new = number(*line);
            *line = new.unwrap_or_default();
            new.is_some()
        });
    }

    /// From which rank on columns have to be left out so that no line is wider than `width`, as far as that can be
    /// reached; `None` where all have room. `heading` is what stands over the rows.
    pub(super) fn rank(&self, heading: &[KeptLine], lines: &Lines, width: usize) -> Option<u8> {
        let mut ranks: Vec<u8> =
            self.columns.iter().map(|column| column.yields).filter(|rank| *rank > 0).collect();
        ranks.sort_unstable();
        ranks.dedup();
        let mut out = None;
        let titles = heading.iter().map(|line| (line.clone(), self.titles(line.text())));
        let rows = self.rows.iter().filter_map(|(line, starts)| Some((lines.get(*line)?, starts.clone())));
        for (line, starts) in titles.chain(rows) {
            while !fits(line.text(), &self.gone(&starts, out, line.text().len()), width) {
                let Some(next) = ranks.pop() else { return out };
                out = Some(next);
            }
        }
        out
    }

    /// How many columns with a title are gone where columns are left out from a rank on.
    pub(super) fn left_out(&self, rank: u8) -> usize {
        let titled = |column: &&Column| column.yields >= rank && !column.title.is_empty();
        self.columns.iter().filter(titled).count().max(1)
    }

    /// The rows without the columns from a rank on, with the numbers of their lines.
    pub(super) fn rows_without<'l>(
        &'l self,
        rank: u8,
        lines: &'l Lines,
    ) -> impl Iterator<Item = (usize, Line)> + 'l {
        self.rows.iter().filter_map(move |(number, starts)| {
            let line = lines.get(*number)?;
            Some((*number, without(&line.line(), &self.gone(starts, Some(rank), line.text().len()))))
        })
    }

    /// A line of the heading without the columns from a rank on.
    pub(super) fn heading_without(&self, rank: u8, line: &KeptLine) -> Line {
        without(&line.line(), &self.gone(&self.titles(line.text()), Some(rank), line.text().len()))
    }

    /// Where the columns begin in a line of the heading: where a row of texts that fit has them.
    fn titles(&self, text: &str) -> Box<[Start]> {
        let mut end = 0;
        let place = |(number, column): (usize, &Column)| {
            let start = if number == 0 { 0 } else { end + column.gap };
            end = start + column.width.max(columns(column.title));
            let byte = u32::try_from(clip(text, start).len()).unwrap_or(u32::MAX);
            Start { column: u16::try_from(number).ok(), byte }
        };
        self.columns.iter().enumerate().map(place).collect()
    }

    /// The bytes of the cells that are left out, each with the blanks behind it.
    fn gone(&self, starts: &[Start], rank: Option<u8>, end: usize) -> Vec<Range<usize>> {
        let Some(rank) = rank else { return Vec::new() };
        let yields = |start: &Start| {
            let column = start.column.and_then(|column| self.columns.get(usize::from(column)));
            column.is_some_and(|column| column.yields >= rank)
        };
        let byte = |start: &Start| usize::try_from(start.byte).unwrap_or(usize::MAX).min(end);
        let ends = starts.iter().skip(1).map(byte).chain([end]);
        let cells = starts.iter().zip(ends).filter(|(start, _)| yields(start));
        cells.map(|(start, end)| byte(start)..end.max(byte(start))).collect()
    }
}

/// Whether a text without some of its bytes has room; blanks at its end take none.
fn fits(text: &str, gone: &[Range<usize>], width: usize) -> bool {
    let mut rest = String::with_capacity(text.len());
    for part in kept(0..text.len(), gone) {
        rest.push_str(text.get(part).unwrap_or_default());
    }
    columns(rest.trim_end()) <= width
}

/// A line without some of its bytes, and without the blanks that then stand at its end: nothing is cut there.
fn without(line: &Line, gone: &[Range<usize>]) -> Line {
    let (mut rest, mut start) = (Vec::new(), 0);
    for span in line.spans() {
        let end = start + span.text().len();
        for part in kept(start..end, gone) {
            let text = span.text().get(part.start - start..part.end - start).unwrap_or_default();
            let mut part = Span::new(span.role, text);
            part.action.clone_from(&span.action);
            rest.push(part);
        }
        start = end;
    }
    while rest.last().is_some_and(|last: &Span| last.text().trim_end().is_empty()) {
        rest.pop();
    }
    if let Some(last) = rest.last_mut() {
        let mut trimmed = Span::new(last.role, last.text().trim_end());
        trimmed.action = last.action.take();
        *last = trimmed;
    }
    rest.into_iter().fold(Line::new(), Line::span)
}

/// The parts of some bytes that are in none of others, which are in order.
fn kept(bytes: Range<usize>, gone: &[Range<usize>]) -> Vec<Range<usize>> {
    let (mut parts, mut from) = (Vec::new(), bytes.start);
    for gone in gone.iter().filter(|gone| gone.start < bytes.end && gone.end > bytes.start) {
        if from < gone.start {
            parts.push(from..gone.start);
        }
        from = from.max(gone.end);
    }
    if from < bytes.end {
        parts.push(from..bytes.end);
    }
    parts
}
