//! The C++ evaluator of `??` and `@@c++()`: typed values, members, casts, arithmetic with C's conversions.
//!
//! Numbers are decimal unless prefixed. Nothing is ever written and no function is called.

mod ctype;
mod parser;
mod primary;
mod value;

pub use ctype::CType;
pub use value::{Kind, Typed};

use super::{EvalError, EvalHost};

/// Evaluates `text`, which must be one whole expression.
///
/// # Errors
/// Says what could not be resolved, read or parsed.
pub fn evaluate(text: &str, host: &dyn EvalHost) -> Result<Typed, EvalError> {
    let (value, rest) = parser::parse(text, host)?;
    match rest.trim() {
        "" => Ok(value),
        rest => Err(EvalError::Syntax(rest.to_owned())),
    }
}

#[cfg(test)]
mod tests;
