//! What keys do to what can be folded.

use super::app::App;
use super::panes::CONSOLE;
use crate::output::Role;
use crate::words::Message;

impl App {
    /// Folds the innermost part around the cursor that is not folded yet; again, the one around that.
    pub(super) fn fold(&mut self) {
        let folded = self.looking().and_then(|(view, kept, _)| {
            let folds = kept.folds();
            let mut part = folds.part_of(view.cursor)?;
            if folds.is_folded(part) {
                part = folds.outer(part)?;
            }
            let head = folds.head(part);
            kept.fold(part, true);
            view.go_to(head, kept);
            Some(())
        });
        self.folded(folded);
    }

    /// Unfolds the head under the cursor.
    pub(super) fn unfold(&mut self) {
        let unfolded = self.looking().and_then(|(view, kept, _)| {
            let part = kept.folds().headed(view.cursor).filter(|part| kept.folds().is_folded(*part))?;
            kept.fold(part, false);
            Some(())
        });
        self.folded(unfolded);
    }

    /// Folds the head under the cursor, or unfolds it; false where there is none.
    pub(super) fn toggle_fold(&mut self) -> bool {
        let toggled = self.looking().is_some_and(|(view, kept, _)| {
            let Some(part) = kept.folds().headed(view.cursor) else { return false };
            let folded = kept.folds().is_folded(part);
            kept.fold(part, !folded);
            view.go_to(view.cursor, kept);
            true
        });
        self.follow_end();
        toggled
    }

    /// Folds or unfolds everything in the active pane.
    pub(super) fn fold_all(&mut self, folded: bool) {
        let done = self.looking().and_then(|(view, kept, _)| {
            if kept.folds().is_empty() {
                return None;
            }
            kept.fold_all(folded);
            view.go_to(view.cursor, kept);
            Some(())
        });
        self.folded(done);
    }

    /// The previous link of the line; before the first one the head is folded, or gone to from what is under it. A
    /// command in the console is no such head: its output is walked through by links.
    pub(super) fn left(&mut self) {
        let in_console = self.active == CONSOLE;
        let moved = self.looking().is_some_and(|(view, kept, _)| {
            let folds = kept.folds();
            let around = |part: &usize| !(in_console && folds.outer(*part).is_none());
            let Some(part) = folds.part_of(view.cursor).filter(around) else { return false };
            if view.can_step(kept, false) {
                return false;
            }
            let head = folds.head(part);
            let is_head = folds.headed(view.cursor).is_some();
            match (is_head, is_head && folds.is_folded(part)) {
                (true, false) => kept.fold(part, true),
                (true, true) => match folds.outer(part).filter(around) {
                    Some(outer) => view.go_to(folds.head(outer), kept),
                    None => return false,
                },
                (false, _) => view.go_to(head, kept),
            }
            true
        });
        if !moved {
            self.step_link(false);
        }
        self.follow_end();
    }

    /// Unfolds the head under the cursor; else the next link.
    pub(super) fn right(&mut self) {
        let unfolded = self.looking().is_some_and(|(view, kept, _)| {
            let part = kept.folds().headed(view.cursor).filter(|part| kept.folds().is_folded(*part));
            part.is_some_and(|part| {
                kept.fold(part, false);
                true
            })
        });
        if !unfolded {
            self.step_link(true);
        }
    }

    fn step_link(&mut self, forward: bool) {
        if let Some((view, kept, place)) = self.looking() {
            view.step_link(kept, forward);
            view.show_chosen(kept, usize::from(place.body.width));
        }
    }

    fn folded(&mut self, done: Option<()>) {
        if done.is_none() {
            self.say(Role::Dim, Message::new("explorer.message.nothing_to_fold"));
        }
        self.follow_end();
    }
}
