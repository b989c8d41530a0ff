//! The text is typed that the rows of the active pane have to hold.

use super::super::app::{App, Sight};
use super::super::panes::CONSOLE;
use super::super::search::Pattern;
use super::{Layer, Took};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

impl App {
    /// Begins to filter the active pane, with the text that filters it already.
    pub(in crate::tui) fn open_filter(&mut self) {
        let filter = match self.active {
            CONSOLE => self.console.filter(),
            pane => self.panes.get(pane).and_then(|pane| pane.page.filter()),
        };
        self.layers.push(Layer::Filter(filter.map(Pattern::text).unwrap_or_default().to_owned()));
    }

    /// Keeps the rows of the active pane that hold a text; all for an empty one.
    pub(super) fn filter_by(&mut self, text: &str) {
        let pattern = Pattern::new(text);
        if self.active == CONSOLE {
            self.sight = Sight::Chosen;
            self.console.set_filter(pattern);
        } else if let Some(pane) = self.panes.get_mut(self.active) {
            pane.page.set_filter(pattern);
        }
    }

    /// A key while the text is typed.
    pub(super) fn filter_key(&mut self, key: KeyEvent, mut text: String) -> Took {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return Took::Gone,
            KeyCode::Char('c') if control => text.clear(),
            KeyCode::Esc => text.clear(),
            KeyCode::Char('u') if control => text.clear(),
            KeyCode::Backspace if text.pop().is_none() => return Took::Gone,
            KeyCode::Backspace => {}
            KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
                if let Some(action) = super::super::keys::action(key) {
                    self.act(action);
                }
                return Took::Stays(Layer::Filter(text));
            }
            KeyCode::Char(c) if !control && text.len() < 1_000 => text.push(c),
            _ => return Took::Stays(Layer::Filter(text)),
        }
        self.filter_by(&text);
        let leaves = key.code == KeyCode::Esc || control && key.code == KeyCode::Char('c');
        if leaves { Took::Gone } else { Took::Stays(Layer::Filter(text)) }
    }
}
