//! What was not known of the things that a command showed, said once at its end.

use crate::command::CommandError;
use crate::command::line::Out;
use crate::output::{Field, Line, Record, Role};

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
