//! Why an expression of the data model has no value.

use crate::debuggee::Lack;
use crate::eval::{EvalError, Fault};
use thiserror::Error;

/// Why an expression of the data model has no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// What is wrong with the text, or with C++ values in it.
    #[error("{0}")]
    Expression(EvalError),
    /// What the dump does not tell.
    #[error("{0}")]
    Lack(Lack),
    /// A name that stands for nothing there.
    #[error("Unable to bind name '{name}': {of} has {}", listed(known))]
    Name {
        /// The name.
        name: String,
        /// What was asked for it.
        of: String,
        /// What it has.
        known: Vec<String>,
    },
    /// A variable that nobody set.
    #[error("Unable to bind name '@${name}': variables are {}", listed(known))]
    Variable {
        /// The name, without its mark.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// A list has no such element.
    #[error("{list} has no element [{key}]")]
    NoElement {
        /// The list.
        list: String,
        /// What was asked for.
        key: String,
    },
    /// An empty list was asked for an element.
    #[error("{method}: there is no such element")]
    Empty {
        /// By which method.
        method: &'static str,
    },
    /// More than one element, where one was asked for.
    #[error("{method}: there is more than one such element")]
    Several {
        /// By which method.
        method: &'static str,
    },
    /// A value of the wrong kind.
    #[error("{what} wants {wanted}, not {got}")]
    Kind {
        /// Who wants it.
        what: String,
        /// What it wants.
        wanted: &'static str,
        /// What it got.
        got: String,
    },
    /// Too many or too few arguments.
    #[error("{what} takes {wanted} arguments, not {got}")]
    Arguments {
        /// Of what.
        what: String,
        /// How many.
        wanted: String,
        /// How many there are.
        got: usize,
    },
    /// A name that cannot be given to a variable.
    #[error("@${0} is the debugger's own and cannot be set by dx")]
    Reserved(String),
    /// Nested deeper than any person writes.
    #[error("nested too deeply")]
    TooDeep,
    /// More than is kept.
    #[error("{what} of more than {limit}")]
    TooMuch {
        /// What.
        what: &'static str,
        /// How much is kept.
        limit: usize,
    },
    /// The user stopped it.
    #[error("stopped")]
    Stopped,
}

/// Names in a row; "nothing" where there are none.
fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

impl ModelError {
    /// Whether it says of one thing only that the dump does not tell: a list goes on behind it.
    pub fn is_lack(&self) -> bool {
        match self {
            ModelError::Lack(_) => true,
            ModelError::Expression(error) => matches!(error.fault, Fault::Lack(_)),
            _ => false,
        }
    }
}

impl From<Lack> for ModelError {
    fn from(lack: Lack) -> ModelError {
        match lack {
            Lack::Stopped => ModelError::Stopped,
            lack => ModelError::Lack(lack),
        }
    }
}

impl From<EvalError> for ModelError {
    fn from(error: EvalError) -> ModelError {
        ModelError::Expression(error)
    }
}
