//! The forge's dumps and what the emulator recorded of them (`tests/forge/README.md` tells the format).
// Each test file uses its part.
#![allow(dead_code)]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// The project's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The dump of an embedded case.
pub fn demo(case: &str) -> PathBuf {
    root().join(format!("assets/demo/{case}.dmp.gz"))
}

/// What was recorded of a case.
pub fn truth(case: &str) -> Value {
    let path = root().join(format!("tests/data/{case}.truth.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A `0x..` text of a record as a number.
pub fn number(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no number"));
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

/// Every recorded case with all dumps of it. `wifi-full` belongs to `wifi`, `wifi-fc` has a record of its own.
pub fn cases() -> Vec<(String, Value, Vec<PathBuf>)> {
    let names: Vec<String> = stems(&root().join("tests/data"), ".truth.json").map(|(case, _)| case).collect();
    let mut found: Vec<_> =
        names.iter().map(|case| (case.clone(), truth(case), dumps_of(case, &names))).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!found.is_empty());
    found
}

/// Every dump, those without a record of their own too.
pub fn dumps() -> Vec<(String, PathBuf)> {
    let mut found: Vec<_> = ["tests/data", "assets/demo"]
        .iter()
        .flat_map(|folder| stems(&root().join(folder), ".dmp.gz").collect::<Vec<_>>())
        .collect();
    found.sort();
    found
}

/// A whole dump of every recorded case that has one.
pub fn whole() -> impl Iterator<Item = (String, Value, PathBuf)> {
    cases().into_iter().filter_map(|(case, truth, dumps)| {
        let dump = dumps.into_iter().find(|dump| !dump.to_string_lossy().contains("triage"))?;
        Some((case, truth, dump))
    })
}

/// What was recorded under a key; a case without such things has no such key.
pub fn list<'t>(truth: &'t Value, key: &str) -> &'t [Value] {
    truth[key].as_array().map_or(&[], Vec::as_slice)
}

/// The number that was recorded of the thing of a kind that has a name.
pub fn recorded(truth: &Value, kind: &str, name: &str, key: &str) -> u64 {
    number(&named(truth, kind, name)[key])
}

/// The text that was recorded of it.
pub fn recorded_text(truth: &Value, kind: &str, name: &str, key: &str) -> String {
    named(truth, kind, name)[key].as_str().unwrap().to_owned()
}

fn named<'t>(truth: &'t Value, kind: &str, name: &str) -> &'t Value {
    let found = list(truth, kind).iter().find(|found| found["name"] == name);
    found.unwrap_or_else(|| panic!("{kind}: {name}"))
}

fn dumps_of(case: &str, cases: &[String]) -> Vec<PathBuf> {
    let kind_of = |stem: &str| {
        stem.strip_prefix(case).is_some_and(|rest| rest.starts_with('-'))
            && !cases.iter().any(|other| other == stem)
    };
    let found: Vec<_> =
        dumps().into_iter().filter(|(stem, _)| stem == case || kind_of(stem)).map(|(_, path)| path).collect();
    assert!(!found.is_empty(), "no dump for {case}");
    found
}

fn stems<'a>(folder: &Path, suffix: &'a str) -> impl Iterator<Item = (String, PathBuf)> + use<'a> {
    fs::read_dir(folder).unwrap().filter_map(move |entry| {
        let path = entry.unwrap().path();
        let stem = path.file_name()?.to_str()?.strip_suffix(suffix)?.to_owned();
        Some((stem, path))
    })
}
