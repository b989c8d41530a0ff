//! The state of a dump among several: before it is open, and what goes from one to the other.

use super::app::{App, Effect, Go, Guide, Keyboard};
use super::arranged::Arranged;
use super::message::{State, Task};
use super::panes::memory::Form;
use super::panes::{self, ANALYSIS, CONSOLE};
use super::theme::ThemeName;
use super::ticket::Ticket;
use crate::output::{Line, Role};
use crate::words::{Language, Message};
use ratatui::layout::Rect;

/// What does not belong to a dump: it goes along to the one that is shown next.
pub(super) struct Common {
    theme: ThemeName,
    screen: Rect,
    arranged: Arranged,
    memory: Option<Form>,
    keyboard: Keyboard,
    history: Vec<String>,
    mouse: bool,
    language: Language,
}

impl App {
    /// Gives what does not belong to this dump.
    pub(super) fn hand_over(&mut self) -> Common {
        self.layers.clear();
        self.asked_to_leave = false;
        Common {
            theme: self.theme.name,
            screen: self.screen,
            arranged: self.arranged,
            memory: self.memory,
            keyboard: self.keyboard,
            history: self.prompt.take_history(),
            mouse: self.mouse,
            language: self.language(),
        }
    }

    /// Takes what the dump that was shown before handed over.
    pub(super) fn take_over(&mut self, common: Common) {
        self.theme = super::theme::Theme::new(common.theme);
        (self.screen, self.arranged, self.keyboard) = (common.screen, common.arranged, common.keyboard);
        self.prompt.set_history(common.history);
        (self.memory, self.mouse) = (common.memory, common.mouse);
        self.settle_half();
        self.message = None;
        if self.closed.is_some() {
            self.state.language = common.language;
        }
    }

    /// It is not open.
    pub(super) fn close(&mut self) {
        self.guide = Guide::Off;
        self.opens();
    }

    /// It is being opened.
    pub(super) fn opens(&mut self) {
        if std::mem::take(&mut self.refuses) {
            self.active = ANALYSIS;
        }
        self.closed = Some(Message::new("explorer.status.opening").with("file", &self.ticket.file));
    }

    /// It is open.
    pub(super) fn opened(&mut self, ticket: Ticket, state: State) {
        self.closed = None;
        self.guide = if ticket.image.is_some() { Guide::Off } else { Guide::Wanted(state.chosen) };
        self.ticket = ticket;
        self.state = state;
        if panes::whole(self.active) >= self.pane_count() {
            self.active = self.pane_count() - 1;
        }
    }

    /// It cannot be opened. The console tells why, where there is room for more than a line of it.
    pub(super) fn not_opened(&mut self, why: &str) {
        self.closed = Some(Message::new("explorer.status.not_opened"));
        self.active = CONSOLE;
        let message = Message::new("explorer.status.error").with("why", why);
        let line = Line::new().role(Role::Error, message.in_language(self.language()));
        self.append([line]);
        self.refuses = true;
        self.refuse_typed();
    }

    /// Whether a line that was typed waits.
    pub(super) fn has_typed(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Takes the lines out that wait.
    pub(super) fn take_typed(&mut self) -> Vec<String> {
        let lines = std::mem::take(&mut self.waiting).into_iter();
        lines.filter(|(_, task)| *task == Task::Line).map(|(line, _)| line).collect()
    }

    /// Answers lines that were typed where no dump is: they lead to another one, or are told that there is none.
    pub(super) fn refuse_typed(&mut self) {
        for line in self.take_typed() {
            let number = line.trim().strip_prefix("||").and_then(|line| line.strip_suffix('s'));
            if let Some(number) = number.and_then(|number| number.trim().parse().ok()) {
                self.effects.push(Effect::Show(Go::To(number), String::new()));
            } else if line.trim() == "q" {
                self.quit = true;
            } else {
                self.say(Role::Warning, Message::new("explorer.status.not_opened"));
            }
        }
    }
}
