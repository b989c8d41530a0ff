//! Lines made for the width of a pane: columns left out, long lines broken.

use super::Page;
use crate::output::Action;
use crate::tui::kept::Kept;
use crate::tui::panes::PaneSpec;

/// Lines made for a width.
#[derive(Debug)]
pub(super) struct Fitted {
    /// The columns and rows that there are.
    pub(super) room: (usize, usize),
    /// Whether long lines are broken; else columns are left out.
    pub(super) breaks: bool,
    /// The lines; `None` where they are as they came.
    pub(super) kept: Option<Kept>,
    /// Where each line begins that came, if some were broken; empty where none was.
    pub(super) places: Vec<usize>,
}

impl Fitted {
    /// The line that came of which this one is a part.
    pub(super) fn origin(&self, line: usize) -> usize {
        match self.places.is_empty() {
            true => line,
            false => self.places.partition_point(|place| *place <= line).saturating_sub(1),
        }
    }

    /// Where a line that came begins.
    pub(super) fn place(&self, line: usize) -> usize {
        self.places.get(line).copied().unwrap_or(line)
    }
}

impl Page {
    /// Makes the lines for a width and height, if they are not made for them yet: long ones are broken, or columns of tables
    /// left out; to be called before [`Page::kept`]. The position stays at its line.
    pub(in crate::tui) fn fit(&mut self, width: usize, height: usize, spec: &PaneSpec) {
        // A module's details are no table: of a path the end counts.
        let breaks = spec.wrap || self.whole || matches!(self.pinned, Some(Action::Module(_)));
        let room = (width, height);
        if self.fitted.as_ref().is_some_and(|fitted| (fitted.room, fitted.breaks) == (room, breaks)) {
            return;
        }
        let before = self.fitted.take();
        if let Some(kept) = before.as_ref().and_then(|before| before.kept.as_ref()) {
            self.whole_lines().fold_like(kept);
        }
        let shows_all = self.whole;
        let lines = self.whole_lines();
        // All columns are shown to who wants everything.
        let narrowed = if shows_all { None } else { lines.narrowed(width) };
        let (kept, places) = match breaks {
            true => {
                let (kept, places) = narrowed.as_ref().unwrap_or(lines).broken(width);
                (Some(kept), places)
            }
            false => {
                let of = narrowed.as_ref().unwrap_or(lines);
                let broken = of.broken_in_sight(width, height).or_else(|| of.with_remarks_broken(width));
                match broken {
                    Some((kept, places)) => (Some(kept), places),
                    None => (narrowed, Vec::new()),
                }
            }
        };
        let fitted = Fitted { room, breaks, kept, places };
        if let Some(before) = before {
            self.view.cursor = fitted.place(before.origin(self.view.cursor));
            self.view.top = fitted.place(before.origin(self.view.top));
            // Other pieces of the line stand there now.
            self.view.chosen = None;
        } else if self.unfitted {
            self.view.cursor = fitted.place(self.view.cursor);
            self.view.top = fitted.place(self.view.top);
        }
        self.unfitted = false;
        if breaks {
            self.view.left = 0;
        }
        self.fitted = Some(fitted);
    }

    /// Shows all columns and breaks long lines, or no longer; whether it does so now.
    pub(in crate::tui) fn toggle_whole(&mut self) -> bool {
        self.whole = !self.whole;
        self.whole
    }
}
