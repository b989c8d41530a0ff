//! The tree of an expression of the data model.

use crate::eval::cxx::{CType, Leaf};
use std::sync::Arc;

/// A part of an expression.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub expr: Expr,
    /// Bytes from the token that is blamed where it fails to the end of the text.
    pub left: usize,
    /// How many nodes lie on the longest way down from it, itself included.
    pub height: usize,
}

/// What a part of an expression is.
#[derive(Debug)]
pub enum Expr {
    /// An expression of C++'s own.
    Native(Leaf),
    /// A text in quotes.
    Text(Arc<str>),
    /// What a function was given under that name.
    Name(Arc<str>),
    /// `Debugger`, `@$cursession` ...
    Root(Root),
    /// `@$name`
    Variable(Arc<str>),
    /// `- + ~ !` before something.
    Unary(char, Box<Node>),
    /// `*`
    Dereference(Box<Node>),
    /// `&`
    AddressOf(Box<Node>),
    /// A cast.
    Cast(CType, Box<Node>),
    /// Two parts with an operator between them.
    Binary(&'static str, Box<Node>, Box<Node>),
    /// `?:`
    Conditional(Box<Node>, Box<Node>, Box<Node>),
    /// `a[b]`
    Index(Box<Node>, Box<Node>),
    /// `a.b`, `a->b`
    Member(Box<Node>, Arc<str>, bool),
    /// `a.b(c)`
    Method(Box<Node>, Arc<str>, Vec<Node>),
    /// `f(a)`
    Call(Box<Node>, Vec<Node>),
    /// `__iserror(a)`
    IsError(Box<Node>),
    /// `(a, b) => c`
    Lambda(Vec<Arc<str>>, Arc<Node>),
    /// `new { A = b }`
    New(Vec<(Arc<str>, Node)>),
}

/// Where the data model begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// `Debugger`
    Debugger,
    /// `@$cursession`
    Session,
    /// `@$curprocess`
    Process,
    /// `@$curthread`
    Thread,
    /// `@$curstack`
    Stack,
    /// `@$curframe`
    Frame,
    /// `@$vars`
    Variables,
}

impl Root {
    /// Those that are written as variables, without the mark.
    pub const NAMES: &'static [(&'static str, Root)] = &[
        ("cursession", Root::Session),
        ("curprocess", Root::Process),
        ("curthread", Root::Thread),
        ("curstack", Root::Stack),
        ("curframe", Root::Frame),
        ("vars", Root::Variables),
    ];
}

impl Expr {
    fn parts(&self) -> Vec<&Node> {
        match self {
            Expr::Native(_) | Expr::Text(_) | Expr::Name(_) | Expr::Root(_) | Expr::Variable(_) => Vec::new(),
            Expr::Unary(_, a)
            | Expr::Dereference(a)
            | Expr::AddressOf(a)
            | Expr::Cast(_, a)
            | Expr::IsError(a)
            | Expr::Member(a, ..) => vec![a],
            Expr::Binary(_, a, b) | Expr::Index(a, b) => vec![a, b],
            Expr::Conditional(a, b, c) => vec![a, b, c],
            Expr::Method(a, _, rest) | Expr::Call(a, rest) => {
                let first: &Node = a;
                std::iter::once(first).chain(rest).collect()
            }
            Expr::Lambda(_, body) => vec![body],
            Expr::New(fields) => fields.iter().map(|(_, node)| node).collect(),
        }
    }

    /// As a node that blames the token `left` bytes before the end.
    pub fn node(self, left: usize) -> Node {
        let below = self.parts().into_iter().map(|part| part.height).max();
        Node { height: 1 + below.unwrap_or(0), expr: self, left }
    }
}
