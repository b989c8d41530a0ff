//! Following links, and going back.

use super::app::App;
use super::page::Page;
use super::panes::{self, CONSOLE};
use super::step::Step;
use crate::output::Role;

/// Steps that Backspace can undo at most.
const MAX_STEPS: usize = 200;

impl App {
    /// Follows the chosen link of the active pane.
    pub(super) fn follow(&mut self) {
        let action = self.looking().and_then(|(view, lines, _)| view.link(lines)?.action.clone());
        match action {
            Some(action) => self.follow_line(&action.0),
            None => self.say(Role::Dim, "no link on this line"),
        }
    }

    fn follow_line(&mut self, line: &str) {
        let from = self.active;
        let mut pushed = None;
        if let Some(pane) = panes::taker(line) {
            if let Some(state) = self.panes.get_mut(pane) {
                state.past.push(std::mem::replace(&mut state.page, Page::pinned(line)));
                pushed = Some(pane);
                self.active = pane;
            }
        } else {
            self.follow = true;
            self.submit(line);
            if !panes::selects(line) {
                self.active = CONSOLE;
            }
        }
        if pushed.is_some() || self.active != from {
            if self.steps.len() >= MAX_STEPS {
                self.forget_oldest_step();
            }
            self.steps.push(Step { from, pushed });
        }
    }

    fn forget_oldest_step(&mut self) {
        let oldest = self.steps.remove(0);
        if let Some(pane) = oldest.pushed.and_then(|pane| self.panes.get_mut(pane))
            && !pane.past.is_empty()
        {
            pane.past.remove(0);
        }
    }

    /// Undoes the last followed link.
    pub(super) fn back(&mut self) {
        let Some(step) = self.steps.pop() else {
            return self.say(Role::Dim, "nothing to go back to");
        };
        if let Some(pane) = step.pushed.and_then(|pane| self.panes.get_mut(pane))
            && let Some(page) = pane.past.pop()
        {
            pane.page = page;
        }
        self.active = step.from;
    }
}
