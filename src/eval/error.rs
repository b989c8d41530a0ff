//! Why an expression has no value, in the debugger's wording.

use crate::debuggee::Lack;
use crate::words::Message;
use std::fmt;
use thiserror::Error;

/// Why an expression has no value, and where in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct EvalError {
    /// What is wrong.
    pub fault: Fault,
    /// The text from the token that is blamed to the end of what was evaluated.
    pub at: String,
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A name that is no symbol, module, type or number.
    Unresolved,
    /// A register that the target's processor or the debugger does not have.
    Register,
    /// An operator without anything to work on.
    Missing,
    /// Text that is no expression.
    Syntax,
    /// A C++ token that cannot stand there.
    Token,
    /// A character that no C++ token starts with.
    Character,
    /// A division by zero.
    Operand,
    /// A number of more than 64 bits.
    Overflow,
    /// A value that the expression needs, and why it cannot be had: memory, a variable of the frame.
    Lack(Box<Lack>),
    /// An operation that the types do not allow, and why.
    Type(String),
    /// `->` on something that is no pointer.
    Arrow,
    /// `.` on something that has no members.
    Dot,
    /// `*` on something that is no pointer to a known type.
    Dereference,
    /// A member that a structure does not have: the structure.
    Member(String),
    /// `@@` with a name of no evaluator.
    Evaluator,
    /// `$fnsucc`: the type that a function returns is not known.
    ReturnType,
    /// More text than one expression.
    Extra,
    /// Nested deeper than any person writes.
    TooDeep,
    /// A variable of the frame that is not in memory, where its address is meant.
    NoAddress(String),
}

/// How an error shows its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// By the rest of the text, in quotes.
    Quote,
    /// By a caret under the blamed character of the line.
    Caret,
    /// By a caret under what stands before the expression.
    Before,
}

impl EvalError {
    /// A fault at the start of `at`.
    pub fn new(fault: Fault, at: &str) -> EvalError {
        EvalError { fault, at: at.to_owned() }
    }

    /// How the debugger shows where it is.
    pub fn mark(&self) -> Mark {
        match self.fault {
            Fault::Extra => Mark::Caret,
            Fault::Evaluator | Fault::ReturnType => Mark::Before,
            _ => Mark::Quote,
        }
    }

    /// What the debugger calls it, without the place.
    pub fn title(&self) -> &'static str {
        match self.fault {
            Fault::Unresolved | Fault::Member(_) => "Couldn't resolve error",
            Fault::Register => "Bad register error",
            Fault::Missing => "Numeric expression missing",
            Fault::Syntax | Fault::Evaluator => "Syntax error",
            Fault::Token => "Unexpected token",
            Fault::Character => "Unexpected character",
            Fault::Operand => "Operand error",
            Fault::Overflow => "Overflow error",
            Fault::NoAddress(_) => "No value",
            Fault::Lack(ref lack) if matches!(**lack, Lack::NoValue { .. }) => "No value",
            Fault::Lack(_) => "Memory access error",
            Fault::Type(_) => "Type conflict error",
            Fault::Arrow => "Type is not pointer for operator->",
            Fault::Dot => "Type is not struct/class/union for operator.",
            Fault::Dereference => "No pointer for operator*",
            Fault::ReturnType => "Unknown or unsupported return type",
            Fault::Extra => "Extra character error",
            Fault::TooDeep => "Expression too deeply nested",
        }
    }

    /// What to type about it.
    pub fn hint(&self) -> Option<Message> {
        match &self.fault {
            Fault::Unresolved => Some(Message::new("hint.names")),
            Fault::NoAddress(name) => Some(Message::new("hint.value").with("name", name)),
            _ => None,
        }
    }

    /// What the debugger's wording leaves out.
    pub fn detail(&self) -> Option<String> {
        Some(match &self.fault {
            Fault::Unresolved => "no symbol, module, type or number of that name".to_owned(),
            Fault::Operand => "division by zero".to_owned(),
            Fault::Overflow => "more than 64 bits".to_owned(),
            Fault::Lack(lack) => lack.to_string(),
            Fault::Member(of) => format!("{of} has no such member"),
            Fault::Type(why) if !why.is_empty() => why.clone(),
            Fault::ReturnType => "the type that the function returns is not known".to_owned(),
            _ => return None,
        })
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let preposition = match &self.fault {
            Fault::Lack(lack) if matches!(**lack, Lack::NoValue { .. }) => return write!(out, "{lack}"),
            Fault::NoAddress(name) => {
                return write!(out, "'{name}' is kept in a register, so it has no address");
            }
            Fault::Missing => " from",
            Fault::Character | Fault::Extra | Fault::Evaluator | Fault::ReturnType => " in",
            Fault::Token | Fault::Arrow | Fault::Dot | Fault::Dereference => "",
            _ => " at",
        };
        let place = if self.at.trim().is_empty() { "<EOL>" } else { &self.at };
        write!(out, "{}{preposition} '{place}'", self.title())
    }
}
