//! Makes and checks the embedded table of bug checks: `assets/bugchecks.pack`, from the readable `assets/bugchecks/*.json`.
//!
//! Who edits a text there runs `DUMPSCOPE_UPDATE=1 cargo test --test project bugchecks`; the format is told in
//! `src/analysis/bugcheck/asset.rs`.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Bytes of text in a block: `!analyze` unpacks one, and larger ones pack little better.
const BLOCK: usize = 32 << 10;

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

/// What the program needs of an entry, as one line that begins with its code.
fn line(code: u32, entry: &Value) -> String {
    let mut packed = serde_json::Map::new();
    packed.insert("code".to_owned(), Value::from(format!("0x{code:X}")));
    for (key, value) in entry.as_object().unwrap() {
        if !matches!(key.as_str(), "code" | "source") {
            packed.insert(key.clone(), value.clone());
        }
    }
    format!("{}\n", Value::Object(packed))
}

/// The blocks: lowest code and text of each.
fn blocks(entries: &BTreeMap<u32, Value>) -> Vec<(u32, String)> {
    let mut blocks: Vec<(u32, String)> = Vec::new();
    for (code, entry) in entries {
        match blocks.last_mut() {
            Some((_, text)) if text.len() < BLOCK => text.push_str(&line(*code, entry)),
            _ => blocks.push((*code, line(*code, entry))),
        }
    }
    blocks
}

fn pack(blocks: &[(u32, String)]) -> Vec<u8> {
    let (mut head, mut body) = (u32::try_from(blocks.len()).unwrap().to_le_bytes().to_vec(), Vec::new());
    for (first, text) in blocks {
        let mut packer = flate2::write::DeflateEncoder::new(&mut body, flate2::Compression::best());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap();
        head.extend(first.to_le_bytes());
        head.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    }
    [head, body].concat()
}

fn unpack(packed: &[u8]) -> Vec<(u32, String)> {
    let number = |at: usize| u32::from_le_bytes(packed[at..at + 4].try_into().unwrap());
    let count = number(0) as usize;
    let body = 4 + count * 8;
    let mut start = body;
    (0..count)
        .map(|index| {
            let end = body + number(8 + index * 8) as usize;
            let mut text = String::new();
            flate2::read::DeflateDecoder::new(&packed[start..end]).read_to_string(&mut text).unwrap();
            start = end;
            (number(4 + index * 8), text)
        })
        .collect()
}

#[test]
fn bugchecks_are_packed_from_what_can_be_read() {
    let path = assets().join("bugchecks.pack");
    let wanted = blocks(&readable());
    if std::env::var_os("DUMPSCOPE_UPDATE").is_some() {
        std::fs::write(&path, pack(&wanted)).unwrap();
        return;
    }
    // Texts are compared, not bytes: another version of the packer may pack otherwise.
    let found = unpack(&std::fs::read(&path).unwrap());
    assert_eq!(found.len(), wanted.len(), "run the test with DUMPSCOPE_UPDATE=1");
    for (found, wanted) in found.iter().zip(&wanted) {
        assert!(found == wanted, "block {:#x}: run the test with DUMPSCOPE_UPDATE=1", wanted.0);
    }
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
