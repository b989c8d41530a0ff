//! The files of rules fit one another, and the facts.

use super::*;
use crate::util::language::Language;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The kinds of facts that the code makes, and the names of all values, by their literals.
pub(super) fn stated() -> (BTreeSet<String>, BTreeSet<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/analysis/facts");
    let (mut kinds, mut values) = (BTreeSet::new(), BTreeSet::new());
    for entry in std::fs::read_dir(folder).expect("the facts").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("source text");
        let literals = |mark: &str| {
            let parts = text.split(mark).skip(1).map(|rest| rest.trim_start());
            parts
                .filter_map(|rest| Some(rest.strip_prefix('"')?.split('"').next()?.to_owned()))
                .collect::<Vec<_>>()
        };
        // Some functions are told which kind they are to make.
        for mark in ["Fact::new(", "crash, ", "fault, ", "fact(", "about("] {
            kinds.extend(literals(mark));
        }
        for mark in [".with(", ".maybe("] {
            values.extend(literals(mark));
        }
    }
    (kinds, values)
}

/// The files, each read without mercy.
fn files() -> Vec<(&'static str, File)> {
    FILES
        .iter()
        .map(|name| {
            (*name, serde_json::from_str(TEXTS.get(name)).unwrap_or_else(|why| panic!("{name}: {why}")))
        })
        .collect()
}

#[test]
fn rules_ask_for_facts_that_there_are() {
    let (kinds, values) = stated();
    let mut ids = BTreeSet::new();
    let mut advised = BTreeSet::new();
    let known: BTreeMap<String, Text> = files().into_iter().flat_map(|(_, file)| file.advice).collect();
    for (file, rules) in files() {
        for rule in rules.rule {
            let id = format!("{file}: {}", rule.id);
            assert!(ids.insert(rule.id.clone()), "{id} stands twice");
            for clause in rule.when.iter().chain(&rule.unless) {
                assert!(kinds.contains(&clause.fact), "{id}: no fact is called {}", clause.fact);
                for value in clause.values() {
                    assert!(values.contains(value), "{id}: no fact says {value}");
                }
            }
            for kind in rule.cites.iter().chain(&rule.against) {
                assert!(kinds.contains(kind), "{id}: no fact is called {kind}");
            }
            for name in &rule.next {
                assert!(known.contains_key(name), "{id}: there is no advice {name}");
                advised.insert(name.clone());
            }
            let names: BTreeSet<&str> = rule.when.iter().map(Clause::name).collect();
            let places = [Language::English, Language::Chinese]
                .map(|language| places(rule.says.in_language(language)));
            assert_eq!(places[0], places[1], "{id}: the languages say other values");
            for place in places[0].iter().chain(&rule.culprit.clone()) {
                let (name, value) = place.split_once('.').unwrap_or((place, ""));
                assert!(names.contains(name) || ["culprit", "suspects"].contains(&name), "{id}: {place}");
                assert!(value.is_empty() || values.contains(value), "{id}: no fact says {place}");
            }
            assert_eq!(
                rule.culprit.is_some(),
                rule.class == Class::ThirdPartyDriver || rule.id == "dpc-cumulative",
                "{id}"
            );
        }
    }
    assert_eq!(known.keys().cloned().collect::<BTreeSet<_>>(), advised, "advice that nobody gives");
}

/// The places for values in a wording.
fn places(words: &str) -> BTreeSet<String> {
    words
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// Facts written by hand: one driver stopped the machine, another only stands on the stack.
#[test]
fn what_speaks_for_another_module_is_no_evidence() {
    let raised = Fact::new("raised_by")
        .with("origin", "third_party")
        .with("module", "first")
        .worded("evidence.raised_by");
    let fault = Fact::new("fault").with("origin", "kernel").worded("evidence.fault");
    let other =
        Fact::new("stack_module").with("module", "second").with("position", 0u64).with("distance", 1u64);
    let check = Fact::new("bug_check").with("code", 0xd1u64);
    let other = other.worded("evidence.stack_module");
    let verdict = crate::analysis::verdict(&[check.clone(), raised, fault.clone(), other.clone()]);
    assert_eq!((verdict.culprit.as_deref(), verdict.confidence), (Some("first"), Confidence::Certain));
    assert_eq!(verdict.suspects, ["second"]);
    assert!(verdict.evidence.iter().all(|fact| fact.kind == "raised_by"), "{:?}", verdict.evidence);
    // By itself it is a suspect, and blamed by nobody.
    let alone = crate::analysis::verdict(&[check, fault, other]);
    assert_eq!((alone.culprit.as_deref(), alone.confidence), (None, Confidence::Possible));
    assert!(alone.evidence.iter().any(|fact| fact.kind == "stack_module"));
}

/// A dump that holds the kernel's memory is not to be replaced by one that does.
#[test]
fn what_is_there_already_is_not_asked_for() {
    let next = |whole: bool| {
        let check = Fact::new("bug_check").with("code", 0xbeu64);
        let verdict = crate::analysis::verdict(&[check, Fact::new("dump").with("whole", whole)]);
        assert_eq!(verdict.rule, Some("read-only-write"));
        verdict.next(Language::English).join("\n")
    };
    assert!(next(false).contains("full dump"));
    assert!(!next(true).contains("full dump") && next(true).contains("test the memory"));
}

/// The rules of several dumps, and of hangs: read without mercy, both languages with the same places, advice that there is, and a culprit only
/// where a driver is claimed. `super::super::common` has tests of what they conclude.
#[test]
fn rules_of_several_dumps_fit_one_another() {
    let read = |name: &'static str| -> File {
        serde_json::from_str(TEXTS.get(name)).unwrap_or_else(|why| panic!("{why}"))
    };
    let (common, hang) = (read(COMMON), read(HANG));
    assert!(common.advice.is_empty() && common.rule.len() >= 8 && hang.rule.len() >= 6);
    assert_eq!(Rules::common().rules.len(), common.rule.len());
    assert_eq!(Rules::hang().rules.len(), hang.rule.len());
    let given: BTreeSet<&String> = hang.rule.iter().flat_map(|rule| &rule.next).collect();
    assert!(hang.advice.keys().all(|name| given.contains(name)), "advice that nobody gives");
    for (rules, file) in [(Rules::common(), common), (Rules::hang(), hang)] {
        for rule in file.rule {
            let said = [Language::English, Language::Chinese]
                .map(|language| places(rule.says.in_language(language)));
            assert_eq!(said[0], said[1], "{}", rule.id);
            assert_eq!(rule.culprit.is_some(), rule.class == Class::ThirdPartyDriver, "{}", rule.id);
            assert!(rule.next.iter().all(|name| rules.advice(name).is_some()), "{}", rule.id);
        }
    }
}
