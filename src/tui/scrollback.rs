//! What the console keeps.

use super::kept::Kept;
use crate::output::{Line, Piece, Role};
use crate::words::{Language, Message};

/// Lines that the console keeps at most. Older ones are dropped, and it says so.
pub(super) const MAX_LINES: usize = 1_000_000;
/// Bytes that they take at most, packed as they are.
const MAX_BYTES: usize = MAX_MEGABYTES * 1_000_000;
/// The same as it is told.
pub(super) const MAX_MEGABYTES: usize = 100;
/// Lines that are dropped together, one part of how many: at every line all would have to be numbered anew.
const PART: usize = 32;

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
        let excess = self.excess();
        if excess == 0 {
            return 0;
        }
        let already = usize::from(self.dropped > 0);
        self.dropped += excess - already;
        let note = Message::new("explorer.status.dropped").with("count", self.dropped);
        let note = note.with("lines", MAX_LINES).with("megabytes", MAX_MEGABYTES);
        self.kept.drop_first(excess, Some(Line::new().role(Role::Dim, note.in_language(language))));
        excess - 1
    }

    /// How many of the first lines have to go, what tells of them included.
    fn excess(&self) -> usize {
        let count = self.kept.count();
        if self.kept.lines().bytes() > MAX_BYTES {
            return (count / PART).max(1) + 1;
        }
        if count > MAX_LINES + MAX_LINES / PART { count - MAX_LINES + 1 } else { 0 }
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
        const SAID: usize = MAX_LINES * 2;
        let mut scrollback = Scrollback::default();
        let mut removed = 0;
        for first in (0..SAID).step_by(250) {
            let said = (first..first + 250).map(|number| Line::of(number.to_string()).into());
            removed += scrollback.extend(said, 80, Language::English);
            assert!(scrollback.kept().count() <= MAX_LINES + MAX_LINES / PART + 1);
        }
        let lines = scrollback.kept().lines();
        assert_eq!(lines.text(lines.count() - 1), (SAID - 1).to_string());
        let kept = lines.count() - 1;
        let dropped = SAID - kept;
        assert_eq!(
            lines.text(0),
            format!("({dropped} older lines dropped; the console keeps 1000000, or 100 MB of them)")
        );
        assert_eq!(lines.text(1), dropped.to_string());
        assert_eq!(removed, SAID - lines.count());
    }

    /// Lines that nothing shortens: their number is not what fills memory.
    #[test]
    fn long_lines_are_fewer() {
        let mut scrollback = Scrollback::default();
        let mut state = 1u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            format!("{:016x}", state)
        };
        for _ in 0..150 {
            let long: String = (0..64_000).map(|_| random()).collect();
            scrollback.extend([Line::of(long).into()], usize::MAX, Language::English);
            assert!(scrollback.kept().lines().bytes() <= MAX_BYTES);
        }
        assert!(scrollback.kept().count() < 150 && scrollback.kept().count() > 50);
        assert!(scrollback.kept().lines().text(0).starts_with('('));
    }
}
