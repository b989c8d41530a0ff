//! What keys do to the state while the panes have the keyboard.

use super::app::{App, Effect, Go, Keyboard, Running, Sight};
use super::kept::Kept;
use super::keys::Action;
use super::layers::Layer;
use super::layout::has_two;
use super::panes::{self, COMMON, CONSOLE};
use super::theme::Theme;
use crate::output::Role;
use crate::words::Message;

/// Columns that the sideways keys scroll by.
const SIDEWAYS: isize = 8;

impl App {
    /// Does what a key of the panes means.
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::NextPane => self.active = self.pane_beside(true),
            Action::PreviousPane => self.active = self.pane_beside(false),
            Action::Pane(pane) => {
                let pane = pane.min(self.pane_count() - 1);
                self.arranged.unhide(pane);
                self.active = self.half_of(pane);
            }
            Action::Hide => self.hide(),
            Action::Divide => self.toggle_divided(),
            Action::Up => self.scroll(-1),
            Action::Down => self.scroll(1),
            Action::PageUp => self.page(-1),
            Action::PageDown => self.page(1),
            Action::Top => self.scroll(isize::MIN),
            Action::Bottom => self.scroll(isize::MAX),
            Action::PreviousLink => self.left(),
            Action::NextLink => self.right(),
            Action::Fold => self.fold(),
            Action::Unfold => self.unfold(),
            Action::FoldAll => self.fold_all(true),
            Action::UnfoldAll => self.fold_all(false),
            Action::ScrollLeft => self.scroll_sideways(-SIDEWAYS),
            Action::ScrollRight => self.scroll_sideways(SIDEWAYS),
            Action::Follow => self.follow(),
            Action::Menu => self.open_menu(),
            Action::Type => self.show_type(),
            Action::Pool => self.show_pool(),
            Action::Memory => self.show_memory(),
            Action::Back => self.back(),
            Action::Forward => self.forward(),
            Action::Palette => self.toggle_palette(),
            Action::Find => self.open_find(),
            Action::Filter => self.open_filter(),
            Action::Sort => self.sort(false),
            Action::SortBack => self.sort(true),
            Action::FindNext => self.find_again(true),
            Action::FindPrevious => self.find_again(false),
            Action::Zoom => self.arranged.zoom = !self.arranged.zoom,
            Action::SplitLeft => self.move_split(true),
            Action::SplitRight => self.move_split(false),
            Action::Whole => self.toggle_whole(),
            Action::Prompt => self.keyboard = Keyboard::Prompt,
            Action::Help => self.layers.push(Layer::Help(0)),
            Action::Copy => self.copy(false),
            Action::CopyAll => self.copy(true),
            Action::Stop => self.escape(),
            Action::Mouse => self.toggle_mouse(),
            Action::Theme => {
                self.theme = Theme::new(self.theme.name.next());
                let theme = self.theme.name.name();
                self.say(Role::Text, Message::new("explorer.message.theme").with("theme", theme));
            }
            Action::Report => self.ask_for_report(),
            Action::Refresh => {
                if let Some(pane) = self.panes.get_mut(self.active) {
                    pane.page.stale = true;
                }
            }
            Action::Redraw => self.effects.push(Effect::Redraw),
            Action::Suspend => self.effects.push(Effect::Suspend),
            Action::Common => match self.pane_count() > COMMON {
                true => self.act(Action::Pane(COMMON)),
                false => self.say(Role::Dim, Message::new("explorer.message.one_dump")),
            },
            Action::NextDump => self.go(Go::Next),
            Action::PreviousDump => self.go(Go::Previous),
            Action::Quit => self.leave(),
        }
    }

    /// Sorts the table of the active pane.
    fn sort(&mut self, reverse: bool) {
        let pane = self.panes.get_mut(self.active).filter(|_| self.active != CONSOLE);
        let sorted = pane.map(|pane| (pane.page.sort(reverse), pane.page.sorted()));
        let (role, message) = match sorted {
            Some((true, Some(sorted))) => {
                let key = if sorted.descending {
                    "explorer.message.sorted_back"
                } else {
                    "explorer.message.sorted"
                };
                (Role::Text, Message::new(key).with("column", sorted.title))
            }
            Some((true, None)) => (Role::Text, Message::new("explorer.message.sorted_as_it_came")),
            _ => (Role::Dim, Message::new("explorer.message.not_sorted")),
        };
        self.say(role, message);
    }

    /// Takes the active pane out of sight until somebody goes to it.
    fn hide(&mut self) {
        let pane = panes::whole(self.active);
        if !self.arranged.hide(pane) {
            return self.say(Role::Dim, Message::new("explorer.message.console_stays"));
        }
        let (name, key) = (self.name_of(pane), panes::key(pane));
        self.say(Role::Text, Message::new("explorer.message.hidden").with("name", name).with("key", key));
        self.active = self.pane_beside(true);
    }

    fn move_split(&mut self, to_left: bool) {
        if has_two(self.screen, self.wish()) {
            return self.arranged.move_split(to_left);
        }
        let before = self.layout();
        let column = before
            .place(self.active)
            .map(|place| before.rules.iter().filter(|rule| rule.x < place.body.x).count());
        // Behind the last column is no border: that before it is moved.
        let border = column.zip(before.rules.len().checked_sub(1)).map(|(column, last)| column.min(last));
        let Some(border) = border else {
            return self.say(Role::Dim, Message::new("explorer.message.no_split"));
        };
        let arranged = self.arranged;
        self.arranged.move_border(border, to_left);
        // What has no room to move stays where it is, so that one key leads back.
        if self.layout().rules == before.rules {
            self.arranged = arranged;
        }
    }

    /// Shows another dump, if there is one.
    pub(super) fn go(&mut self, go: Go) {
        match self.dumps.are_several() {
            true => self.effects.push(Effect::Show(go, String::new())),
            false => self.say(Role::Dim, Message::new("explorer.message.one_dump")),
        }
    }

    /// Whether a line that was typed or followed runs.
    pub(super) fn is_busy(&self) -> bool {
        !self.waiting.is_empty() || self.running.as_ref().is_some_and(Running::is_typed)
    }

    /// Leaves, if nothing is lost by it or the key is pressed a second time.
    pub(super) fn leave(&mut self) {
        let ran = self.ran + self.dumps.ran;
        if self.asked_to_leave || (ran == 0 && self.prompt.text().is_empty() && !self.is_busy()) {
            self.quit = true;
            return;
        }
        self.asked_to_leave = true;
        let message = match ran {
            1 => Message::new("explorer.message.leave_one"),
            ran => Message::new("explorer.message.leave_many").with("count", ran),
        };
        self.say(Role::Warning, message);
    }

    /// Esc stops what runs; without that it puts things away one by one: the search, the console's output.
    fn escape(&mut self) {
        if self.stop() {
            return;
        }
        if self.pattern.take().is_some() {
            return;
        }
        if self.active == CONSOLE {
            return self.console.set_filter(None);
        }
        match self.panes.get_mut(self.active).filter(|pane| pane.page.filter().is_some()) {
            Some(pane) => pane.page.set_filter(None),
            None => self.echo = None,
        }
    }

    pub(super) fn scroll(&mut self, by: isize) {
        if let Some((view, kept, _)) = self.looking() {
            view.move_by(by, kept);
        }
        self.follow_end();
    }

    fn page(&mut self, pages: isize) {
        if let Some((view, kept, place)) = self.looking() {
            let height = usize::from(place.body.height);
            let height = height.saturating_sub(1 + view.heading(kept, height).len());
            let height = isize::try_from(height).unwrap_or(1);
            view.page_by(pages * height.max(1), kept);
        }
        self.follow_end();
    }

    /// At its end the console follows what comes; elsewhere it stays.
    pub(super) fn follow_end(&mut self) {
        if self.active == CONSOLE {
            let is_last = |kept: &Kept, line| kept.folds().row_of(line) + 1 >= kept.rows();
            let at_end = self.looking().is_some_and(|(view, kept, _)| is_last(kept, view.cursor));
            self.sight = if at_end { Sight::End } else { Sight::Chosen };
        }
    }

    fn scroll_sideways(&mut self, by: isize) {
        if let Some((view, kept, place)) = self.looking() {
            view.scroll_sideways(by, kept, usize::from(place.body.height), usize::from(place.body.width));
        }
    }

    /// All columns of the active pane, or those that have room. What the console keeps is broken as it comes.
    fn toggle_whole(&mut self) {
        let pane = self.panes.get_mut(self.active).filter(|_| self.active != CONSOLE);
        let key = match pane.map(|pane| pane.page.toggle_whole()) {
            Some(true) => "explorer.message.whole",
            Some(false) => "explorer.message.not_whole",
            None => "explorer.message.console_whole",
        };
        self.say(Role::Text, Message::new(key));
    }

    fn toggle_mouse(&mut self) {
        self.mouse = !self.mouse;
        self.effects.push(Effect::Mouse(self.mouse));
        let key = if self.mouse { "explorer.message.mouse_here" } else { "explorer.message.mouse_selects" };
        self.say(Role::Text, Message::new(key));
    }
}
