//! The journal: what was typed in a session and what was said to it, kept for a report.

use crate::output::{Line, plain};
use std::collections::VecDeque;

/// Lines that were typed and are kept; older ones go.
const MOST_ENTRIES: usize = 1000;
/// Lines of output that are kept of one; what comes behind them is counted.
const MOST_LINES: usize = 400;
/// Bytes that are kept of one, and of all.
const MOST_BYTES: usize = 128 << 10;
const MOST_BYTES_OF_ALL: usize = 8 << 20;

/// What was typed and what was said to it, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    bytes: usize,
    dropped: usize,
}

/// A line that was typed, with what was said to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// As it was typed.
    pub typed: String,
    /// What was said, each line with its end.
    pub said: String,
    /// Lines that were said and not kept.
    pub left_out: usize,
    lines: usize,
}

impl Entry {
    /// A line that begins to run.
    pub fn new(typed: &str) -> Entry {
        Entry { typed: typed.trim().to_owned(), ..Entry::default() }
    }

    /// Keeps what is said to it.
    pub fn hear<'l>(&mut self, lines: impl Iterator<Item = &'l Line>) {
        for line in lines {
            let is_full = self.lines >= MOST_LINES || self.said.len() >= MOST_BYTES;
            match is_full {
                true => self.left_out += 1,
                false => {
                    self.said.push_str(&plain([line]));
                    self.lines += 1;
                }
            }
        }
    }

    fn size(&self) -> usize {
        self.typed.len() + self.said.len()
    }
}

impl Journal {
    /// Adds a line that has run.
    pub fn add(&mut self, entry: Entry) {
        if entry.typed.is_empty() {
            return;
        }
        self.bytes += entry.size();
        self.entries.push_back(entry);
        while self.entries.len() > MOST_ENTRIES || self.bytes > MOST_BYTES_OF_ALL {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.size();
            self.dropped += 1;
        }
    }

    /// What is kept, the oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// How many lines were typed before those that are kept.
    pub fn dropped(&self) -> usize {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded() {
        let mut journal = Journal::default();
        let line = Line::of("x".repeat(1000));
        for number in 0..MOST_ENTRIES + 5 {
            let mut entry = Entry::new(&format!(" k {number} "));
            entry.hear(std::iter::repeat_n(&line, 500));
            journal.add(entry);
        }
        journal.add(Entry::new("  "));
        let last = journal.entries().last().expect("one is kept");
        assert_eq!(last.typed, format!("k {}", MOST_ENTRIES + 4));
        assert_eq!(last.said.lines().count() + last.left_out, 500);
        assert!(last.said.len() <= MOST_BYTES + 1001 && last.left_out > 300, "{}", last.left_out);
        let bytes: usize = journal.entries().map(Entry::size).sum();
        assert!(bytes <= MOST_BYTES_OF_ALL && bytes > MOST_BYTES_OF_ALL - 2 * MOST_BYTES);
        assert_eq!(journal.entries().count() + journal.dropped(), MOST_ENTRIES + 5);
    }
}
