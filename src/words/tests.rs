//! The files of wordings fit one another, and the code.

use super::locale::{get, source};
use super::*;
use std::collections::BTreeSet;
use std::path::Path;

/// The places for values in a wording.
fn places(words: &str) -> BTreeSet<&str> {
    words
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.trim_end_matches(":word"))
        .collect()
}

#[test]
fn values_stand_in_their_places() {
    let message = Message::new("explorer.message.not_found").with("text", "{x} \u{4e2d}");
    assert_eq!(message.in_language(Language::English), "'{x} \u{4e2d}' is not in this pane");
    assert_eq!(Message::new("no.such.key").in_language(Language::Chinese), "no.such.key");
    // A word of the data is said in the language; what is no such word stays as it is.
    let page = |pool: &str| Message::new("what.pool_page").with("pool", pool).with("allocator", "x");
    assert!(page("paged").in_language(Language::English).starts_with("paged pool"));
    assert!(page("paged").in_language(Language::Chinese).starts_with("分页池"));
    assert!(page("other").in_language(Language::Chinese).starts_with("other池"));
}

#[test]
fn every_language_words_the_same_messages() {
    for language in [Language::English, Language::Chinese] {
        serde_json::from_str::<serde_json::Value>(source(language)).expect("a file of wordings");
    }
    let (english, chinese) = (get(Language::English), get(Language::Chinese));
    // The English of what is said of commands stands in the table of commands, whose test holds the two together.
    let keys = |locale: &super::locale::Locale| {
        let keys = locale.keys().filter(|key| !key.starts_with("command.") && !key.starts_with("word."));
        keys.cloned().collect::<BTreeSet<String>>()
    };
    assert_eq!(keys(english), keys(chinese));
    for (key, words) in english {
        assert_eq!(places(words), places(&chinese[key]), "{key}");
        assert!(!words.trim().is_empty() && !chinese[key].trim().is_empty(), "{key}");
        let is_chinese = chinese[key].chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        // Values and Windows' own names alone are the same in all languages.
        let said = words.split('{').map(|part| part.split_once('}').map_or(part, |(_, said)| said));
        let has_words = said.into_iter().any(|part| part.contains(|c: char| c.is_ascii_lowercase()));
        assert!(is_chinese || !has_words, "{key} is not in Chinese: {}", chinese[key]);
    }
}

/// The explorer's last row takes one line of a terminal of 80 columns.
#[test]
fn hints_fit_the_last_row() {
    for language in [Language::English, Language::Chinese] {
        for (key, words) in get(language).iter().filter(|(key, _)| key.starts_with("explorer.hints.")) {
            assert!(crate::util::width::columns(words) <= 79, "{key}: {words}");
        }
    }
}

/// All source text of the project that is not a test's.
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            text.push_str(&std::fs::read_to_string(&path).expect("source text"));
        }
    }
}

/// A key that is misspelt in the code would be shown as it is; one that nothing says any more is dead weight.
#[test]
fn the_code_uses_every_key_and_no_other() {
    let mut text = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut text);
    let known: BTreeSet<&str> = get(Language::English).keys().map(String::as_str).collect();
    let areas: BTreeSet<&str> = known.iter().filter_map(|key| key.split('.').next()).collect();
    let is_key = |literal: &&str| {
        let first = literal.split('.').next().unwrap_or_default();
        areas.contains(first)
            && literal.contains('.')
            && literal.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_'))
    };
    let used: BTreeSet<&str> = text.split('"').filter(is_key).collect();
    assert_eq!(used.difference(&known).collect::<Vec<_>>(), [] as [&&str; 0], "not in the files");
    assert_eq!(known.difference(&used).collect::<Vec<_>>(), [] as [&&str; 0], "used nowhere");
}
