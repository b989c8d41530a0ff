//! The rows of a page that hold a text.

use super::Page;
use crate::tui::kept::Kept;
use crate::tui::search::Pattern;

/// The lines that a filter keeps.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) kept: Kept,
    /// The number that each has among all.
    pub(super) numbers: Vec<usize>,
    /// How many of them are rows, and of how many: headings stay without being asked.
    pub(super) rows: (usize, usize),
}

impl Page {
    /// What rows have to hold to be shown.
    pub(in crate::tui) fn filter(&self) -> Option<&Pattern> {
        self.filter.as_ref().map(|(pattern, _)| pattern)
    }

    /// How many rows a filter keeps, of how many.
    pub(in crate::tui) fn filtered(&self) -> Option<(usize, usize)> {
        self.filter.as_ref().map(|(_, chosen)| chosen.rows)
    }

    /// Keeps the rows that hold something, or all. The cursor stays at its row, or goes to the next that is kept. What stands
    /// nowhere as it was typed may be a regular expression.
    pub(in crate::tui) fn set_filter(&mut self, filter: Option<Pattern>) {
        let line = self.origin(self.view.cursor);
        let held = |pattern: Pattern| {
            let (kept, numbers, rows) = self.lines.holding(&pattern);
            (pattern, Chosen { kept, numbers, rows })
        };
        let holds = |(_, chosen): &(Pattern, Chosen)| chosen.rows.0 > 0;
        self.filter = filter.map(|pattern| {
            let expression = pattern.as_expression();
            let plain = held(pattern);
            match expression.filter(|_| !holds(&plain)).map(held) {
                Some(expression) if holds(&expression) => expression,
                _ => plain,
            }
        });
        self.fitted = None;
        self.view.top = 0;
        self.view.chosen = None;
        self.view.cursor = match &self.filter {
            Some((_, chosen)) => chosen.numbers.partition_point(|number| *number < line),
            None => line,
        };
    }

    /// The number among all lines of a line that is shown.
    pub(super) fn origin(&self, line: usize) -> usize {
        let line = self.fitted.as_ref().map_or(line, |fitted| fitted.origin(line));
        match &self.filter {
            Some((_, chosen)) => chosen.numbers.get(line).copied().unwrap_or(line),
            None => line,
        }
    }

    /// The lines before they are made for a width.
    pub(super) fn whole_lines(&mut self) -> &mut Kept {
        match &mut self.filter {
            Some((_, chosen)) => &mut chosen.kept,
            None => &mut self.lines,
        }
    }
}
