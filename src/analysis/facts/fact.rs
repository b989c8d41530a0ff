//! What is known of a crash, as data that rules ask for.

use crate::analysis::bugcheck::Text;
use crate::output::Action;
use crate::words::{Language, Message};
use std::fmt;

/// What a fact says of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A count, a size, a number of something.
    Number(u64),
    /// A bit pattern.
    Hex(u64),
    /// An address: sixteen digits.
    Address(u64),
    /// How far behind the beginning of something: `+0x30`, and nothing where it is the beginning.
    Offset(u64),
    /// A name, a word of the rules, a text from the dump.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// Words, in whatever language they are wanted.
    Words(Message),
    /// What is documented, in every language.
    Told(Text),
}

impl Value {
    /// As it stands in a sentence.
    pub fn in_language(&self, language: Language) -> String {
        match self {
            Value::Words(message) => message.in_language(language).into_owned(),
            Value::Told(text) => text.in_language(language).to_owned(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Hex(bits) => write!(f, "{bits:x}"),
            Value::Address(address) => write!(f, "{address:016x}"),
            Value::Offset(0) => Ok(()),
            Value::Offset(bytes) => write!(f, "+{bytes:#x}"),
            Value::Text(text) => f.write_str(text),
            Value::Flag(flag) => write!(f, "{flag}"),
            Value::Words(message) => f.write_str(&message.in_language(Language::English)),
            Value::Told(text) => f.write_str(text.in_language(Language::English)),
        }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Value {
        Value::Number(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Value {
        Value::Number(number.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Value {
        Value::Number(number as u64)
    }
}

impl From<Message> for Value {
    fn from(words: Message) -> Value {
        Value::Words(words)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Value {
        Value::Flag(flag)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::Text(text)
    }
}

/// One thing that is known, where it comes from, and what shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What kind of thing it says: the name that rules know it by.
    pub kind: &'static str,
    values: Vec<(&'static str, Value)>,
    wording: Option<&'static str>,
    /// What shows it.
    pub link: Option<Action>,
}

impl Fact {
    /// A fact of that kind, of which nothing is said yet.
    pub fn new(kind: &'static str) -> Fact {
        Fact { kind, values: Vec::new(), wording: None, link: None }
    }

    /// The same with a value.
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Fact {
        self.values.push((name, value.into()));
        self
    }

    /// The same with a value where there is one.
    pub fn maybe(self, name: &'static str, value: Option<impl Into<Value>>) -> Fact {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The same with the key of its wording, without which it is no evidence that is shown.
    pub fn worded(mut self, key: &'static str) -> Fact {
        self.wording = Some(key);
        self
    }

    /// The same with what shows it.
    pub fn link(mut self, action: Action) -> Fact {
        self.link = Some(action);
        self
    }

    /// What it says of `name`.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// Everything it says.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.values.iter().map(|(name, value)| (*name, value))
    }

    /// What it says, in words; `None` for what is no evidence that is shown.
    pub fn in_language(&self, language: Language) -> Option<String> {
        let empty = Message::new(self.wording?);
        let message = self
            .values
            .iter()
            .fold(empty, |message, (name, value)| message.with(name, value.in_language(language)));
        Some(message.in_language(language).into_owned())
    }

    /// Whether it is evidence that is shown.
    pub fn is_evidence(&self) -> bool {
        self.wording.is_some()
    }

    /// The address that it is about, if one.
    pub fn address(&self) -> Option<u64> {
        match self.get("address") {
            Some(Value::Address(address)) => Some(*address),
            _ => None,
        }
    }
}
