//! What dumpscope says in more than one language: messages with keys, worded where they are shown.
//!
//! `assets/locales/LANGUAGE.toml` holds the wordings, a table a place; a key is the tables' names and the entry's, with dots
//! between: `explorer.pane.stack`. A wording may hold values, `{name}`; where the value is a word that data has, `{name:word}` is
//! what the language's table `word` has for it. Names, labels and whatever is typed or pasted back are
//! the same in all languages and stand in the code. Texts about bug checks are an asset of their own.

mod locale;

pub use crate::util::language::Language;
use std::borrow::Cow;

/// Something to be said, in whatever language is wanted when it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    key: &'static str,
    values: Vec<(&'static str, String)>,
}

impl Message {
    /// The message of a key.
    pub fn new(key: &'static str) -> Message {
        Message { key, values: Vec::new() }
    }

    /// The same with a value in the place `{name}`.
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Message {
        self.values.push((name, value.to_string()));
        self
    }

    /// Its words.
    pub fn in_language(&self, language: Language) -> Cow<'static, str> {
        let wording = text(self.key, language);
        if self.values.is_empty() {
            return Cow::Borrowed(wording);
        }
        // One pass: a value that looks like a place is left as it is.
        let mut words = String::with_capacity(wording.len());
        let mut rest = wording;
        while let Some((before, place)) = rest.split_once('{') {
            words.push_str(before);
            let (name, after) = place.split_once('}').unwrap_or((place, ""));
            let (name, is_word) = name.strip_suffix(":word").map_or((name, false), |name| (name, true));
            match self.values.iter().find(|(known, _)| *known == name) {
                Some((_, value)) if is_word => {
                    words.push_str(translation("word", value, language).unwrap_or(value));
                }
                Some((_, value)) => words.push_str(value),
                None => words.extend(["{", name, "}"]),
            }
            rest = after;
        }
        words.push_str(rest);
        Cow::Owned(words)
    }
}

/// The wording of a key as it stands in the file of a language; the key itself where it is in none.
pub fn text(key: &'static str, language: Language) -> &'static str {
    let of = |language| locale::get(language).get(key).map(String::as_str);
    of(language).or_else(|| of(Language::English)).unwrap_or(key)
}

/// What stands for a text whose English is in the code: the wording of `name` in a table of the language's file. `None`
/// where there is none, as always in English.
pub fn translation(table: &str, name: &str, language: Language) -> Option<&'static str> {
    match language {
        Language::English => None,
        language => locale::get(language).get(&format!("{table}.{name}")).map(String::as_str),
    }
}

#[cfg(test)]
mod tests;
