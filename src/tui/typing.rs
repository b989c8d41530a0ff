//! What keys do while the prompt has the keyboard, and what becomes of a line that was typed.

use super::app::{App, Effect, Keyboard, Sight};
use super::keys::{self, Action};
use super::panes::CONSOLE;
use super::prompt::Typed;
use crate::command::{Choices, Completion};
use crate::output::Role;
use crate::words::Message;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

impl App {
    /// A key that means nothing where it was pressed.
    pub(super) fn unknown_key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::F(number) => {
                self.say(Role::Dim, Message::new("explorer.message.no_key").with("number", number));
            }
            KeyCode::Char('r') if key.modifiers == KeyModifiers::CONTROL => {
                self.keyboard = Keyboard::Prompt;
                self.prompt_key(key);
            }
            // The beginning of a command: whoever types one need not know that the panes have the keyboard.
            KeyCode::Char(c)
                if self.keyboard == Keyboard::Pane
                    && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
                    && !c.is_control() =>
            {
                self.keyboard = Keyboard::Prompt;
                self.prompt_key(key);
            }
            _ => {}
        }
    }

    /// A key while the prompt has the keyboard.
    pub(super) fn prompt_key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => {
                if !self.stop() {
                    self.prompt.set("");
                }
                return;
            }
            // No command begins so.
            KeyCode::Char('/') if self.prompt.is_blank() => return self.open_find(),
            KeyCode::Char('d') if control && self.prompt.text().is_empty() => return self.leave(),
            // A pane that is being filled is none of the prompt's business.
            KeyCode::Esc if (self.is_busy() || self.fetching.is_some()) && self.stop() => return,
            _ => {}
        }
        match self.prompt.key(key) {
            Typed::Used => {}
            Typed::Line(line) => self.enter(&line),
            Typed::Leave => self.keyboard = Keyboard::Pane,
            Typed::Complete(typed) => self.complete(&typed),
            Typed::NoHistory => {
                self.say(Role::Dim, Message::new("explorer.message.no_history"));
            }
            Typed::Unused => match keys::action(key) {
                Some(Action::NextPane | Action::PreviousPane) => self.keyboard = Keyboard::Pane,
                Some(action @ (Action::PageUp | Action::PageDown)) => self.scroll_console(action),
                Some(Action::Help) if key.code == KeyCode::F(1) => self.act(Action::Help),
                _ => self.unknown_key(key),
            },
        }
    }

    /// Completes what stands before the cursor. What has to be searched for is answered later, by another thread.
    fn complete(&mut self, typed: &str) {
        let completion = Completion::of(typed);
        match completion.is_quick() {
            true => self.offer(typed, completion.answer(&self.state.names)),
            false => self.effects.push(Effect::Complete(typed.to_owned(), completion)),
        }
    }

    /// What may stand at the end of what was typed.
    pub(super) fn offer(&mut self, typed: &str, choices: Choices) {
        if self.palette_takes(typed, &choices) {
            return;
        }
        let unloaded = choices.unloaded.clone();
        if self.prompt.offer(typed, choices) {
            return;
        }
        let message = match unloaded {
            Some(module) => Message::new("explorer.message.not_loaded").with("module", module),
            None => Message::new("explorer.message.not_completed"),
        };
        self.say(Role::Dim, message);
    }

    /// While typing, what the commands said is looked through; if that is out of sight, the active pane.
    fn scroll_console(&mut self, action: Action) {
        let active = self.active;
        if self.layout().place(CONSOLE).is_some() {
            self.active = CONSOLE;
        }
        self.act(action);
        self.active = active;
    }

    /// A typed line; an empty one runs the last one again, as in kd.
    pub(super) fn enter(&mut self, line: &str) {
        // A colon leads to the prompt and is typed again by those who are there already.
        let line = line.trim().trim_start_matches(':').trim_start().to_owned();
        let line = if line.is_empty() { self.prompt.last().unwrap_or_default().to_owned() } else { line };
        if line.is_empty() {
            return;
        }
        if self.prompt.remember(&line) {
            self.effects.push(Effect::Remember(line.clone()));
        }
        self.sight = Sight::Answer;
        self.wants_answer = true;
        if line.eq_ignore_ascii_case(".cls") {
            self.console.clear();
            self.echo = None;
            return;
        }
        self.submit(&line);
    }

    /// Pasted text: its lines run one after the other, as if they were typed; what follows the last line break waits at
    /// the prompt.
    pub(super) fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            self.prompt.paste(line);
            if lines.peek().is_some() {
                let line = self.prompt.take();
                // A blank line would run the last one again.
                if !line.trim().is_empty() {
                    self.enter(&line);
                }
            }
        }
    }
}
