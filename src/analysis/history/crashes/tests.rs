use super::*;
use crate::analysis::history::entry::Kind;

const START: u64 = 132_000_000_000_000_000;

fn entry(time: u64, kind: Kind, id: u32, code: Option<u32>) -> Entry {
    let check = code.map(|code| Check { code, parameters: [1, 2, 3, u64::from(code & 0xff)] });
    let provider = format!("{kind:?}");
    Entry { time, record: time, provider, id, kind, check, wording: "history.restart", values: Vec::new() }
}

fn crashes(entries: &[Entry], code: u32, crashed: Option<u64>) -> Crashes {
    let entries: Vec<&Entry> = entries.iter().collect();
    let span = entries.first().zip(entries.last()).map(|(first, last)| (first.time, last.time));
    Crashes::of(&entries, Check { code, parameters: [1, 2, 3, u64::from(code & 0xff)] }, crashed, span)
}

#[test]
fn what_one_start_writes_is_one_crash() {
    let entries = [
        entry(START, Kind::Restart, 41, Some(0x1a)),
        entry(START + 5 * SECOND, Kind::Restart, 6008, None),
        entry(START + 60 * SECOND, Kind::BugCheck, 1001, Some(0x1a)),
        entry(START + 300 * SECOND, Kind::BugCheck, 1001, Some(0x50)),
        entry(START + 2 * DAY, Kind::Restart, 41, None),
        // The machine went off twice within minutes.
        entry(START + 2 * DAY + 100 * SECOND, Kind::Restart, 41, None),
    ];
    let found = crashes(&entries, 0x1a, Some(START - 40 * SECOND));
    let codes: Vec<Option<u32>> =
        found.restarts.iter().map(|restart| restart.check.map(|check| check.code)).collect();
    assert_eq!(codes, [Some(0x1a), Some(0x50), None, None]);
    assert_eq!((found.own, found.checks().count()), (Own::Restart(0), 2));
    assert_eq!(found.restarts[0].entries, [0, 1, 2]);
}

/// The same code with other arguments is another crash; a record before the crash cannot tell of it.
#[test]
fn only_its_own_record_is_the_dump_s() {
    let entries =
        [entry(START, Kind::BugCheck, 1001, Some(0x1a)), entry(START + DAY, Kind::Update, 19, None)];
    assert_eq!(crashes(&entries, 0x50, Some(START)).own, Own::NotRecorded);
    assert_eq!(crashes(&entries, 0x1a, Some(START + DAY / 2)).own, Own::NotRecorded);
    assert_eq!(crashes(&entries, 0x1a, Some(START + 30 * DAY)).own, Own::Outside);
    assert_eq!(crashes(&entries, 0x1a, None).own, Own::Restart(0));
    assert_eq!(crashes(&entries, 0x50, None).own, Own::NoTime);
    assert_eq!(crashes(&entries, 0x1000_001a, Some(START)).own, Own::Restart(0), "the mark of small dumps");
}

#[test]
fn changes_before_the_series_are_found() {
    let entries = [
        entry(START, Kind::BugCheck, 1001, Some(0x9f)),
        entry(START + 50 * DAY, Kind::Update, 19, None),
        entry(START + 58 * DAY, Kind::Installed, 7045, None),
        entry(START + 60 * DAY, Kind::BugCheck, 1001, Some(0x1a)),
        entry(START + 61 * DAY, Kind::Installed, 7045, None),
        entry(START + 62 * DAY, Kind::BugCheck, 1001, Some(0x50)),
    ];
    let found = crashes(&entries, 0x50, Some(START + 62 * DAY));
    assert_eq!(found.first_of_series().map(|first| first.time), Some(START + 60 * DAY));
    let all: Vec<&Entry> = entries.iter().collect();
    let changes: Vec<u64> = found.changes(&all).iter().map(|entry| (entry.time - START) / DAY).collect();
    assert_eq!(changes, [58, 50]);
    assert!(crashes(&[], 0x50, None).first_of_series().is_none());
}
