//! What choosing an entry of a layer does.

use super::super::app::{App, Keyboard};
use super::super::keys;
use crate::output::Action;

/// What choosing an entry does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// Follows a link.
    Follow(Action),
    /// Runs a line, as if it were typed.
    Run(String),
    /// Runs a line for a link: what it shows can be left with Backspace.
    RunForLink(String),
    /// Puts the beginning of a line at the prompt.
    Type(String),
    /// Leads to a pane.
    Pane(usize),
    /// What a key of the panes does.
    Key(keys::Action),
    /// Copies a text.
    Copy(String),
}

impl App {
    /// Does it.
    pub(in crate::tui) fn does(&mut self, does: Does) {
        match does {
            Does::Follow(action) => self.follow_action(action),
            Does::Run(line) => self.enter(&line),
            Does::RunForLink(line) => self.run_for_link(&line),
            Does::Type(line) => {
                self.keyboard = Keyboard::Prompt;
                self.prompt.set(&line);
            }
            Does::Pane(pane) => {
                self.keyboard = Keyboard::Pane;
                self.act(keys::Action::Pane(pane));
            }
            Does::Key(action) => self.act(action),
            Does::Copy(text) => self.copy_text(text),
        }
    }
}
