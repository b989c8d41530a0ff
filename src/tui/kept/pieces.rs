//! Keeping what a command says, piece by piece: what stands under what.

use super::{Heading, Kept};
use crate::output::{Block, Branch, Column, Line, Piece, Record};
use crate::tui::columns::Columns;
use crate::tui::wrap::wrap;
use std::ops::Range;

/// A block whose parts are still to come.
#[derive(Debug)]
pub(super) enum Level {
    /// The part that it is; `None` where no line shows its head.
    Branch(Option<usize>),
    /// A table: its last row's lines, and the part that the row became when something was said under it.
    Table { row: Range<usize>, part: Option<usize> },
}

impl Level {
    fn part(&self) -> Option<usize> {
        match self {
            Level::Branch(part) | Level::Table { part, .. } => *part,
        }
    }
}

impl Kept {
    /// Adds what a command says, broken for a width if one is given.
    pub(in crate::tui) fn take(&mut self, pieces: impl IntoIterator<Item = Piece>, width: Option<usize>) {
        for piece in pieces {
            match piece {
                Piece::Block(block) => self.block(block, width),
                Piece::Open(block) => self.begin(block, width),
                Piece::Close => self.close(),
            }
        }
        self.folds.update(self.lines.count());
    }

    /// Adds the line of a command: what follows stands under it until the next one.
    pub(in crate::tui) fn command(&mut self, line: Line, width: Option<usize>) {
        self.close_all();
        let head = self.lines.count();
        self.push(line, width);
        let part = self.folds.open(head, self.lines.count(), None, false);
        self.open.push(Level::Branch(Some(part)));
    }

    /// What was said is complete.
    pub(in crate::tui) fn close_all(&mut self) {
        while !self.open.is_empty() {
            self.close();
        }
        self.folds.update(self.lines.count());
    }

    fn push(&mut self, line: Line, width: Option<usize>) {
        match width {
            Some(width) if line.columns() > width => {
                wrap(&line, width).iter().for_each(|line| self.lines.push(line));
            }
            _ => self.lines.push(&line),
        }
    }

    fn block(&mut self, block: Block, width: Option<usize>) {
        match block {
            Block::Line(line) => {
                self.under_row();
                self.push(line, width);
            }
            Block::Record(record) => {
                let start = self.lines.count();
                if width.is_none() && self.open.is_empty() && !record.yields().is_empty() {
                    self.rows_by_themselves(start, &record);
                }
                if let (None, [outer, inside @ ..], Some(heading)) =
                    (width, self.open.as_slice(), self.headings.last_mut())
                    && matches!(outer, Level::Table { .. })
                    && inside.iter().all(|level| matches!(level, Level::Branch(_)))
                {
                    heading.columns.row(start, &record, !inside.is_empty());
                }
                record.lines.into_iter().for_each(|line| self.push(line, width));
                self.row(start);
            }
            nested => {
                self.begin(nested, width);
                self.close();
            }
        }
    }

    /// A row that stands in no table, and what of it is left out where it has no room: with others like it.
    fn rows_by_themselves(&mut self, start: usize, record: &Record) {
        let goes_on = |last: &&mut Heading| last.is_bare() && last.end.is_none();
        if let Some(rows) = self.headings.last_mut().filter(goes_on) {
            return rows.columns.row(start, record, false);
        }
        let column = |(key, rank): &(&'static str, u8)| Column::left(key, "", 0).yields(*rank);
        let columns = record.yields().iter().map(column).collect();
        let mut columns = Columns::of(record.kind, columns);
        columns.row(start, record, false);
        self.headings.push(Heading { lines: start..start, columns, ..Heading::default() });
    }

    /// Rows that stand in no table end where one begins.
    fn end_rows(&mut self) {
        if let Some(Heading { end: end @ None, .. }) = self.headings.last_mut() {
            *end = Some(self.lines.count());
        }
    }

    fn begin(&mut self, block: Block, width: Option<usize>) {
        match block {
            Block::Table(table, rows) => {
                self.under_row();
                let start = self.lines.count();
                table.heading.into_iter().for_each(|line| self.push(line, width));
                if width.is_none() && self.open.is_empty() {
                    let lines = start..self.lines.count();
                    self.end_rows();
                    // Nobody would be told what is left out of a table without a heading.
                    let columns = if lines.is_empty() { Vec::new() } else { table.columns };
                    self.headings.push(Heading {
                        lines,
                        columns: Columns::of(table.kind, columns),
                        ..Heading::default()
                    });
                }
                self.open.push(Level::Table { row: 0..0, part: None });
                rows.into_iter().for_each(|block| self.block(block, width));
            }
            Block::Section(Branch { head, folded, blocks })
            | Block::Tree(Branch { head, folded, blocks }) => {
                let start = self.lines.count();
                self.row(start);
                head.lines.into_iter().for_each(|line| self.push(line, width));
                let body = self.lines.count();
                let part = (body > start).then(|| self.folds.open(start, body, self.part(), folded));
                self.open.push(Level::Branch(part));
                blocks.into_iter().for_each(|block| self.block(block, width));
            }
            // Neither has anything inside; nevertheless it is going to be closed.
            single => {
                self.block(single, width);
                self.open.push(Level::Branch(None));
            }
        }
    }

    fn close(&mut self) {
        let Some(level) = self.open.pop() else { return };
        if let Some(part) = level.part() {
            self.folds.close(part, self.lines.count());
        }
        if let (Level::Table { .. }, true) = (level, self.open.is_empty())
            && let Some(Heading { end: end @ None, .. }) = self.headings.last_mut()
        {
            *end = Some(self.lines.count());
        }
    }

    /// The innermost part that is open.
    fn part(&self) -> Option<usize> {
        self.open.iter().rev().find_map(Level::part)
    }

    /// The lines from `start` on are the next row, if a table is open.
    fn row(&mut self, start: usize) {
        let end = self.lines.count();
        if let Some(Level::Table { row, part }) = self.open.last_mut() {
            if let Some(part) = part.take() {
                self.folds.close(part, start);
            }
            *row = start..end;
        }
    }

    /// What comes next belongs to the last row, if there is one.
    fn under_row(&mut self) {
        let outer = self.part();
        if let Some(Level::Table { row, part: part @ None }) = self.open.last_mut()
            && row.start < row.end
        {
            *part = Some(self.folds.open(row.start, row.end, outer, false));
        }
    }
}
