//! A pane: its page, and those that Back and Forward lead to.

use super::Page;
use crate::tui::panes::Lead;
use crate::tui::view::View;

/// A pane with its present page and those that Backspace returns to.
#[derive(Debug, Default)]
pub(in crate::tui) struct Pane {
    /// What it shows.
    pub(in crate::tui) page: Page,
    /// What it showed before links were followed into it, oldest first.
    pub(in crate::tui) past: Vec<Page>,
    /// What it showed before the user went back, the next one last.
    pub(in crate::tui) future: Vec<Page>,
}

impl Pane {
    /// A pane whose lines are about such links.
    pub(in crate::tui) fn led_by(lead: Lead) -> Pane {
        let view = View { lead, ..View::default() };
        Pane { page: Page { view, ..Page::default() }, past: Vec::new(), future: Vec::new() }
    }

    /// Shows another page; the present one can be returned to.
    pub(in crate::tui) fn push(&mut self, page: Page) {
        self.past.push(std::mem::replace(&mut self.page, page));
    }

    /// Shows the page before the present one again.
    pub(in crate::tui) fn back(&mut self) {
        if let Some(page) = self.past.pop() {
            self.future.push(std::mem::replace(&mut self.page, page));
        }
    }

    /// Shows the page again that was left by going back.
    pub(in crate::tui) fn forward(&mut self) {
        if let Some(page) = self.future.pop() {
            self.push(page);
        }
    }

    /// All its pages.
    pub(in crate::tui) fn pages(&mut self) -> impl Iterator<Item = &mut Page> {
        std::iter::once(&mut self.page).chain(&mut self.past).chain(&mut self.future)
    }
}
