//! Expressions: the MASM evaluator of the command line, and the C++ evaluator of `??`.

pub mod cxx;
mod error;
mod masm;
pub mod model;

use crate::debuggee::{FoundType, Place};
use crate::memory::ReadError;
use crate::session::{Evaluator, Radix};
use crate::symbols::types::{Base, BaseKind};
pub use error::{EvalError, Fault, Mark};
pub use masm::as_typed;
use std::borrow::Cow;

/// What an expression may ask of the debugger.
pub trait EvalHost {
    /// The value of a register or pseudo-register, named without `@`; `None` if there is no such register.
    fn register(&self, name: &str) -> Option<u64>;
    /// The address of a symbol or the base of a module; `None` if there is none of that name.
    fn symbol(&self, name: &str) -> Option<u64>;
    /// An unsigned value of 1 to 8 bytes at a place, or why it cannot be read.
    ///
    /// # Errors
    /// The first byte that cannot be read, and why.
    fn read(&self, place: &Place, size: usize) -> Result<u64, ReadError>;
    /// Whether every byte of a range can be read.
    fn readable(&self, address: u64, length: u64) -> bool;
    /// The entry point of the image that lies at an address; `None` where none lies, or where it has none.
    fn entry_point(&self, _address: u64) -> Option<u64> {
        None
    }
    /// The default radix of numbers.
    fn radix(&self) -> Radix;
    /// Which evaluator reads what names none.
    fn evaluator(&self) -> Evaluator {
        Evaluator::Masm
    }
    /// Bytes in a pointer of the target (4 or 8), for `poi`.
    fn pointer_size(&self) -> usize;
    /// The type of that name.
    fn find_type(&self, _name: &str) -> Option<FoundType> {
        None
    }
    /// A symbol's address and, where known, its type.
    fn variable(&self, name: &str) -> Option<(u64, Option<FoundType>)> {
        Some((self.symbol(name)?, None))
    }
    /// A variable of the selected frame, or why its value is not known; `None` if the frame has none of that name.
    fn local(&self, _name: &str) -> Option<Result<cxx::Typed, EvalError>> {
        None
    }
    /// Whether MASM's constants of 32 bits extend their sign: in kernel mode they do.
    fn extends_sign(&self) -> bool {
        false
    }
    /// Bytes in the register of that name, which is known.
    fn register_size(&self, _name: &str) -> usize {
        8
    }
    /// The type that C++ gives to the register of that name, which is known.
    fn register_base(&self, _name: &str) -> Base {
        Base::new(BaseKind::UInt, 8)
    }
    /// The type of a pseudo-register (named without `@`), as C++ spells it.
    fn register_type(&self, _name: &str) -> Option<Cow<'_, str>> {
        None
    }
}

/// Evaluates `text`, which must be one whole expression.
///
/// # Errors
/// Says what could not be resolved, read or parsed.
pub fn evaluate(text: &str, host: &dyn EvalHost) -> Result<u64, EvalError> {
    whole(evaluate_prefix(text, host)?)
}

/// The value of an expression behind which nothing stands.
fn whole((value, rest): (u64, &str)) -> Result<u64, EvalError> {
    match rest.trim_start() {
        "" => Ok(value),
        rest => Err(EvalError::new(Fault::Extra, rest)),
    }
}

/// Evaluates the longest expression at the start of `text` with the evaluator that the host has chosen, and returns what
/// stands after it.
///
/// # Errors
/// As [`evaluate`]; text that starts no expression is an error.
pub fn evaluate_prefix<'t>(text: &'t str, host: &dyn EvalHost) -> Result<(u64, &'t str), EvalError> {
    match host.evaluator() {
        Evaluator::Masm => masm::evaluate_prefix(text, host),
        Evaluator::Cxx => {
            let (value, rest) = cxx::evaluate_prefix(text, host)?;
            let value = value.integer(host).map_err(|fault| EvalError::new(fault, rest.trim_start()))?;
            Ok((value, rest))
        }
    }
}
