//! Which lines hold what is searched for, found out a piece at a time: a key never waits for a million lines.

use super::Pattern;
use crate::tui::lines::Lines;
use crate::tui::numbers::Numbers;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The lines that hold a pattern, of those that were looked at: from the first one on.
#[derive(Debug)]
pub(in crate::tui) struct Tally {
    pattern: Pattern,
    /// Of the lines.
    identity: Rc<()>,
    looked: usize,
    held: Numbers,
}

/// Where to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) enum Next {
    /// To a line.
    Line(usize),
    /// No line holds it.
    Nowhere,
    /// That takes more looking.
    Unknown,
}

/// Lines that are looked at before the time is asked for again.
const PIECE: usize = 2_048;

impl Tally {
    /// Nothing was looked at yet.
    pub(in crate::tui) fn new(pattern: &Pattern, lines: &Lines) -> Tally {
        Tally { pattern: pattern.clone(), identity: lines.identity(), looked: 0, held: Numbers::default() }
    }

    /// Whether it is about the same lines, or those with others behind them.
    pub(in crate::tui) fn is_of(&self, pattern: &Pattern, lines: &Lines) -> bool {
        self.pattern == *pattern && Rc::ptr_eq(&self.identity, &lines.identity())
    }

    /// Looks at more lines, about as long as it may.
    pub(in crate::tui) fn look_on(&mut self, lines: &Lines, time: Duration) {
        let begun = Instant::now();
        while self.looked < lines.count() {
            let end = (self.looked + PIECE).min(lines.count());
            for (line, number) in lines.range(self.looked..end).zip(self.looked..) {
                if self.pattern.is_in(line.text()) {
                    self.held.push(number);
                }
            }
            self.looked = end;
            if begun.elapsed() >= time {
                break;
            }
        }
    }

    /// Whether all lines were looked at.
    pub(in crate::tui) fn is_complete(&self, lines: &Lines) -> bool {
        self.looked >= lines.count()
    }

    /// How many of a hundred lines were looked at.
    pub(in crate::tui) fn percent(&self, lines: &Lines) -> usize {
        (self.looked * 100).checked_div(lines.count()).unwrap_or(100)
    }

    /// The lines that hold it, as far as is known.
    pub(in crate::tui) fn held(&self) -> &Numbers {
        &self.held
    }

    /// What is sought.
    pub(in crate::tui) fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// The first `gone` lines made way for `instead` others, which are not looked at.
    pub(in crate::tui) fn drop_first(&mut self, gone: usize, instead: usize, lines: &Lines) {
        self.held.drop_first(gone, instead);
        self.looked = (self.looked + instead).saturating_sub(gone).max(instead);
        self.identity = lines.identity();
    }

    /// The next (`forward`) or previous line that holds it, round; with `from_here` it may be the line itself.
    pub(in crate::tui) fn next(&self, line: usize, forward: bool, from_here: bool, lines: &Lines) -> Next {
        let (before, with) = (self.held.before(line), self.held.before(line.saturating_add(1)));
        let at = |place: usize| self.held.at(place).map(Next::Line);
        let complete = self.is_complete(lines);
        // What is before the line, or behind it, is known only of lines that were looked at.
        let known = complete || line < self.looked;
        let near = match forward {
            true => at(if from_here { before } else { with }),
            false => (if from_here { with } else { before }).checked_sub(1).and_then(at),
        };
        let round = || at(if forward { 0 } else { self.held.count().saturating_sub(1) });
        match near.filter(|_| known) {
            Some(near) => near,
            None if complete => round().unwrap_or(Next::Nowhere),
            None => Next::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Line;

    /// What a walk over all lines finds.
    fn walked(texts: &[String], line: usize, forward: bool, from_here: bool) -> Next {
        let count = texts.len();
        let steps = usize::from(!from_here)..count + usize::from(!from_here);
        let mut at = steps.map(|step| if forward { line + step } else { line + count - step } % count);
        at.find(|at| texts[*at].contains('x')).map_or(Next::Nowhere, Next::Line)
    }

    #[test]
    fn the_next_line_is_the_one_that_a_walk_finds() {
        let pattern = Pattern::new("x").expect("not empty");
        for every in [1, 3, 7, 100] {
            let texts: Vec<String> = (0..20)
                .map(|number| if number % every == 2 % every { "an x" } else { "none" }.to_owned())
                .collect();
            let lines: Lines = texts.iter().map(Line::of).collect();
            let mut tally = Tally::new(&pattern, &lines);
            assert_eq!(tally.next(5, true, true, &lines), Next::Unknown);
            tally.look_on(&lines, Duration::ZERO);
            assert!(tally.is_complete(&lines));
            assert_eq!(tally.held().count(), texts.iter().filter(|text| text.contains('x')).count());
            for line in 0..20 {
                for (forward, from_here) in [(true, true), (true, false), (false, false), (false, true)] {
                    let found = tally.next(line, forward, from_here, &lines);
                    assert_eq!(
                        found,
                        walked(&texts, line, forward, from_here),
                        "{every} {line} {forward} {from_here}"
                    );
                }
            }
        }
        let none = Lines::default();
        assert_eq!(Tally::new(&pattern, &none).next(0, true, true, &none), Next::Nowhere);
    }

    /// Without time it looks at a piece; what comes later is looked at later.
    #[test]
    fn it_goes_on_where_it_ended() {
        let sought = PIECE + 100;
        let pattern = Pattern::new(&format!("line {sought}.")).expect("not empty");
        let mut lines: Lines = (0..PIECE * 2).map(|number| Line::of(format!("line {number}."))).collect();
        let mut tally = Tally::new(&pattern, &lines);
        tally.look_on(&lines, Duration::ZERO);
        assert_eq!((tally.held().count(), tally.percent(&lines)), (0, 50));
        assert_eq!(tally.next(10, true, true, &lines), Next::Unknown);
        tally.look_on(&lines, Duration::ZERO);
        assert_eq!((tally.held().place(sought), tally.held().place(10)), (Some(0), None));
        assert!(tally.is_complete(&lines));
        lines.push(&Line::of(format!("another line {sought}.")));
        assert!(tally.is_of(&pattern, &lines) && !tally.is_complete(&lines));
        // The one behind is nearer than the one round the end, if it is there.
        assert_eq!(tally.next(sought + 9, true, true, &lines), Next::Unknown);
        tally.look_on(&lines, Duration::ZERO);
        assert_eq!(tally.next(sought + 9, true, true, &lines), Next::Line(PIECE * 2));
        lines.replace_first(1, None);
        assert!(!tally.is_of(&pattern, &lines));
    }
}
