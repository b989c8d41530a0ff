//! The text to find is typed.

use super::super::app::{App, Keyboard};
use super::super::panes::CONSOLE;
use super::{Layer, Took};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

impl App {
    /// Begins to search the active pane. From the prompt it is what the commands said that is searched, if it is in sight.
    pub(in crate::tui) fn open_find(&mut self) {
        let from_prompt = (self.keyboard == Keyboard::Prompt).then_some(self.active);
        if from_prompt.is_some() {
            self.keyboard = Keyboard::Pane;
            self.active = if self.layout().place(CONSOLE).is_some() { CONSOLE } else { self.active };
        }
        self.find.clear();
        self.layers.push(Layer::Find { from_prompt });
    }

    /// A key while text to find is typed.
    pub(super) fn find_key(&mut self, key: KeyEvent, from_prompt: Option<usize>) -> Took {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => {
                if self.find.is_empty() {
                    self.find_again(true);
                }
                return Took::Gone;
            }
            KeyCode::Esc => return self.leave_find(from_prompt),
            KeyCode::Char('c') if control => return self.leave_find(from_prompt),
            KeyCode::Char('u') if control => {
                self.find.clear();
                self.look_for(true);
            }
            KeyCode::Backspace if self.find.pop().is_none() => return self.leave_find(from_prompt),
            KeyCode::Backspace => self.look_for(true),
            KeyCode::Down => self.find_again(true),
            KeyCode::Up => self.find_again(false),
            KeyCode::Char(c) if !control => {
                self.find.push(c);
                self.look_for(true);
            }
            _ => {}
        }
        Took::Stays(Layer::Find { from_prompt })
    }

    fn leave_find(&mut self, from_prompt: Option<usize>) -> Took {
        self.pattern = None;
        if let Some(active) = from_prompt {
            self.keyboard = Keyboard::Prompt;
            self.active = active;
        }
        Took::Gone
    }
}
