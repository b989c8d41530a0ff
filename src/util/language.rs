//! The languages in which dumpscope explains.

/// A language for explanations. Names, labels and everything that engineers type or paste are the same in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// `en`
    #[default]
    English,
    /// `zh-CN`
    Chinese,
}

impl Language {
    /// The language of a tag as `--lang` takes it.
    pub fn parse(tag: &str) -> Option<Language> {
        match tag {
            "en" => Some(Language::English),
            "zh-CN" => Some(Language::Chinese),
            _ => None,
        }
    }

    /// Its tag.
    pub fn tag(self) -> &'static str {
        self.pick("en", "zh-CN")
    }

    /// The one of the two that is in this language.
    pub fn pick<T>(self, english: T, chinese: T) -> T {
        match self {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }
}
