//! What event logs add to the facts of a crash: other crashes of those days, errors that hardware reported, drivers that were
//! installed shortly before. None of it proves anything by itself.

use super::modules::origin_word;
use super::{Fact, Value};
use crate::analysis::bugcheck::{family, plain_code};
use crate::analysis::history::{Check, Crashes, Entry, History, Kind, Own};
use crate::debuggee::{Module, Target};
use crate::dump::Header;
use crate::output::Action;
use std::collections::BTreeSet;

/// 100 ns in a day, and the days around a crash that have to do with it.
const DAY: u64 = 86_400 * 10_000_000;
const DAYS: u64 = 14;
/// Drivers that are told.
const MOST: usize = 3;
/// What shows it.
const SHOWN: Action = Action::Run("!history");

/// `history_kinds`, `history_hardware`, `history_corrected`, `history_storage`, `history_installed`: of a log that has a record of this crash, which
/// alone shows that it is this machine's. `facts` are those of the crash.
pub fn of_history(history: &History, target: &Target, header: &Header, facts: &[Fact]) -> Vec<Fact> {
    let entries = history.entries();
    let own = Check { code: header.bug_check_code, parameters: header.bug_check_parameters };
    let crashes = Crashes::of(&entries, own, header.system_time, history.span());
    let Own::Restart(place) = crashes.own else { return Vec::new() };
    let Some(restart) = crashes.restarts.get(place) else { return Vec::new() };
    let days = restart.time.saturating_sub(DAYS * DAY)..=restart.time;
    let within: Vec<&Entry> = entries.iter().filter(|entry| days.contains(&entry.time)).copied().collect();
    let near = restart.time.saturating_sub(DAYS * DAY)..=restart.time.saturating_add(DAYS * DAY);
    let checks =
        crashes.checks().filter(|(restart, _)| near.contains(&restart.time)).map(|(_, check)| check.code);
    kinds(checks)
        .into_iter()
        .chain(complaints(&within))
        .chain(installed(&crashes.changes(&entries), restart.time, target, facts))
        .collect()
}

/// `history_kinds`: how many kinds of bug checks there were in those days.
fn kinds(codes: impl Iterator<Item = u32>) -> Option<Fact> {
    let codes: BTreeSet<u32> = codes.map(plain_code).collect();
    let families: BTreeSet<u32> = codes.iter().map(|code| family(*code)).collect();
    let listed = codes.iter().map(|code| format!("{code:X}")).collect::<Vec<_>>().join(", ");
    (families.len() > 1).then(|| {
        Fact::new("history_kinds")
            .with("count", families.len())
            .with("codes", listed)
            .with("days", DAYS)
            .worded("evidence.history_kinds")
            .link(SHOWN)
    })
}

/// `history_hardware`, `history_storage`: how often hardware and disks complained before the crash; `history_corrected`: how
/// often the hardware reported errors that it had corrected.
fn complaints(within: &[&Entry]) -> Vec<Fact> {
    let count = |kind: Kind| within.iter().filter(|entry| entry.kind == kind).count();
    let corrected = within.iter().filter(|entry| entry.is_corrected()).count();
    let fact = |kind: &'static str, count: usize, key: &'static str| {
        (count > 0).then(|| Fact::new(kind).with("count", count).with("days", DAYS).worded(key).link(SHOWN))
    };
    fact("history_hardware", count(Kind::Hardware), "evidence.history_hardware")
        .into_iter()
        .chain(fact("history_corrected", corrected, "evidence.history_corrected"))
        .chain(fact("history_storage", count(Kind::Storage), "evidence.history_storage"))
        .collect()
}

/// `history_installed`: third-party drivers of the dump that were installed in the days before the crashes began.
fn installed(changes: &[&Entry], crashed: u64, target: &Target, facts: &[Fact]) -> Vec<Fact> {
    let is_third = |module: &&Module| origin_word(target, module) == "third_party";
    let modules: Vec<&Module> = target.modules().iter().filter(is_third).collect();
    let mut found: Vec<Fact> = Vec::new();
    for change in changes.iter().filter(|change| change.kind == Kind::Installed) {
        let Some(module) = modules.iter().find(|module| installs(change, &module.image_name)) else {
            continue;
        };
        let name = Value::Text(module.name.clone());
        if found.len() >= MOST || found.iter().any(|fact| fact.get("module") == Some(&name)) {
            continue;
        }
        let on_stack =
            facts.iter().any(|fact| fact.kind == "stack_module" && fact.get("module") == Some(&name));
        found.push(
            Fact::new("history_installed")
                .with("module", name)
                .with("image", module.image_name.as_str())
                .with("days", crashed.saturating_sub(change.time) / DAY)
                .with("on_stack", on_stack)
                .worded("evidence.history_installed")
                .link(SHOWN),
        );
    }
    found
}

/// Whether a change installed a driver's file, by the path or the name that the event states.
fn installs(change: &Entry, image: &str) -> bool {
    ["path", "driver"].iter().filter_map(|name| change.get(name)).any(|text| {
        let file = text.rsplit(['\\', '/']).next().unwrap_or(text);
        file.trim_matches('"').eq_ignore_ascii_case(image)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bug_checks_of_one_kind_count_once() {
        assert_eq!(
            kinds([0x1a, 0x50, 0x1000_007e].into_iter()).and_then(|fact| fact.get("count").cloned()),
            Some(2u64.into())
        );
        assert!(kinds([0x1a, 0x50].into_iter()).is_none());
    }

    #[test]
    fn errors_that_were_corrected_are_counted_apart() {
        let entry = |wording: &'static str| Entry {
            time: 0,
            record: 0,
            provider: String::new(),
            id: 0,
            kind: Kind::Hardware,
            check: None,
            wording,
            values: Vec::new(),
        };
        let all =
            ["history.hardware", "history.hardware_corrected", "history.hardware_corrected_bare"].map(entry);
        let facts = complaints(&all.iter().collect::<Vec<_>>());
        let counts: Vec<_> = facts.iter().map(|fact| (fact.kind, fact.get("count").cloned())).collect();
        assert_eq!(
            counts,
            [("history_hardware", Some(3u64.into())), ("history_corrected", Some(2u64.into()))]
        );
        assert!(complaints(&[]).is_empty());
    }

    #[test]
    fn a_file_is_found_by_its_whole_name() {
        let change = |name: &'static str, text: &str| Entry {
            time: 0,
            record: 0,
            provider: String::new(),
            id: 0,
            kind: Kind::Installed,
            check: None,
            wording: "history.driver",
            values: vec![(name, text.to_owned())],
        };
        assert!(installs(&change("path", "\\SystemRoot\\System32\\drivers\\VScan.sys"), "vscan.sys"));
        assert!(installs(&change("driver", "vscan.sys"), "vscan.sys"));
        assert!(!installs(&change("path", "C:\\drivers\\myvscan.sys"), "vscan.sys"));
        assert!(!installs(&change("text", "vscan.sys"), "vscan.sys"));
    }
}
