//! Copying lines and texts to the clipboard.

use super::app::{App, Effect};
use crate::output::Role;
use crate::words::Message;

/// Terminals take no more than about 100,000 bytes of OSC 52, which writes three bytes as four.
const MAX_COPY: usize = 74_000;

impl App {
    /// Copies what is chosen, the line, or all lines, folded ones included; of a folded head all that it stands for.
    pub(super) fn copy(&mut self, all: bool) {
        let Some((view, kept, _)) = self.looking() else {
            return;
        };
        let folded = kept.folds().headed(view.cursor).filter(|part| kept.folds().is_folded(*part));
        let several = match folded.filter(|_| view.chosen.is_none()) {
            _ if all => Some(0..kept.count()),
            part => part.map(|part| kept.folds().lines(part, kept.count())),
        };
        if let Some(several) = several {
            let filtered = kept.folds().is_filtered();
            let count = if filtered { kept.rows() } else { several.len() };
            let what = Message::new("explorer.message.copied_lines").with("count", count);
            let mut text = String::new();
            for number in 0..count {
                let line = if filtered { kept.folds().line_at(number) } else { several.start + number };
                // Nothing takes more.
                let Some(line) = kept.line(line).filter(|_| text.len() <= MAX_COPY) else { break };
                text.push_str(line.text().trim_end());
                text.push('\n');
            }
            self.copy_as(text, what);
        } else {
            let line = kept.line(view.cursor).map(|line| line.line()).unwrap_or_default();
            let span = view.chosen.and_then(|index| line.spans().get(index));
            let text = span.map_or_else(|| line.plain(), |span| span.text().to_owned());
            self.copy_text(text.trim_end().to_owned());
        }
    }

    /// Copies a text of one line.
    pub(super) fn copy_text(&mut self, text: String) {
        let what = Message::new("explorer.message.copied_text").with("text", &text);
        self.copy_as(text, what);
    }

    /// Copies a text as far as terminals take it, and says so.
    fn copy_as(&mut self, mut text: String, what: Message) {
        let whole = text.len() <= MAX_COPY;
        if !whole {
            let end = (0..=MAX_COPY).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
            text.truncate(end);
        }
        self.effects.push(Effect::Copy(text));
        match whole {
            true => self.say(Role::Text, what),
            false => {
                let message = Message::new("explorer.message.copied_part").with("bytes", MAX_COPY);
                self.say(Role::Warning, message);
            }
        }
    }
}
