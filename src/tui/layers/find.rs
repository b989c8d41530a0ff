//! The text to find is typed.

use super::super::app::App;
use super::{Layer, Took};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

impl App {
    /// A key while text to find is typed.
    pub(super) fn find_key(&mut self, key: KeyEvent) -> Took {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => {
                if self.find.is_empty() {
                    self.find_again(true);
                }
                return Took::Gone;
            }
            KeyCode::Esc => return self.leave_find(),
            KeyCode::Char('c') if control => return self.leave_find(),
            KeyCode::Char('u') if control => {
                self.find.clear();
                self.look_for(true);
            }
            KeyCode::Backspace if self.find.pop().is_none() => return self.leave_find(),
            KeyCode::Backspace => self.look_for(true),
            KeyCode::Down => self.find_again(true),
            KeyCode::Up => self.find_again(false),
            KeyCode::Char(c) if !control => {
                self.find.push(c);
                self.look_for(true);
            }
            _ => {}
        }
        Took::Stays(Layer::Find)
    }

    fn leave_find(&mut self) -> Took {
        self.pattern = None;
        Took::Gone
    }
}
