//! Rules: what follows from facts, as data.
//!
//! `assets/rules/*.toml` holds them, with their words in every language. A rule states which facts must be there (`when`) and
//! which must not (`unless`), and claims a class of cause with a confidence. The order is that of trust: the first that
//! claims likely or certain decides (`super::verdict`).

mod condition;

pub use condition::{Clause, Found};

use super::bugcheck::Text;
use super::facts::Fact;
use crate::util::texts::{Texts, texts};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What kind of cause it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A driver that did not come with Windows.
    ThirdPartyDriver,
    /// Windows itself.
    InboxBug,
    /// Memory was overwritten, and nothing says by whom.
    MemoryCorruptionUnknown,
    /// Memory, processor, disk, bus, firmware.
    Hardware,
    /// Somebody asked for it.
    Requested,
    /// Threads or processors do not get on, whoever's they are.
    Hang,
    /// What the dump holds does not decide.
    Unknown,
}

impl Class {
    /// Whether something is claimed, which can be more or less sure.
    pub fn claims(self) -> bool {
        self != Class::Unknown
    }

    /// The word of the rules.
    pub fn word(self) -> &'static str {
        match self {
            Class::ThirdPartyDriver => "third-party-driver",
            Class::InboxBug => "inbox-bug",
            Class::MemoryCorruptionUnknown => "memory-corruption-unknown",
            Class::Hardware => "hardware",
            Class::Requested => "requested",
            Class::Hang => "hang",
            Class::Unknown => "unknown",
        }
    }
}

/// How much a claim is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Nothing speaks for one thing more than for another.
    Unknown,
    /// One thing speaks for it.
    Possible,
    /// It explains what is seen, and nothing else that is known does.
    Likely,
    /// The dump proves it.
    Certain,
}

impl Confidence {
    /// The word of the rules.
    pub fn word(self) -> &'static str {
        match self {
            Confidence::Unknown => "unknown",
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Certain => "certain",
        }
    }
}

/// A rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, which stays.
    pub id: String,
    /// The facts that must be there.
    pub when: Vec<Clause>,
    /// Facts that must not.
    #[serde(default)]
    pub unless: Vec<Clause>,
    /// What it claims.
    pub class: Class,
    /// How sure that is.
    pub confidence: Confidence,
    /// `fact.value` that names the module it blames.
    pub culprit: Option<String>,
    /// What happened, in a sentence; `{fact.value}` stands for a value.
    pub says: Text,
    /// Kinds of facts that are evidence besides those it asked for.
    #[serde(default)]
    pub cites: Vec<String>,
    /// Kinds of facts that speak against it.
    #[serde(default)]
    pub against: Vec<String>,
    /// Whether the stack means nothing here, so that who is on it is no suspect; without it the class tells.
    pub blind: Option<bool>,
    /// What to do, by the names of advice.
    #[serde(default)]
    pub next: Vec<String>,
}

/// A file of rules.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    rule: Vec<Rule>,
    advice: BTreeMap<String, Text>,
    needless: BTreeMap<String, Vec<Clause>>,
}

/// All rules, in the order of trust, and what can be advised.
#[derive(Debug, Default)]
pub struct Rules {
    /// The rules.
    pub rules: Vec<Rule>,
    advice: BTreeMap<String, Text>,
    needless: BTreeMap<String, Vec<Clause>>,
}

/// `assets/rules`.
static TEXTS: Texts = texts!("rules");
/// The files, in the order in which their rules are asked.
const FILES: [&str; 8] = [
    "asked.toml",
    "machine.toml",
    "raised.toml",
    "parameter.toml",
    "instruction.toml",
    "corruption.toml",
    "suspects.toml",
    "advice.toml",
];

/// The rules that are asked of several dumps together.
const COMMON: &str = "common.toml";
/// The rules that are asked whether the machine hangs.
const HANG: &str = "hang.toml";

impl Rules {
    /// The rules of this program, read when they are first asked for.
    pub fn built_in() -> &'static Rules {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(|| Rules::read(&FILES))
    }

    /// The rules that are asked of what several dumps have in common; their advice is that of the others.
    pub fn common() -> &'static Rules {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(|| Rules::read(&["advice.toml", COMMON]))
    }

    /// The rules that are asked whether the machine hangs.
    pub fn hang() -> &'static Rules {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(|| Rules::read(&["advice.toml", HANG]))
    }

    fn read(files: &[&'static str]) -> Rules {
        let mut all = Rules::default();
        for file in files {
            // The files are part of the program, and a test reads them.
            let file: File = serde_json::from_str(TEXTS.get(file)).unwrap_or_default();
            all.rules.extend(file.rule);
            all.advice.extend(file.advice);
            all.needless.extend(file.needless);
        }
        all
    }

    /// Whether a piece of advice makes sense where these facts hold: nobody is told to get what is there already.
    pub fn is_needed(&self, advice: &str, facts: &[Fact]) -> bool {
        let needless = self.needless.get(advice).into_iter().flatten();
        let none = Found::default();
        !needless.into_iter().any(|clause| clause.find(facts, &none).is_some())
    }

    /// The words of a piece of advice.
    pub fn advice(&self, name: &str) -> Option<&Text> {
        self.advice.get(name)
    }
}

impl Rule {
    /// The facts that it asks for, if all are there and none that must not be.
    pub fn fires<'f>(&self, facts: &'f [Fact]) -> Option<Found<'f>> {
        let mut found = Found::default();
        for clause in &self.when {
            let fact = clause.find(facts, &found)?;
            found.0.push((clause.name().to_owned(), fact));
        }
        let stopped = self.unless.iter().any(|clause| clause.find(facts, &found).is_some());
        (!stopped).then_some(found)
    }
}

#[cfg(test)]
mod pairs;
#[cfg(test)]
mod tests;
