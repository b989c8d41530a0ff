//! The choices of a completion, shown above the prompt.

use super::canvas::{bar, paint_row, put};
use super::theme::Theme;
use crate::command::{COMMANDS, Choices};
use crate::output::Role;
use crate::util::width::{clip, columns};
use crate::words::{Language, Message};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Rows of choices at most.
const MAX_ROWS: u16 = 8;
/// Blanks between columns.
const GAP: usize = 2;

/// The choices and the one that was gone to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// What stood before the cursor.
    pub(super) typed: String,
    /// What stands behind it.
    pub(super) behind: String,
    choices: Choices,
    chosen: Option<usize>,
}

impl Offer {
    /// Choices for the end of `typed`, of which none was gone to yet.
    pub(super) fn new(typed: String, behind: String, choices: Choices) -> Offer {
        Offer { typed, behind, choices, chosen: None }
    }

    /// Goes to the next or the previous choice, around the ends.
    pub(super) fn step(&mut self, forward: bool) {
        let count = self.choices.list.len().max(1);
        self.chosen = Some(match (self.chosen, forward) {
            (Some(chosen), true) => (chosen + 1) % count,
            (Some(chosen), false) => (chosen + count - 1) % count,
            (None, true) => 0,
            (None, false) => count - 1,
        });
    }

    /// What stands before the cursor with the choice in its place.
    pub(super) fn text(&self) -> String {
        let chosen = self.chosen.and_then(|chosen| self.choices.list.get(chosen));
        match chosen {
            Some(chosen) => format!("{}{chosen}", self.typed.get(..self.choices.at).unwrap_or_default()),
            None => self.typed.clone(),
        }
    }

    /// What a choice does where commands are the choices.
    fn summary(&self, choice: &str, language: Language) -> Option<&'static str> {
        // Only a command's own name stands where a command begins.
        let line = self.typed.get(..self.choices.at).unwrap_or_default();
        let begins = line.trim_end().is_empty() || line.trim_end().ends_with(';');
        let spec = COMMANDS.iter().find(|spec| spec.names.contains(&choice)).filter(|_| begins);
        spec.map(|spec| spec.summary_in(language))
    }

    /// Draws it at the bottom of `area`: a bar that counts, and the choices column by column, as many as fit.
    pub(super) fn draw(&self, buffer: &mut Buffer, area: Rect, theme: &Theme, language: Language) {
        let list = &self.choices.list;
        let width = usize::from(area.width);
        let longest = list.iter().map(|choice| columns(choice)).max().unwrap_or(0) + GAP;
        // Few commands stand one below the other, each with what it does.
        let few = list.len() <= usize::from(MAX_ROWS)
            && list.iter().any(|name| self.summary(name, language).is_some());
        let column = if few { width.max(1) } else { longest.min(width.max(1)) };
        let across = (width / column).max(1);
        let wanted = u16::try_from(list.len().div_ceil(across)).unwrap_or(u16::MAX);
        let rows = wanted.min(MAX_ROWS).min(area.height.saturating_sub(1));
        if rows == 0 {
            return;
        }
        let height = rows + 1;
        let area = Rect { y: area.y + area.height - height, height, ..area };
        let down = usize::from(rows);
        let page = self.chosen.unwrap_or(0) / (down * across);
        let first = page * down * across;
        let count = list.len() + self.choices.more;
        let said = match self.chosen {
            Some(chosen) => {
                Message::new("explorer.offer.place").with("place", chosen + 1).with("count", count)
            }
            None => Message::new("explorer.offer.count").with("count", count),
        };
        let more = match self.choices.more {
            0 => String::new(),
            more => {
                let message = Message::new("explorer.offer.more").with("count", more);
                format!("{} ", message.in_language(language))
            }
        };
        for row in 0..height {
            let blank = " ".repeat(width);
            put(buffer, area, 0, row, &blank, theme.role(Role::Text));
            paint_row(buffer, area, row, theme.role(Role::Text));
        }
        let mut said = format!(" {}", said.in_language(language));
        let chosen = self.chosen.and_then(|chosen| list.get(chosen)).filter(|_| !few);
        if let Some(summary) = chosen.and_then(|name| self.summary(name, language)) {
            said = format!("{said}  {summary}");
        }
        let room = width.saturating_sub(columns(&more) + 1);
        bar(buffer, area, 0, clip(&said, room), &more, theme.bar(false));
        for (number, choice) in list.iter().enumerate().skip(first).take(down * across) {
            let at = number - first;
            let style = match self.chosen == Some(number) {
                true => theme.role(Role::Text).patch(theme.chosen()),
                false => theme.role(Role::Text),
            };
            let row = u16::try_from(at % down + 1).unwrap_or(u16::MAX);
            let x = u16::try_from(at / down * column).unwrap_or(u16::MAX);
            let end = put(buffer, area, x, row, clip(choice, column), style);
            if let Some(summary) = self.summary(choice, language).filter(|_| few) {
                let start = end.max(u16::try_from(longest).unwrap_or(u16::MAX));
                let room = width.saturating_sub(usize::from(start));
                put(buffer, area, start, row, clip(summary, room), theme.role(Role::Dim));
            }
        }
    }
}
