//! The C++ evaluator of `??` and `@@c++()`: typed values, members, casts, arithmetic.
//!
//! [`lexer`] and [`literal`] read tokens, [`parser`] makes a tree of them (with [`type_name`] and [`macros`]), [`mod@evaluate`] walks
//! it with the rules of [`arithmetic`]. Numbers are decimal unless prefixed. Nothing is ever written and no function is
//! called.

mod arithmetic;
mod ctype;
mod evaluate;
mod lexer;
mod literal;
mod macros;
pub mod operate;
mod parser;
mod precedence;
mod syntax;
mod type_name;
mod value;

pub use ctype::CType;
pub use lexer::{Token, identifier, token};
pub use parser::{Leaf, cast_type, leaf};
pub use precedence::binds;
pub use type_name::Names;
pub use value::{Kind, Typed};

use super::{EvalError, EvalHost, Fault};

/// Evaluates `text`, which must be one whole expression. What lies in memory is not read yet.
///
/// # Errors
/// Says what could not be resolved, read or parsed.
pub fn evaluate(text: &str, host: &dyn EvalHost) -> Result<Typed, EvalError> {
    let (tree, rest) = parser::parse(text, host)?;
    match rest.trim_start() {
        "" => evaluate::Evaluator::new(text, host).value(&tree),
        rest => Err(EvalError::new(Fault::Extra, rest)),
    }
}

/// Evaluates the expression at the start of `text` and returns what stands after it. A number or pointer in memory is
/// known to be readable then.
///
/// # Errors
/// As [`fn@evaluate`].
pub fn evaluate_prefix<'t>(text: &'t str, host: &dyn EvalHost) -> Result<(Typed, &'t str), EvalError> {
    let (tree, rest) = parser::parse(text, host)?;
    let value = evaluate::Evaluator::new(text, host).readable(&tree)?;
    Ok((value, rest))
}

#[cfg(test)]
mod tests;
