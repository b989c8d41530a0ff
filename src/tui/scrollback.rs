//! What the console keeps.

use crate::output::{Line, Packed, Role};
use crate::words::{Language, Message};

/// Lines that the console and every pane keep at most; older ones are dropped from the console, later ones from a
/// pane, and both say so.
pub(super) const MAX_LINES: usize = 50_000;

/// The console's lines, oldest first.
#[derive(Debug, Default)]
pub(super) struct Scrollback {
    lines: Vec<Packed>,
    dropped: usize,
}

impl Scrollback {
    /// The lines.
    pub(super) fn lines(&self) -> &[Packed] {
        &self.lines
    }

    /// Adds lines; returns how many lines went out at the other end, so that positions can follow.
    pub(super) fn extend(&mut self, lines: impl IntoIterator<Item = Line>, language: Language) -> usize {
        self.lines.extend(lines.into_iter().map(Packed::from));
        // Trimmed an eighth at a time: trimming at every line would move all of them at every line.
        if self.lines.len() <= MAX_LINES + MAX_LINES / 8 {
            return 0;
        }
        let already = usize::from(self.dropped > 0);
        let excess = self.lines.len() - MAX_LINES + 1;
        self.dropped += excess - already;
        let note =
            Message::new("explorer.status.dropped").with("count", self.dropped).with("lines", MAX_LINES);
        let note = Line::new().role(Role::Dim, note.in_language(language));
        self.lines.splice(..excess, [note.into()]);
        excess - 1
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Scrollback::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept_and_the_loss_is_told() {
        let mut scrollback = Scrollback::default();
        let mut removed = 0;
        for number in 0..MAX_LINES * 3 {
            removed += scrollback.extend([Line::of(number.to_string())], Language::English);
            assert!(scrollback.lines().len() <= MAX_LINES + MAX_LINES / 8);
        }
        let lines = scrollback.lines();
        assert_eq!(lines.last().map(Packed::text), Some(&*(MAX_LINES * 3 - 1).to_string()));
        let kept = lines.len() - 1;
        let dropped = MAX_LINES * 3 - kept;
        assert_eq!(
            lines[0].text(),
            format!("({dropped} older lines dropped; the console keeps {MAX_LINES})")
        );
        assert_eq!(lines[1].text(), dropped.to_string());
        assert_eq!(removed, MAX_LINES * 3 - lines.len());
    }
}
