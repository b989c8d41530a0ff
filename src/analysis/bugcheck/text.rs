//! A text in every language.

use crate::util::language::Language;
use serde::Deserialize;

/// The same statement in every language.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    en: String,
    zh: String,
}

impl Text {
    /// The statement in `language`.
    pub fn in_language(&self, language: Language) -> &str {
        language.pick(&self.en, &self.zh)
    }
}
