//! What the console keeps.

use super::kept::Kept;
use super::numbers::Numbers;
use super::search::{Pattern, Tally};
use crate::output::{Line, Piece, Role};
use crate::words::{Language, Message};
use std::time::Duration;

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
    /// The lines that are in sight alone.
    filter: Option<Tally>,
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
        self.filter.iter_mut().for_each(|filter| filter.drop_first(excess, 1, self.kept.lines()));
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

    /// Leaves only the lines in sight that hold something, or all.
    pub(super) fn set_filter(&mut self, pattern: Option<Pattern>) {
        self.filter = pattern.map(|pattern| Tally::new(&pattern, self.kept.lines()));
        self.kept.show_only(self.filter.as_ref().map(|_| Numbers::default()));
    }

    /// What lines have to hold to be in sight.
    pub(super) fn filter(&self) -> Option<&Pattern> {
        self.filter.as_ref().map(Tally::pattern)
    }

    /// How many lines the filter leaves, as far as is known, and whether that is all.
    pub(super) fn filtered(&self) -> Option<(usize, bool)> {
        let filter = self.filter.as_ref()?;
        Some((filter.held().count(), filter.is_complete(self.kept.lines())))
    }

    /// Whether lines are left to look at for the filter.
    pub(super) fn is_looking(&self) -> bool {
        self.filtered().is_some_and(|(_, whole)| !whole)
    }

    /// Looks at more lines for the filter. What stands nowhere as it was typed may be a regular expression.
    pub(super) fn look_on(&mut self, time: Duration) {
        let Some(filter) = &mut self.filter else { return };
        let before = filter.held().count();
        filter.look_on(self.kept.lines(), time);
        self.kept.show_also(filter.held(), before);
        if filter.held().count() == 0
            && filter.is_complete(self.kept.lines())
            && let Some(expression) = filter.pattern().as_expression()
        {
            self.set_filter(Some(expression));
            self.look_on(time);
        }
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

    /// What comes while the console is filtered is filtered too, and what goes is not in sight any more.
    #[test]
    fn a_filter_goes_on_with_what_comes() {
        let mut scrollback = Scrollback::default();
        let say = |scrollback: &mut Scrollback, numbers: std::ops::Range<usize>| {
            let said = numbers.map(|number| Line::of(number.to_string()).into());
            scrollback.extend(said, 80, Language::English)
        };
        say(&mut scrollback, 0..MAX_LINES);
        scrollback.set_filter(Pattern::new("77777"));
        while scrollback.is_looking() {
            scrollback.look_on(Duration::ZERO);
        }
        let of = |numbers: std::ops::Range<usize>| {
            numbers.filter(|number| number.to_string().contains("77777")).map(|number| number.to_string())
        };
        let shown = |scrollback: &Scrollback| -> Vec<String> {
            scrollback.kept().rows_from(0).map(|(_, line)| line.text().to_owned()).collect()
        };
        assert_eq!(shown(&scrollback), of(0..MAX_LINES).collect::<Vec<_>>());
        let more = MAX_LINES + MAX_LINES / 4;
        for first in (MAX_LINES..more).step_by(1_000) {
            say(&mut scrollback, first..first + 1_000);
            scrollback.look_on(Duration::from_secs(9));
        }
        let first = scrollback.kept().lines().text(1).parse().expect("a number");
        assert!(first > 150_000, "{first}");
        assert_eq!(shown(&scrollback), of(first..more).collect::<Vec<_>>());
        scrollback.set_filter(None);
        assert_eq!(scrollback.kept().rows(), scrollback.kept().count());
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
        let long: String = (0..64_000).map(|_| random()).collect();
        for _ in 0..150 {
            scrollback.extend([Line::of(&long).into()], usize::MAX, Language::English);
            assert!(scrollback.kept().lines().bytes() <= MAX_BYTES);
        }
        assert!(scrollback.kept().count() < 150 && scrollback.kept().count() > 50);
        assert!(scrollback.kept().lines().text(0).starts_with('('));
    }
}
