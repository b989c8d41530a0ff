//! The tree of a C++ expression.

use super::ctype::CType;
use super::value::Typed;

/// A part of an expression.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub expr: Expr,
    /// Bytes from the token that is blamed where it fails to the end of the text: the token after it, or a member's name.
    pub left: usize,
    /// How many nodes lie on the longest way down from it, itself included.
    pub height: usize,
}

/// What a part of an expression is.
#[derive(Debug)]
pub enum Expr {
    /// A constant, a register, a variable.
    Value(Typed),
    /// A symbol of which only the address is known, or a function: it is its address, with `&` before it too.
    Address(Typed),
    /// `@@masm(...)`.
    Masm(String),
    /// `- + ~ !` before something.
    Unary(char, Box<Node>),
    /// `*`.
    Dereference(Box<Node>),
    /// `&`.
    AddressOf(Box<Node>),
    /// Two parts with an operator between them, `&&` and `||` included.
    Binary(&'static str, Box<Node>, Box<Node>),
    /// `?:`.
    Conditional(Box<Node>, Box<Node>, Box<Node>),
    /// A cast.
    Cast(CType, Box<Node>),
    /// `a[b]`.
    Index(Box<Node>, Box<Node>),
    /// `a.b`, `a->b`.
    Member {
        /// Of what.
        of: Box<Node>,
        /// The member's name.
        name: String,
        /// Whether it was written with an arrow.
        arrow: bool,
        /// Bytes from the dot or arrow to the end of the text.
        sign: usize,
    },
    /// `sizeof` of an expression.
    SizeOf(Box<Node>),
    /// An assignment to something: values are never changed.
    Assign(Box<Node>),
    /// A macro: its text with the arguments filled in, and the tree of that text.
    Macro(String, Box<Node>),
}

impl Expr {
    /// The parts that it is made of.
    fn parts(&self) -> [Option<&Node>; 3] {
        match self {
            Expr::Value(_) | Expr::Address(_) | Expr::Masm(_) => [None, None, None],
            Expr::Unary(_, a)
            | Expr::Dereference(a)
            | Expr::AddressOf(a)
            | Expr::Cast(_, a)
            | Expr::SizeOf(a)
            | Expr::Assign(a)
            | Expr::Macro(_, a) => [Some(a), None, None],
            Expr::Member { of, .. } => [Some(of), None, None],
            Expr::Binary(_, a, b) | Expr::Index(a, b) => [Some(a), Some(b), None],
            Expr::Conditional(a, b, c) => [Some(a), Some(b), Some(c)],
        }
    }

    /// As a node that blames the token `left` bytes before the end.
    pub fn node(self, left: usize) -> Node {
        let below = self.parts().into_iter().flatten().map(|part| part.height).max();
        Node { height: 1 + below.unwrap_or(0), expr: self, left }
    }
}
