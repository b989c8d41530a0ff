//! The crashes of a time line: which records tell of the same one, which is the dump's own, and what changed before they began.

use super::entry::{Check, Entry};
use crate::analysis::plain_code;

/// 100 ns in a second, and in a day.
const SECOND: u64 = 10_000_000;
const DAY: u64 = 86_400 * SECOND;
/// What Windows writes of one crash it writes within minutes of the start after it.
const ONE_START: u64 = 600 * SECOND;
/// Crashes that lie further apart belong to different troubles.
const SERIES_GAP: u64 = 21 * DAY;
/// How long before the first crash a change is worth a look.
const BEFORE: u64 = 14 * DAY;
/// A record of the crash is written after the next start: at once, or when somebody switches the machine on.
const LATEST_RECORD: u64 = 7 * DAY;
/// Clocks that are set at the start differ by so much.
const CLOCK: u64 = 300 * SECOND;

/// A restart that nobody asked for: what the log's entries tell of one crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restart {
    /// When the first of them was written.
    pub time: u64,
    /// The bug check, where one is stated.
    pub check: Option<Check>,
    /// Where they stand among the entries.
    pub entries: Vec<usize>,
}

/// Where the crash of the dump stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// It is that one of the restarts.
    Restart(usize),
    /// The log covers its time, and holds no record of it.
    NotRecorded,
    /// The log does not cover its time.
    Outside,
    /// The dump does not tell its time, and no record has its bug check and arguments.
    NoTime,
}

/// The crashes of a time line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crashes {
    /// All of them, in order.
    pub restarts: Vec<Restart>,
    /// The dump's own.
    pub own: Own,
}

impl Crashes {
    /// The crashes in entries that are in the order of time. `own` is the dump's bug check and when it crashed, `span` the log's
    /// first and last moment.
    pub fn of(entries: &[&Entry], own: Check, crashed: Option<u64>, span: Option<(u64, u64)>) -> Crashes {
        let restarts = restarts(entries);
        let own = find(&restarts, own, crashed, span);
        Crashes { restarts, own }
    }

    /// The crashes with a bug check.
    pub fn checks(&self) -> impl Iterator<Item = (&Restart, Check)> {
        self.restarts.iter().filter_map(|restart| Some((restart, restart.check?)))
    }

    /// The restart with which the series began that the dump's crash (or else the last one) is part of.
    pub fn first_of_series(&self) -> Option<&Restart> {
        let last = match self.own {
            Own::Restart(own) => own,
            _ => self.restarts.len().checked_sub(1)?,
        };
        let mut first = self.restarts.get(last)?;
        for earlier in self.restarts.iter().take(last).rev() {
            if first.time.saturating_sub(earlier.time) > SERIES_GAP {
                break;
            }
            first = earlier;
        }
        Some(first)
    }

    /// What was installed in the days before the series began, the last change first.
    pub fn changes<'e>(&self, entries: &[&'e Entry]) -> Vec<&'e Entry> {
        let Some(first) = self.first_of_series() else { return Vec::new() };
        let days = first.time.saturating_sub(BEFORE)..first.time;
        let changes = entries.iter().filter(|entry| entry.kind.is_change() && days.contains(&entry.time));
        changes.rev().copied().collect()
    }
}

fn restarts(entries: &[&Entry]) -> Vec<Restart> {
    let mut restarts: Vec<Restart> = Vec::new();
    for (place, entry) in entries.iter().enumerate().filter(|(_, entry)| entry.kind.is_crash()) {
        // Two bug checks are two crashes, however near.
        let same = restarts.last_mut().filter(|last| {
            let is_near = entry.time.saturating_sub(last.time) <= ONE_START;
            is_near && last.check.is_none_or(|check| entry.check.is_none_or(|other| check == other))
                // The log says each thing once a start.
                && last.entries.iter().all(|known| {
                    entries.get(*known).is_none_or(|known| (&known.provider, known.id) != (&entry.provider, entry.id))
                })
        });
        match same {
            Some(last) => {
                last.entries.push(place);
                last.check = last.check.or(entry.check);
            }
            None => restarts.push(Restart { time: entry.time, check: entry.check, entries: vec![place] }),
        }
    }
    restarts
}

/// The restart that tells of the dump's crash: the first one behind it with its code and its arguments.
fn find(restarts: &[Restart], own: Check, crashed: Option<u64>, span: Option<(u64, u64)>) -> Own {
    let is_it =
        |check: Check| plain_code(check.code) == plain_code(own.code) && check.parameters == own.parameters;
    let same = || restarts.iter().enumerate().filter(|(_, restart)| restart.check.is_some_and(is_it));
    let Some(crashed) = crashed else {
        // Arguments hold addresses: where one record alone has them, it is that crash.
        let mut same = same();
        return match (same.next(), same.next()) {
            (Some((place, _)), None) => Own::Restart(place),
            _ => Own::NoTime,
        };
    };
    let times = crashed.saturating_sub(CLOCK)..crashed.saturating_add(LATEST_RECORD);
    if let Some((place, _)) = same().find(|(_, restart)| times.contains(&restart.time)) {
        return Own::Restart(place);
    }
    match span {
        Some((first, last)) if (first..=last).contains(&crashed) => Own::NotRecorded,
        _ => Own::Outside,
    }
}

#[cfg(test)]
mod tests;
