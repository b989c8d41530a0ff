//! What the console keeps.

use super::kept::Kept;
use crate::output::{Line, Piece, Role};
use crate::words::{Language, Message};

/// Lines that the console and every pane keep at most; older ones are dropped from the console, later ones from a
/// pane, and both say so.
pub(super) const MAX_LINES: usize = 50_000;

/// The console's lines, oldest first.
#[derive(Debug, Default)]
pub(super) struct Scrollback {
    kept: Kept,
    dropped: usize,
}

impl Scrollback {
    /// The lines.
    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The lines, to fold them.
    pub(super) fn kept_mut(&mut self) -> &mut Kept {
        &mut self.kept
    }

    /// Adds what was said, broken for a width; returns how many lines went out at the other end, so that positions can
    /// follow.
    pub(super) fn extend(
        &mut self,
        pieces: impl IntoIterator<Item = Piece>,
        width: usize,
        language: Language,
    ) -> usize {
        self.kept.take(pieces, Some(width));
        // Trimmed an eighth at a time: trimming at every line would move all of them at every line.
        if self.kept.count() <= MAX_LINES + MAX_LINES / 8 {
            return 0;
        }
        let already = usize::from(self.dropped > 0);
        let excess = self.kept.count() - MAX_LINES + 1;
        self.dropped += excess - already;
        let note =
            Message::new("explorer.status.dropped").with("count", self.dropped).with("lines", MAX_LINES);
        self.kept.drop_first(excess, Some(Line::new().role(Role::Dim, note.in_language(language))));
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
    use crate::output::Packed;

    #[test]
    fn the_newest_lines_are_kept_and_the_loss_is_told() {
        let mut scrollback = Scrollback::default();
        let mut removed = 0;
        for number in 0..MAX_LINES * 3 {
            removed += scrollback.extend([Line::of(number.to_string()).into()], 80, Language::English);
            assert!(scrollback.kept().count() <= MAX_LINES + MAX_LINES / 8);
        }
        let lines = scrollback.kept().lines();
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
