//! What was not known of the things that a command showed, said once at its end.

use crate::command::CommandError;
use crate::command::line::Out;
use crate::debuggee::Lack;
use crate::memory::Reason;
use crate::output::{Field, Line, Record, Role};
use crate::util::links::Broken;

/// Reasons, each once, in the order in which they came.
#[derive(Debug, Default)]
pub struct Missing {
    reasons: Vec<String>,
    more: usize,
}

/// How many reasons are told; more of them hardly tell more.
const TOLD: usize = 6;

impl Missing {
    /// Gathers the reasons of a record's facts.
    pub fn note(&mut self, record: &Record) {
        for (_, field) in &record.fields {
            if let Field::Unreadable(why) = field {
                self.add(why.as_str());
            }
        }
    }

    /// Adds a reason.
    pub fn add(&mut self, why: &str) {
        if self.reasons.iter().any(|known| known == why) {
        } else if self.reasons.len() < TOLD {
            self.reasons.push(why.to_owned());
        } else {
            self.more += 1;
        }
    }

    /// Adds reasons, those that are alike as one: names that nothing tells, and what a triage dump did not save.
    pub fn add_alike(&mut self, lacks: &[Lack]) {
        let (mut names, mut unsaved) = (Vec::new(), Vec::new());
        for lack in lacks {
            match lack {
                Lack::NoName { name } => names.push(name.clone()),
                Lack::Unreadable { what, why } if why.reason == Reason::NotInTriage => {
                    unsaved.push(what.clone())
                }
                Lack::List { what, why: Broken::Link { why, .. } } if why.reason == Reason::NotInTriage => {
                    unsaved.push(what.clone());
                }
                _ => {}
            }
        }
        let is_alike = |lack: &Lack| match lack {
            Lack::NoName { .. } => names.len() > 1,
            Lack::Unreadable { why, .. } | Lack::List { why: Broken::Link { why, .. }, .. } => {
                unsaved.len() > 1 && why.reason == Reason::NotInTriage
            }
            _ => false,
        };
        if unsaved.len() > 1 {
            self.add(&format!("{}: {}", unsaved.join(", "), Reason::NotInTriage));
        }
        if names.len() > 1 {
            self.add(&format!("{} are not known", names.join(", ")));
        }
        lacks.iter().filter(|lack| !is_alike(lack)).for_each(|lack| self.add(&lack.to_string()));
    }

    /// Whether nothing was missing.
    pub fn is_empty(&self) -> bool {
        self.reasons.is_empty()
    }

    /// Says them, a line each.
    ///
    /// # Errors
    /// As [`Out::emit`].
    pub fn say(self, out: &mut Out<'_>) -> Result<(), CommandError> {
        for why in self.reasons {
            out.emit(Line::new().role(Role::Dim, format!("Not known: {why}")))?;
        }
        match self.more {
            0 => Ok(()),
            more => out.emit(Line::new().role(Role::Dim, format!("Not known: {more} more like these"))),
        }
    }
}

/// Why not all threads are listed.
pub fn not_all(lacks: &[String]) -> Option<String> {
    match lacks {
        [] => None,
        [why] => Some(format!("not all threads are known: {why}")),
        [why, more @ ..] => {
            Some(format!("not all threads are known: {why}, and {} more like that", more.len()))
        }
    }
}
