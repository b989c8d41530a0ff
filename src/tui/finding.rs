//! Searching the active pane.

use super::app::{App, Sight};
use super::panes::CONSOLE;
use super::search::{Found, Next, Pattern, Seeking, Tally};
use crate::output::Role;
use crate::words::Message;
use std::time::Duration;

/// How long lines are looked at before keys are looked at again.
const LOOKING: Duration = Duration::from_millis(2);

impl App {
    /// Goes to the text that is being typed, from the cursor on. What stands nowhere as it was typed may be a regular
    /// expression.
    pub(super) fn look_for(&mut self, from_here: bool) {
        self.pattern = Pattern::new(&self.find);
        self.seek(true, from_here, true);
    }

    /// Goes to the next place of what is searched for.
    pub(super) fn find_again(&mut self, forward: bool) {
        if self.pattern.is_none() {
            self.say(Role::Dim, Message::new("explorer.message.nothing_searched"));
        }
        self.seek(forward, false, false);
    }

    fn seek(&mut self, forward: bool, from_here: bool, may_be_expression: bool) {
        if self.pattern.is_some() && self.active == CONSOLE {
            self.sight = Sight::Chosen;
        }
        let from = (self.active, self.cursor());
        self.seeking = Some(Seeking { from, forward, from_here, instead: None, may_be_expression });
        self.look_on();
    }

    /// Looks at more lines for what is searched for, and goes to the one that is sought as soon as it is known.
    pub(super) fn look_on(&mut self) {
        self.console.look_on(LOOKING);
        let tally = self.tally.take();
        let (Some(pattern), Some(kept)) = (self.pattern.clone(), self.kept(self.active)) else {
            self.seeking = None;
            return;
        };
        let lines = kept.lines();
        let tally = tally.filter(|tally| tally.is_of(&pattern, lines));
        let mut tally = tally.unwrap_or_else(|| Tally::new(&pattern, lines));
        tally.look_on(lines, LOOKING);
        self.tally = Some(tally);
        self.go_on(pattern);
    }

    fn go_on(&mut self, pattern: Pattern) {
        let from = (self.active, self.cursor());
        let Some(seeking) = self.seeking.take().filter(|seeking| seeking.from == from) else { return };
        let tally = self.tally.take();
        let mut next = Next::Unknown;
        if let (Some(tally), Some((view, kept, _))) = (&tally, self.looking()) {
            let go =
                |line: usize, from_here: bool| tally.next(line, seeking.forward, from_here, kept.lines());
            next = go(view.cursor, seeking.from_here);
            // Of what a filter leaves out nothing is shown.
            let mut left = tally.held().count();
            while let Next::Line(line) = next
                && !kept.folds().may_show(line)
            {
                left = left.saturating_sub(1);
                next = if left == 0 { Next::Nowhere } else { go(line, false) };
            }
            if let Next::Line(line) = next {
                view.go_to_found(line, kept);
            }
        }
        self.tally = tally;
        match next {
            Next::Line(_) => {}
            Next::Unknown => self.seeking = Some(seeking),
            Next::Nowhere => match pattern.as_expression().filter(|_| seeking.may_be_expression) {
                Some(expression) => {
                    self.pattern = Some(expression);
                    self.seeking =
                        Some(Seeking { instead: Some(pattern), may_be_expression: false, ..seeking });
                    self.look_on();
                }
                None => self.not_found(seeking.instead.unwrap_or(pattern)),
            },
        }
    }

    fn not_found(&mut self, pattern: Pattern) {
        if let Some(pane) = self.panes.get_mut(self.active).filter(|_| self.active != CONSOLE) {
            pane.page.seek(&pattern);
        }
        let message = Message::new("explorer.message.not_found").with("text", pattern.text());
        self.say(Role::Warning, message);
        self.pattern = Some(pattern);
    }

    /// The line that the cursor of the active pane is on.
    fn cursor(&self) -> usize {
        self.panes.get(self.active).map_or(0, |pane| pane.page.view.cursor)
    }

    /// Whether lines are left to look at for what is searched for, or for what the console is filtered by.
    pub(super) fn is_looking(&self) -> bool {
        let filters = self.console.is_looking() && self.layout().place(CONSOLE).is_some();
        filters || self.found().is_some_and(|found| found.percent.is_some())
    }

    /// What is known of the lines that hold what is searched for; `None` where nothing is.
    pub(super) fn found(&self) -> Option<Found> {
        let pattern = self.pattern.as_ref()?;
        let lines = self.kept(self.active)?.lines();
        let tally = self.tally.as_ref().filter(|tally| tally.is_of(pattern, lines))?;
        let percent = (!tally.is_complete(lines)).then(|| tally.percent(lines));
        let place = tally.held().place(self.cursor()).map_or(0, |place| place + 1);
        Some(Found { place, count: tally.held().count(), percent })
    }
}
