//! What C++ does to values, for another grammar that stands around C++'s.

use super::ctype::CType;
use super::evaluate::Evaluator;
use super::syntax::{Expr, Node};
use super::value::Typed;
use crate::eval::{EvalHost, Fault};

type Outcome = Result<Typed, Fault>;

fn value(expr: Expr, host: &dyn EvalHost) -> Outcome {
    Evaluator::new("", host).value(&expr.node(0)).map_err(|error| error.fault)
}

fn leaf(of: &Typed) -> Box<Node> {
    Box::new(Expr::Value(of.clone()).node(0))
}

/// `- + ~ !` before a value.
///
/// # Errors
/// What the types do not allow, what cannot be read.
pub fn unary(operator: char, of: &Typed, host: &dyn EvalHost) -> Outcome {
    value(Expr::Unary(operator, leaf(of)), host)
}

/// An operator between two values.
///
/// # Errors
/// As [`unary`]; a division by zero.
pub fn binary(operator: &'static str, a: &Typed, b: &Typed, host: &dyn EvalHost) -> Outcome {
    value(Expr::Binary(operator, leaf(a), leaf(b)), host)
}

/// `*of`
///
/// # Errors
/// As [`unary`].
pub fn dereference(of: &Typed, host: &dyn EvalHost) -> Outcome {
    value(Expr::Dereference(leaf(of)), host)
}

/// `&of`
///
/// # Errors
/// As [`unary`].
pub fn address_of(of: &Typed, host: &dyn EvalHost) -> Outcome {
    value(Expr::AddressOf(leaf(of)), host)
}

/// `(TYPE)of`
///
/// # Errors
/// As [`unary`].
pub fn cast(to: &CType, of: &Typed, host: &dyn EvalHost) -> Outcome {
    value(Expr::Cast(to.clone(), leaf(of)), host)
}

/// `of[at]`
///
/// # Errors
/// As [`unary`].
pub fn index(of: &Typed, at: &Typed, host: &dyn EvalHost) -> Outcome {
    value(Expr::Index(leaf(of), leaf(at)), host)
}

/// `of.name`, `of->name`; after a pointer a dot does what an arrow does.
///
/// # Errors
/// As [`unary`]; a member that there is none of.
pub fn member(of: &Typed, name: &str, arrow: bool, host: &dyn EvalHost) -> Outcome {
    let arrow = arrow || matches!(of.ty, CType::Pointer(..));
    value(Expr::Member { of: leaf(of), name: name.to_owned(), arrow, sign: 0 }, host)
}
