//! Collecting the entries of logs of any size in bounded memory.

use super::classify::classify;
use super::entry::Entry;
use crate::events::{Event, Reading};
use crate::util::order::Order;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

/// Entries of one provider and number that are kept: the first ones and the last ones. A disk that complains a million times is
/// counted, not remembered.
const FIRST: usize = 256;
const LAST: usize = 256;
/// Pairs of provider and number that are counted, and computers that are named.
const MOST_PAIRS: usize = 4096;
const MOST_COMPUTERS: usize = 8;

/// Events of one kind that were kept.
#[derive(Debug, Default)]
struct Kept {
    first: Vec<Entry>,
    last: VecDeque<Entry>,
    left_out: u64,
}

/// What logs tell of a machine.
#[derive(Debug, Default)]
pub struct History {
    kept: BTreeMap<(String, u32), Kept>,
    counts: BTreeMap<(String, u32), u64>,
    uncounted: u64,
    computers: BTreeSet<String>,
    span: Option<(u64, u64)>,
    total: u64,
    readings: Vec<(PathBuf, Reading)>,
}

impl History {
    /// Takes an event.
    pub fn add(&mut self, event: &Event) {
        self.total += 1;
        let (first, last) = self.span.unwrap_or((event.time, event.time));
        self.span = Some((first.min(event.time), last.max(event.time)));
        if self.computers.len() < MOST_COMPUTERS && !event.computer.is_empty() {
            self.computers.insert(event.computer.clone());
        }
        let key = (event.provider.clone(), event.id);
        let is_known = self.counts.contains_key(&key) || self.counts.len() < MOST_PAIRS;
        match is_known {
            true => *self.counts.entry(key.clone()).or_default() += 1,
            false => self.uncounted += 1,
        }
        let Some(entry) = classify(event).filter(|_| is_known) else { return };
        let kept = self.kept.entry(key).or_default();
        if kept.first.len() < FIRST {
            kept.first.push(entry);
            return;
        }
        kept.last.push_back(entry);
        if kept.last.len() > LAST {
            kept.last.pop_front();
            kept.left_out += 1;
        }
    }

    /// Notes that a log was read, and what of it could not be.
    pub fn was_read(&mut self, log: &Path, reading: Reading) {
        self.readings.push((log.to_owned(), reading));
    }

    /// The logs that were read.
    pub fn readings(&self) -> &[(PathBuf, Reading)] {
        &self.readings
    }

    /// The entries in the order of time, each once: a record that two logs hold is one.
    pub fn entries(&self) -> Vec<&Entry> {
        let kept = self.kept.values().flat_map(|kept| kept.first.iter().chain(&kept.last));
        let mut entries: Vec<&Entry> = kept.collect();
        entries.order_by_key(|entry| (entry.time, entry.record));
        entries.dedup();
        entries
    }

    /// Entries that matter and were too many to be kept.
    pub fn left_out(&self) -> u64 {
        self.kept.values().map(|kept| kept.left_out).sum()
    }

    /// How many events there are of each provider and number.
    pub fn counts(&self) -> impl Iterator<Item = (&str, u32, u64)> {
        self.counts.iter().map(|((provider, id), count)| (provider.as_str(), *id, *count))
    }

    /// Whether events of a provider and number are in the time line.
    pub fn matters(&self, provider: &str, id: u32) -> bool {
        self.kept.contains_key(&(provider.to_owned(), id))
    }

    /// Events of pairs that are too many to be counted by themselves.
    pub fn uncounted(&self) -> u64 {
        self.uncounted
    }

    /// All events.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The computers that wrote them.
    pub fn computers(&self) -> impl Iterator<Item = &str> {
        self.computers.iter().map(String::as_str)
    }

    /// The first and the last moment of them; `None` where there are no events.
    pub fn span(&self) -> Option<(u64, u64)> {
        self.span
    }
}
