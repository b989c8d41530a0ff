//! Checks the table of bug checks, `assets/bugchecks/*.json`: every entry can be found, in both languages.

use dumpscope::analysis::BugCheck;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")
}

/// The readable entries by code.
fn readable() -> BTreeMap<u32, Value> {
    let mut entries = BTreeMap::new();
    for file in std::fs::read_dir(assets().join("bugchecks")).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let list: Vec<Value> =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for entry in list {
            let code = hex(&entry["code"]);
            assert!(entries.insert(code, entry).is_none(), "{code:#x} stands twice");
        }
    }
    entries
}

fn hex(value: &Value) -> u32 {
    u32::from_str_radix(value.as_str().unwrap().strip_prefix("0x").unwrap(), 16).unwrap()
}

/// Every text stands in both languages, and Chinese ones are Chinese.
#[test]
fn bugchecks_are_worded_in_both_languages() {
    fn walk(value: &Value, code: u32, count: &mut usize) {
        if let Some(object) = value.as_object()
            && (object.contains_key("en") || object.contains_key("zh"))
        {
            let text = |language: &str| object[language].as_str().unwrap().trim();
            assert!(!text("en").is_empty() && !text("zh").is_empty(), "{code:#x}: {value}");
            let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
            assert!(!text("en").chars().any(is_chinese), "{code:#x}: {value}");
            // A bare name is the same in all languages.
            assert!(text("zh").chars().any(is_chinese) || text("zh") == text("en"), "{code:#x}: {value}");
            *count += 1;
            return;
        }
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, code, count)),
            Value::Object(items) => items.values().for_each(|item| walk(item, code, count)),
            _ => {}
        }
    }
    let entries = readable();
    assert_eq!(entries.len(), 548);
    let mut count = 0;
    for (code, entry) in &entries {
        walk(entry, *code, &mut count);
    }
    assert!(count > 5000, "only {count} texts");
}

#[test]
fn every_bug_check_is_found_by_its_code() {
    for (code, entry) in readable() {
        let found = BugCheck::find(code).unwrap_or_else(|| panic!("{code:#x} is not found"));
        assert_eq!((found.code(), found.name.as_str()), (code, entry["name"].as_str().unwrap()));
    }
    assert_eq!(BugCheck::find(0), None);
    assert_eq!(BugCheck::find(0xffff_0000), None);
}
