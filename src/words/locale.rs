//! The files of wordings, read when the first of them is wanted.

use super::Language;
use crate::util::texts::{Texts, texts};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::OnceLock;

/// Wordings by key.
pub(super) type Locale = HashMap<String, String>;

/// `assets/locales`.
static FILES: Texts = texts!("locales");
static ENGLISH: OnceLock<Locale> = OnceLock::new();
static CHINESE: OnceLock<Locale> = OnceLock::new();

/// The text of a language's file.
pub(super) fn source(language: Language) -> &'static str {
    FILES.get(match language {
        Language::English => "en.toml",
        Language::Chinese => "zh-CN.toml",
    })
}

/// The wordings of a language.
pub(super) fn get(language: Language) -> &'static Locale {
    let place = match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    };
    place.get_or_init(|| {
        // The files are part of the program, and a test reads them.
        let table: Map<String, Value> = serde_json::from_str(source(language)).unwrap_or_default();
        let mut locale = Locale::new();
        collect(&table, "", &mut locale);
        locale
    })
}

fn collect(table: &Map<String, Value>, place: &str, locale: &mut Locale) {
    for (name, value) in table {
        let key = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        match value {
            Value::Object(inner) => collect(inner, &key, locale),
            Value::String(words) => {
                locale.insert(key, words.clone());
            }
            _ => {}
        }
    }
}
