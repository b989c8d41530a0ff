//! Searching the active pane.

use super::app::{App, Sight};
use super::kept::Kept;
use super::panes::CONSOLE;
use super::search::Pattern;
use crate::output::Role;
use crate::words::Message;

impl App {
    /// Goes to the text that is being typed, from the cursor on. What stands nowhere as it was typed may be a regular
    /// expression.
    pub(super) fn look_for(&mut self, from_here: bool) {
        self.pattern = Pattern::new(&self.find);
        let stands = |app: &App, pattern: &Pattern| {
            let lines = app.kept(app.active).map(Kept::lines).unwrap_or_default();
            lines.iter().any(|line| pattern.is_in(line.text()))
        };
        if let Some(plain) = self.pattern.clone().filter(|plain| !stands(self, plain)) {
            self.pattern = plain.as_expression().filter(|it| stands(self, it)).or(Some(plain));
        }
        self.search(true, from_here);
    }

    /// Which of the lines that hold what is searched for the cursor is on, from 1 (0: on none), and how many there are.
    pub(super) fn found(&self) -> Option<(usize, usize)> {
        let pattern = self.pattern.as_ref()?;
        let (kept, pane) = (self.kept(self.active)?, self.panes.get(self.active)?);
        let (mut place, mut count) = (0, 0);
        for (number, line) in kept.lines().iter().enumerate() {
            if pattern.is_in(line.text()) {
                count += 1;
                place = if number == pane.page.view.cursor { count } else { place };
            }
        }
        Some((place, count))
    }

    /// Goes to the next place of what is searched for.
    pub(super) fn find_again(&mut self, forward: bool) {
        if self.pattern.is_none() {
            self.say(Role::Dim, Message::new("explorer.message.nothing_searched"));
        }
        self.search(forward, false);
    }

    fn search(&mut self, forward: bool, from_here: bool) {
        let Some(pattern) = self.pattern.clone() else {
            return;
        };
        if self.active == CONSOLE {
            self.sight = Sight::Chosen;
        }
        let found =
            self.looking().is_some_and(|(view, kept, _)| view.find(kept, &pattern, forward, from_here));
        if !found {
            if let Some(pane) = self.panes.get_mut(self.active).filter(|_| self.active != CONSOLE) {
                pane.page.seek(&pattern);
            }
            let message = Message::new("explorer.message.not_found").with("text", pattern.text());
            self.say(Role::Warning, message);
        }
    }
}
