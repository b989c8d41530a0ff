//! From text to a tree. Names are looked up at once, so that the first unknown one is blamed.

use super::ctype::CType;
use super::evaluate::{Evaluator, size_of};
use super::lexer::{Token, identifier, token};
use super::precedence::binds;
use super::syntax::{Expr, Node};
use super::type_name::{Names, type_name};
use super::value::Typed;
use super::{literal, macros};
use crate::debuggee::Place;
use crate::eval::{EvalError, EvalHost, Fault, masm};
use crate::symbols::types::Type;
use std::sync::Arc;

/// Expressions nested deeper than this are refused.
const MAX_DEPTH: usize = 64;
/// What a macro counts for: its text holds an argument several times, so macros within macros grow fast.
const MACRO_DEPTH: usize = 16;
/// Chains of operators longer than this are refused: the tree is walked by recursion.
const MAX_HEIGHT: usize = 256;

/// What would change something.
const ASSIGNMENTS: &[&str] = &["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="];

/// Casts that look like functions.
const NAMED_CASTS: &[&str] = &["static_cast", "reinterpret_cast", "const_cast", "dynamic_cast"];

struct Parser<'t, 'h> {
    rest: &'t str,
    host: &'h dyn EvalHost,
    names: Names,
    depth: usize,
}

/// The tree of the expression at the start of `text`, and what follows it.
///
/// # Errors
/// Text that is no expression, names that stand for nothing.
pub fn parse<'t>(text: &'t str, host: &dyn EvalHost) -> Result<(Node, &'t str), EvalError> {
    let mut parser = Parser { rest: text, host, names: Names::Debugger, depth: 0 };
    let node = parser.expression()?;
    Ok((node, parser.rest))
}

/// A part of an expression that another grammar stands around, with the text that it was read from.
#[derive(Debug, Clone)]
pub struct Leaf {
    text: Arc<str>,
    node: Arc<Node>,
}

impl Leaf {
    /// Its value. What lies in memory is not read yet.
    ///
    /// # Errors
    /// As [`Evaluator::value`].
    pub fn value(&self, host: &dyn EvalHost) -> Result<Typed, EvalError> {
        Evaluator::new(&self.text, host).value(&self.node)
    }
}

/// A number, a character, a register, a symbol, `sizeof`, a macro or `@@masm(...)` at the start of `rest`, which is the end
/// of `text`, and what follows it.
///
/// # Errors
/// As [`parse`].
pub fn leaf<'t>(text: &Arc<str>, rest: &'t str, host: &dyn EvalHost) -> Result<(Leaf, &'t str), EvalError> {
    let mut parser = Parser { rest, host, names: Names::All, depth: 0 };
    let node = parser.primary()?;
    Ok((Leaf { text: Arc::clone(text), node: Arc::new(node) }, parser.rest))
}

/// `TYPE)` at the start of `text`, and what follows it.
pub fn cast_type<'t>(text: &'t str, names: Names, host: &dyn EvalHost) -> Option<(CType, &'t str)> {
    let (ty, rest) = type_name(text, names, host)?;
    Some((ty, rest.trim_start().strip_prefix(')')?))
}

type Parsed = Result<Node, EvalError>;

impl<'t> Parser<'t, '_> {
    /// What stands next, without blanks before it.
    fn next(&self) -> &'t str {
        self.rest.trim_start()
    }

    fn fail<T>(&self, fault: Fault, at: &str) -> Result<T, EvalError> {
        Err(EvalError::new(fault, at))
    }

    /// A node that blames the token that stands next.
    fn node(&self, expr: Expr) -> Parsed {
        self.checked(expr.node(self.next().len()))
    }

    fn checked(&self, node: Node) -> Parsed {
        if node.height > MAX_HEIGHT { self.fail(Fault::TooDeep, self.next()) } else { Ok(node) }
    }

    /// Takes a sign if it stands next.
    fn take(&mut self, sign: &str) -> bool {
        match token(self.next()) {
            (Token::Sign(found), after) if found == sign => {
                self.rest = after;
                true
            }
            _ => false,
        }
    }

    fn need(&mut self, sign: &str) -> Result<(), EvalError> {
        if self.take(sign) { Ok(()) } else { self.fail(Fault::Token, self.next()) }
    }

    /// An expression with `?:`, and what assigns to it.
    fn expression(&mut self) -> Parsed {
        let condition = self.level(0)?;
        let whole = if self.take("?") {
            let yes = self.nested(Self::expression)?;
            self.need(":")?;
            let no = self.nested(Self::expression)?;
            self.node(Expr::Conditional(condition.into(), yes.into(), no.into()))?
        } else {
            condition
        };
        match token(self.next()) {
            (Token::Sign(sign), after) if ASSIGNMENTS.contains(&sign) => {
                let left = self.next().len();
                self.rest = after;
                self.nested(Self::expression)?;
                self.checked(Expr::Assign(whole.into()).node(left))
            }
            _ => Ok(whole),
        }
    }

    /// Operators that bind at least as tightly as `level`.
    fn level(&mut self, level: usize) -> Parsed {
        let mut left = self.unary()?;
        while let (Token::Sign(sign), after) = token(self.next()) {
            let Some(binds) = binds(sign).filter(|binds| *binds >= level) else { break };
            self.rest = after;
            let right = self.level(binds + 1)?;
            left = self.node(Expr::Binary(sign, left.into(), right.into()))?;
        }
        Ok(left)
    }

    /// One level deeper, unless that is deeper than any person writes.
    fn nested(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail(Fault::TooDeep, self.next());
        }
        let node = parse(self);
        self.depth -= 1;
        node
    }

    fn unary(&mut self) -> Parsed {
        self.nested(Self::unary_inner)
    }

    fn unary_inner(&mut self) -> Parsed {
        let at = self.next();
        let (Token::Sign(sign), after) = token(at) else {
            return self.postfix();
        };
        match sign {
            // `- -1` and `--1` alike: nothing is ever counted down.
            "-" | "+" | "~" | "!" | "*" | "&" => {
                self.rest = after;
                let of = Box::new(self.unary()?);
                self.node(match sign {
                    "*" => Expr::Dereference(of),
                    "&" => Expr::AddressOf(of),
                    _ => Expr::Unary(sign.chars().next().unwrap_or('+'), of),
                })
            }
            "(" => match cast_type(after, self.names, self.host) {
                Some((ty, after)) => {
                    self.rest = after;
                    let of = self.unary()?;
                    self.node(Expr::Cast(ty, of.into()))
                }
                None => self.postfix(),
            },
            _ => self.postfix(),
        }
    }

    fn postfix(&mut self) -> Parsed {
        let mut node = self.primary()?;
        loop {
            let sign = self.next().len();
            if self.take("[") {
                let index = self.nested(Self::expression)?;
                self.need("]")?;
                node = self.node(Expr::Index(node.into(), index.into()))?;
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
            let member = Expr::Member { of: node.into(), name: name.to_owned(), arrow, sign };
            node = self.checked(member.node(at.len()))?;
        }
    }

    fn primary(&mut self) -> Parsed {
        let at = self.next();
        match token(at) {
            (Token::Number, _) => {
                let (value, rest) = literal::number(at).map_err(|fault| EvalError::new(fault, at))?;
                self.rest = rest;
                self.node(Expr::Value(value))
            }
            (Token::Quote, _) => match literal::character(at) {
                Some((value, rest)) => {
                    self.rest = rest;
                    self.node(Expr::Value(value))
                }
                None => self.fail(Fault::Syntax, at),
            },
            (Token::Name(name), after) => {
                self.rest = after;
                self.name(name, at)
            }
            (Token::Sign("("), after) => {
                self.rest = after;
                let node = self.expression()?;
                self.need(")")?;
                // What fails blames the token after the bracket, but for a member.
                let left =
                    if matches!(node.expr, Expr::Member { .. }) { node.left } else { self.next().len() };
                Ok(Node { left, ..node })
            }
            (Token::Sign("@"), after) => self.at_sign(at, after),
            (Token::Sign("#"), after) => {
                let name = identifier(after);
                self.rest = after.get(name.len()..).unwrap_or_default();
                if macros::is_macro(name) { self.macros(name) } else { self.fail(Fault::Syntax, at) }
            }
            (Token::Unknown, _) => self.fail(Fault::Character, at),
            _ => self.fail(Fault::Syntax, at),
        }
    }

    /// A keyword, a macro, a variable or another symbol; it was taken.
    fn name(&mut self, name: &'t str, at: &'t str) -> Parsed {
        match name {
            "sizeof" => self.size_of(),
            "true" | "false" => self.node(Expr::Value(Typed::number(CType::BOOL, u64::from(name == "true")))),
            _ if NAMED_CASTS.contains(&name) => self.named_cast(),
            _ if macros::is_macro(name) => self.macros(name),
            _ => self.symbol(name, at),
        }
    }

    fn size_of(&mut self) -> Parsed {
        let named = self.next().strip_prefix('(').and_then(|inner| cast_type(inner, self.names, self.host));
        let Some((ty, rest)) = named else {
            let of = self.unary()?;
            return self.node(Expr::SizeOf(of.into()));
        };
        let size = size_of(&ty, self.host).map_err(|fault| EvalError::new(fault, self.next()))?;
        self.rest = rest;
        self.node(Expr::Value(size))
    }

    /// `static_cast<TYPE>(expression)` after its name: they all do what a plain cast does.
    fn named_cast(&mut self) -> Parsed {
        self.need("<")?;
        let at = self.next();
        let Some((ty, rest)) = type_name(at, self.names, self.host) else {
            return self.fail(Fault::Unresolved, at);
        };
        self.rest = rest;
        self.need(">")?;
        self.need("(")?;
        let of = self.nested(Self::expression)?;
        self.need(")")?;
        self.node(Expr::Cast(ty, of.into()))
    }

    /// A variable is its value, the selected frame's own first; a function, or a name without a type, its address.
    fn symbol(&self, name: &str, at: &str) -> Parsed {
        if let Some(local) = self.host.local(name) {
            return self.node(Expr::Value(local?));
        }
        let Some((address, ty)) = self.host.variable(name) else {
            return self.fail(Fault::Unresolved, at);
        };
        let pointer = |ty: CType| Typed::number(ty.pointer_of(self.host.pointer_size()), address);
        self.node(match ty {
            Some(found) if matches!(found.get(), Some(Type::Function(_))) => {
                Expr::Address(pointer(CType::Named(found)))
            }
            Some(found) => Expr::Value(Typed::at(CType::of(&found), Place::memory(address))),
            None => Expr::Address(pointer(CType::VOID)),
        })
    }

    /// `@rip`, `@$proc`, `@@masm(...)`, `@@c++(...)`, `@!"module!name"`; `@@(...)` is the other evaluator's.
    fn at_sign(&mut self, at: &'t str, after: &'t str) -> Parsed {
        let starts = |word: &str| {
            let (head, rest) = at.split_at_checked(word.len())?;
            head.eq_ignore_ascii_case(word).then_some(rest)
        };
        if let Some(inner) = starts("@@masm(").or_else(|| starts("@@(")) {
            return self.masm(at, inner);
        }
        if let Some(inner) = starts("@@c++(") {
            self.rest = inner;
            let node = self.nested(Self::expression)?;
            self.need(")")?;
            return Ok(node);
        }
        if after.starts_with('@') {
            return self.fail(Fault::Evaluator, at);
        }
        if let Some((name, rest)) = after.strip_prefix("!\"").and_then(|quoted| quoted.split_once('"')) {
            self.rest = rest;
            return self.symbol(name, at);
        }
        let name = identifier(after);
        self.rest = after.get(name.len()..).unwrap_or_default();
        let value = if name.is_empty() { None } else { self.host.register(name) };
        let Some(value) = value else {
            return self.fail(Fault::Register, at);
        };
        let spelled = self.host.register_type(name);
        let known = spelled.and_then(|spelled| Some(type_name(&spelled, Names::All, self.host)?.0));
        let ty = known.unwrap_or_else(|| CType::Base(self.host.register_base(name)));
        self.node(Expr::Value(Typed::number(ty, value)))
    }

    /// The MASM expression up to its closing bracket.
    fn masm(&mut self, at: &'t str, inner: &'t str) -> Parsed {
        if inner.matches("@@").count() > masm::MAX_SWITCHES {
            return self.fail(Fault::TooDeep, at);
        }
        let mut open = 1usize;
        let end = inner.char_indices().find_map(|(place, c)| {
            match c {
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            (open == 0).then_some(place)
        });
        let Some((text, rest)) = end.and_then(|end| inner.split_at_checked(end)) else {
            return self.fail(Fault::Syntax, at);
        };
        self.rest = rest.get(1..).unwrap_or_default();
        self.checked(Expr::Masm(text.to_owned()).node(self.rest.len()))
    }

    /// A macro, whose name was taken.
    fn macros(&mut self, name: &str) -> Parsed {
        let at = self.next();
        let Some((text, rest)) = macros::expand(name, at) else {
            return self.fail(Fault::Syntax, at);
        };
        self.rest = rest;
        let mut inner = Parser { rest: &text, depth: self.depth + MACRO_DEPTH, ..*self };
        let tree = inner.nested(Parser::expression).map_err(|error| {
            let at = format!("{}{rest}", error.at);
            EvalError { at, ..error }
        })?;
        self.checked(Expr::Macro(text, tree.into()).node(rest.len()))
    }
}
