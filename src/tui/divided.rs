//! A pane divided in two: a second page of its kind beside the first, so that one place of memory, one type or one stretch of
//! code stays in sight while the next is looked at.
//!
//! A half is a pane of its own, with its page, its position and those that it can go back to. The first one has the pane's
//! number, the second one a number behind all panes.

use super::app::App;
use super::page::{Page, Pane};
use super::panes;
use crate::output::Role;
use crate::words::Message;

impl App {
    /// Divides the active pane in two, or closes the other half of a divided one.
    pub(super) fn toggle_divided(&mut self) {
        let pane = panes::whole(self.active);
        match self.arranged.divides(pane) {
            true => self.close_other_half(pane),
            false if panes::may_divide(pane) => self.divide_pane(pane),
            false => self.say(Role::Dim, Message::new("explorer.message.console_is_one")),
        }
    }

    /// The second half begins with what the first one shows and is active: the next link leads away in it alone.
    fn divide_pane(&mut self, pane: usize) {
        let first = self.panes.get(pane).map(|pane| (pane.page.pinned.clone(), pane.page.view.lead));
        let Some((pinned, lead)) = first else { return };
        let mut half = Pane::led_by(lead);
        if let Some(action) = pinned {
            half.page = Page::pinned(action);
        }
        if let Some(second) = self.panes.get_mut(panes::second(pane)) {
            *second = half;
        }
        self.arranged.divide(pane);
        self.active = panes::second(pane);
        let key = match self.layout().place(pane) {
            Some(_) => "explorer.message.divided",
            None => "explorer.message.divided_without_room",
        };
        let name = self.name_of(pane);
        self.say(Role::Text, Message::new(key).with("name", name));
    }

    /// The active half becomes the whole pane.
    fn close_other_half(&mut self, pane: usize) {
        let (stays, closed) = (self.active, panes::other_half(self.active));
        // What runs for one of them would end in the other.
        let runs = self.running.as_ref().and_then(|running| running.pane);
        if runs.is_some_and(|runs| panes::whole(runs) == pane) {
            self.make_way();
        }
        if stays != pane {
            self.panes.swap(stays, pane);
        }
        let lead = panes::spec(pane).map(|spec| spec.lead).unwrap_or_default();
        if let Some(second) = self.panes.get_mut(panes::second(pane)) {
            *second = Pane::led_by(lead);
        }
        self.trail.close_half(stays, closed, pane);
        self.arranged.join(pane);
        self.active = pane;
        let name = self.name_of(pane);
        self.say(Role::Text, Message::new("explorer.message.joined").with("name", name));
    }

    /// A pane's name in the user's language.
    pub(super) fn name_of(&self, pane: usize) -> &'static str {
        panes::spec(pane).map_or("", |spec| spec.name(self.ticket.image.is_some(), self.language()))
    }

    /// Where a pane is gone to or something is shown in it: the half that is active, or was last.
    pub(super) fn half_of(&self, pane: usize) -> usize {
        self.wish().front(pane)
    }

    /// Remembers which half was active last; a half of what is divided no longer is the pane.
    pub(super) fn settle_half(&mut self) {
        let pane = panes::whole(self.active);
        if !self.arranged.divides(pane) {
            self.active = pane;
        }
        let bit = 1 << pane.min(15);
        self.second = if self.active == pane { self.second & !bit } else { self.second | bit };
    }

    /// The next pane or half that is not hidden, or the one before.
    pub(super) fn pane_beside(&self, forward: bool) -> usize {
        let halves = |pane: usize| {
            let second = self.arranged.divides(pane).then(|| panes::second(pane));
            std::iter::once(pane).chain(second)
        };
        let all: Vec<usize> = (0..self.pane_count()).flat_map(halves).collect();
        let Some(at) = all.iter().position(|pane| *pane == self.active) else { return 0 };
        let (before, behind) = all.split_at(at);
        let mut others: Vec<usize> = behind.iter().skip(1).chain(before).copied().collect();
        if !forward {
            others.reverse();
        }
        others.into_iter().find(|pane| !self.arranged.hides(panes::whole(*pane))).unwrap_or(self.active)
    }
}
