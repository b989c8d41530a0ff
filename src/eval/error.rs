//! Why an expression has no value, in the debugger's wording.

use crate::util::hex;
use thiserror::Error;

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EvalError {
    /// A name that is no symbol, module or number.
    #[error("Couldn't resolve error at '{0}': no symbol, module, register or number of that name")]
    Unresolved(String),
    /// A register name the target's processor does not have.
    #[error("Bad register error at '{0}'")]
    Register(String),
    /// A variable of the frame whose value is not known there.
    #[error("'{name}' has no value here: {why}")]
    Lost {
        /// The variable.
        name: String,
        /// What became of it.
        why: String,
    },
    /// A variable of the frame that is not in memory, where its address is meant.
    #[error("'{0}' is kept in a register, so it has no address; ?? {0} shows its value")]
    NoAddress(String),
    /// Memory that the expression reads and the dump cannot give.
    #[error("Memory access error at '{text}': {} cannot be read", hex::tick(*.address))]
    Memory {
        /// The rest of the expression from where the read stands.
        text: String,
        /// The address that was read.
        address: u64,
    },
    /// Text that is no expression.
    #[error("Syntax error at '{0}'")]
    Syntax(String),
    /// An operation that the types do not allow.
    #[error("Type conflict: {0}")]
    Type(String),
    /// A member that a structure does not have.
    #[error("Couldn't resolve error at '{text}': no such member '{name}' of {ty}")]
    Member {
        /// The member.
        name: String,
        /// The structure.
        ty: String,
        /// The expression from where it stands.
        text: String,
    },
    /// A division by zero.
    #[error("Division by zero at '{0}'")]
    DivisionByZero(String),
    /// A number of more than 64 bits.
    #[error("Numeric overflow at '{0}': more than 64 bits")]
    Overflow(String),
    /// An expression nested deeper than any person writes.
    #[error("Expression too deeply nested at '{0}'")]
    TooDeep(String),
}
