//! From text to a tree: C++'s operators, and around and between them what the data model adds.

use super::error::ModelError;
use super::syntax::{Expr, Node, Root};
use crate::eval::cxx::{Names, Token, binds, cast_type, identifier, leaf, token};
use crate::eval::{EvalError, EvalHost, Fault};
use std::sync::Arc;

/// Expressions nested deeper than this are refused.
const MAX_DEPTH: usize = 48;
/// Chains longer than this are refused: the tree is walked by recursion.
const MAX_HEIGHT: usize = 96;

type Parsed = Result<Node, ModelError>;

struct Parser<'t, 'h> {
    text: &'h Arc<str>,
    rest: &'t str,
    host: &'h dyn EvalHost,
    depth: usize,
    /// The names that stand for what functions were given, the innermost last.
    names: Vec<Arc<str>>,
}

/// `@$NAME = EXPRESSION` as its name, without the mark, and its expression.
pub fn assignment(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_start().strip_prefix("@$")?;
    let name = identifier(rest);
    let after = rest.get(name.len()..)?.trim_start().strip_prefix('=')?;
    (!name.is_empty() && !after.starts_with(['=', '>'])).then_some((name, after))
}

/// Whether a variable's name, without the mark, is one of the data model's own.
pub fn is_root(name: &str) -> bool {
    Root::NAMES.iter().any(|(known, _)| *known == name)
}

/// The tree of an expression behind which nothing stands.
///
/// # Errors
/// Text that is no expression, names that stand for nothing.
pub(super) fn parse(text: &Arc<str>, host: &dyn EvalHost) -> Parsed {
    let mut parser = Parser { text, rest: text, host, depth: 0, names: Vec::new() };
    let node = parser.expression()?;
    match parser.next() {
        "" => Ok(node),
        rest => parser.fail(Fault::Extra, rest),
    }
}

/// `(a, b) =>` or `a =>` at the start of a text, and what follows it.
fn parameters(text: &str) -> Option<(Vec<Arc<str>>, &str)> {
    let mut names = Vec::new();
    let rest = match text.strip_prefix('(') {
        None => {
            let name = identifier(text);
            names.push(name);
            text.get(name.len()..)?
        }
        Some(mut rest) => loop {
            rest = rest.trim_start();
            if let Some(after) = rest.strip_prefix(')').filter(|_| names.is_empty()) {
                break after;
            }
            let name = identifier(rest);
            names.push(name);
            rest = rest.get(name.len()..)?.trim_start();
            match rest.strip_prefix(')') {
                Some(after) => break after,
                None => rest = rest.strip_prefix(',')?,
            }
        },
    };
    let rest = rest.trim_start().strip_prefix("=>")?;
    let is_name = |name: &&str| !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit());
    names.iter().all(is_name).then(|| (names.into_iter().map(Arc::from).collect(), rest))
}

impl<'t> Parser<'t, '_> {
    fn next(&self) -> &'t str {
        self.rest.trim_start()
    }

    fn fail<T>(&self, fault: Fault, at: &str) -> Result<T, ModelError> {
        Err(EvalError::new(fault, at).into())
    }

    fn node(&self, expr: Expr) -> Parsed {
        self.checked(expr.node(self.next().len()))
    }

    fn checked(&self, node: Node) -> Parsed {
        if node.height > MAX_HEIGHT { Err(ModelError::TooDeep) } else { Ok(node) }
    }

    fn take(&mut self, sign: &str) -> bool {
        match token(self.next()) {
            (Token::Sign(found), after) if found == sign => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    fn need(&mut self, sign: &str) -> Result<(), ModelError> {
        if self.take(sign) { Ok(()) } else { self.fail(Fault::Token, self.next()) }
    }

    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ModelError::TooDeep);
        }
        let node = parse(self);
        self.depth -= 1;
        node
    }

    fn expression(&mut self) -> Parsed {
        let condition = self.level(0)?;
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.nested(Self::expression)?;
        self.need(":")?;
        let no = self.nested(Self::expression)?;
        self.node(Expr::Conditional(condition.into(), yes.into(), no.into()))
    }

    fn level(&mut self, level: usize) -> Parsed {
        let mut left = self.nested(Self::unary)?;
        while let (Token::Sign(sign), after) = token(self.next()) {
            let Some(binds) = binds(sign).filter(|binds| *binds >= level) else { break };
            self.rest = after;
            let right = self.level(binds + 1)?;
            left = self.node(Expr::Binary(sign, left.into(), right.into()))?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed {
        let at = self.next();
        if let Some((names, rest)) = parameters(at) {
            self.rest = rest;
            return self.lambda(names);
        }
        let (Token::Sign(sign), after) = token(at) else {
            return self.postfix();
        };
        match sign {
            "-" | "+" | "~" | "!" | "*" | "&" => {
                self.rest = after;
                let of = Box::new(self.nested(Self::unary)?);
                self.node(match sign {
                    "*" => Expr::Dereference(of),
                    "&" => Expr::AddressOf(of),
                    _ => Expr::Unary(sign.chars().next().unwrap_or('+'), of),
                })
            }
            "(" => {
                let is_name = self.names.iter().any(|name| **name == *identifier(after.trim_start()));
                match cast_type(after, Names::All, self.host).filter(|_| !is_name) {
                    Some((ty, after)) => {
                        self.rest = after;
                        let of = self.nested(Self::unary)?;
                        self.node(Expr::Cast(ty, of.into()))
                    }
                    None => self.postfix(),
                }
            }
            _ => self.postfix(),
        }
    }

    /// A function's body; its names and the arrow were taken.
    fn lambda(&mut self, names: Vec<Arc<str>>) -> Parsed {
        let outside = self.names.len();
        self.names.extend(names.iter().cloned());
        let body = self.nested(Self::expression);
        self.names.truncate(outside);
        self.node(Expr::Lambda(names, Arc::new(body?)))
    }

    fn postfix(&mut self) -> Parsed {
        let mut node = self.primary()?;
        loop {
            if self.take("[") {
                let index = self.nested(Self::expression)?;
                self.need("]")?;
                node = self.node(Expr::Index(node.into(), index.into()))?;
                continue;
            }
            if self.next().starts_with('(') && callable(&node.expr) {
                let arguments = self.arguments()?;
                node = self.node(Expr::Call(node.into(), arguments))?;
                continue;
            }
            let arrow = self.take("->");
            if !arrow && !self.take(".") {
                return Ok(node);
            }
            let at = self.next();
            let name = identifier(at);
            if name.is_empty() {
                return self.fail(Fault::Syntax, at);
            }
            self.rest = at.get(name.len()..).unwrap_or_default();
            let expr = match self.next().starts_with('(') {
                true => Expr::Method(node.into(), name.into(), self.arguments()?),
                false => Expr::Member(node.into(), name.into(), arrow),
            };
            node = self.checked(expr.node(at.len()))?;
        }
    }

    /// `(a, b)`
    fn arguments(&mut self) -> Result<Vec<Node>, ModelError> {
        self.need("(")?;
        let mut arguments = Vec::new();
        if self.take(")") {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.nested(Self::expression)?);
            if !self.take(",") {
                self.need(")")?;
                return Ok(arguments);
            }
        }
    }

    fn primary(&mut self) -> Parsed {
        let at = self.next();
        match token(at) {
            (Token::Sign("("), after) => {
                self.rest = after;
                let node = self.nested(Self::expression)?;
                self.need(")")?;
                let left = if matches!(node.expr, Expr::Member(..)) { node.left } else { self.next().len() };
                Ok(Node { left, ..node })
            }
            (Token::Sign("\""), after) => self.text(at, after),
            (Token::Name(name), after) => self.name(name, after, at),
            (Token::Sign("@"), after) => self.variable(after, at),
            _ => self.native(at),
        }
    }

    fn name(&mut self, name: &'t str, after: &'t str, at: &'t str) -> Parsed {
        let known = self.names.iter().find(|known| ***known == *name).cloned();
        let expr = match name {
            _ if known.is_some() => Expr::Name(known.unwrap_or_default()),
            "Debugger" => Expr::Root(Root::Debugger),
            "new" => {
                self.rest = after;
                return self.new_object();
            }
            "__iserror" => {
                self.rest = after;
                self.need("(")?;
                let of = self.nested(Self::expression)?;
                self.need(")")?;
                return self.node(Expr::IsError(of.into()));
            }
            _ => return self.native(at),
        };
        self.rest = after;
        self.node(expr)
    }

    /// `{ A = b, C = d }`
    fn new_object(&mut self) -> Parsed {
        self.need("{")?;
        let mut fields: Vec<(Arc<str>, Node)> = Vec::new();
        while !self.take("}") {
            let at = self.next();
            let name = identifier(at);
            if name.is_empty() || fields.iter().any(|(known, _)| **known == *name) {
                return self.fail(Fault::Syntax, at);
            }
            self.rest = at.get(name.len()..).unwrap_or_default();
            self.need("=")?;
            fields.push((name.into(), self.nested(Self::expression)?));
            if !self.take(",") {
                self.need("}")?;
                break;
            }
        }
        self.node(Expr::New(fields))
    }

    /// `@$name`: what the data model calls so, a register of the debugger's, a variable.
    fn variable(&mut self, after: &'t str, at: &'t str) -> Parsed {
        let Some(rest) = after.strip_prefix('$') else {
            return self.native(at);
        };
        let name = identifier(rest);
        let root = Root::NAMES.iter().find(|(known, _)| *known == name);
        let expr = match root {
            Some((_, root)) => Expr::Root(*root),
            None if name.is_empty() || self.host.register(&format!("${name}")).is_some() => {
                return self.native(at);
            }
            None => Expr::Variable(name.into()),
        };
        self.rest = rest.get(name.len()..).unwrap_or_default();
        self.node(expr)
    }

    /// A text in quotes; the first was taken.
    fn text(&mut self, at: &'t str, after: &'t str) -> Parsed {
        let mut text = String::new();
        let mut chars = after.char_indices();
        while let Some((place, c)) = chars.next() {
            match c {
                '"' => {
                    self.rest = after.get(place + 1..).unwrap_or_default();
                    return self.node(Expr::Text(text.into()));
                }
                '\\' => match chars.next().map(|(_, escaped)| escaped) {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some('0') => text.push('\0'),
                    Some(other) => text.push(other),
                    None => break,
                },
                c => text.push(c),
            }
        }
        self.fail(Fault::Syntax, at)
    }

    fn native(&mut self, at: &'t str) -> Parsed {
        let (found, rest) = leaf(self.text, at, self.host)?;
        self.rest = rest;
        self.node(Expr::Native(found))
    }
}

/// Whether brackets behind it call it.
fn callable(expr: &Expr) -> bool {
    matches!(expr, Expr::Lambda(..) | Expr::Name(_) | Expr::Variable(_) | Expr::Call(..) | Expr::Member(..))
}
