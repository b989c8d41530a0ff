//! The MASM evaluator: 64-bit arithmetic, default radix 16, memory reads by `by wo dwo qwo poi`.
//!
//! Operators bind from tight to loose: unary, `* / %`, `+ -`, shifts, comparisons, and `& ^ |` alike, left to right.

mod functions;
mod lexer;
mod number;
mod operators;

#[cfg(test)]
mod tests;

use super::{EvalError, EvalHost, Fault, cxx};
use crate::debuggee::{Lack, Place};
use crate::session::Radix;
use crate::util::hex::tick;
use lexer::{is_decimal, register, strip, word};
pub use number::as_typed;
use number::{Numbers, extend, number};
use operators::operator_at;

/// Expressions nested deeper than this are refused.
const MAX_DEPTH: usize = 100;
/// An expression with more switches to the other evaluator is refused: each starts to count its depth afresh.
pub(super) const MAX_SWITCHES: usize = 16;

/// Evaluates `text`, which must be one whole expression.
///
/// # Errors
/// Says what could not be resolved, read or parsed.
pub fn evaluate(text: &str, host: &dyn EvalHost) -> Result<u64, EvalError> {
    super::whole(evaluate_prefix(text, host)?)
}

/// Evaluates the longest expression at the start of `text` and returns what stands after it.
///
/// # Errors
/// Says what could not be resolved, read or parsed; text that starts no expression.
pub fn evaluate_prefix<'t>(text: &'t str, host: &dyn EvalHost) -> Result<(u64, &'t str), EvalError> {
    let mut parser = Parser { rest: text, token: text, host, depth: 0 };
    let value = parser.binary(0)?;
    Ok((value, parser.rest))
}

struct Parser<'t, 'h> {
    /// What is left.
    rest: &'t str,
    /// The text from the last token that was taken: what a failed operation blames.
    token: &'t str,
    host: &'h dyn EvalHost,
    depth: usize,
}

impl<'t> Parser<'t, '_> {
    fn fail<T>(&self, fault: Fault, at: &str) -> Result<T, EvalError> {
        Err(EvalError::new(fault, at))
    }

    /// What stands next, without blanks before it.
    fn next(&self) -> &'t str {
        self.rest.trim_start()
    }

    /// Takes the token at the start of `at`, up to `after`.
    fn take(&mut self, at: &'t str, after: &'t str) {
        (self.token, self.rest) = (at, after);
    }

    /// Takes a sign that must stand next.
    fn need(&mut self, sign: &str) -> Result<(), EvalError> {
        let at = self.next();
        match at.strip_prefix(sign) {
            Some(after) => {
                self.take(at, after);
                Ok(())
            }
            None => self.fail(Fault::Syntax, at),
        }
    }

    /// An operand and what binds it at `level` or tighter: each operator is read once.
    fn binary(&mut self, level: u8) -> Result<u64, EvalError> {
        let mut left = self.unary()?;
        loop {
            let at = self.next();
            let Some((operator, after)) = operator_at(at).filter(|(operator, _)| operator.level >= level)
            else {
                return Ok(left);
            };
            self.take(at, after);
            let right = self.binary(operator.level + 1)?;
            left = match (operator.apply)(left, right) {
                Some(value) => value,
                None => return self.fail(Fault::Operand, self.token),
            };
        }
    }

    fn unary(&mut self) -> Result<u64, EvalError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.fail(Fault::TooDeep, self.next());
        }
        let value = self.unary_inner();
        self.depth -= 1;
        value
    }

    fn unary_inner(&mut self) -> Result<u64, EvalError> {
        let at = self.next();
        let after = |length| at.get(length..).unwrap_or_default();
        match at.chars().next() {
            Some(sign @ ('-' | '+' | '~')) => {
                self.take(at, after(1));
                let value = self.unary()?;
                Ok(match sign {
                    '-' => value.wrapping_neg(),
                    '~' => u64::from(value == 0),
                    _ => value,
                })
            }
            Some('(') => self.bracketed("(", ")"),
            Some('[') => self.bracketed("[", "]"),
            Some('\'') => self.characters(at),
            Some('@') => self.at_sign(at),
            Some('$') => self.dollar(at),
            Some('.') if word(after(1)).is_empty() => {
                self.take(at, after(1));
                self.host.register("$ip").ok_or_else(|| EvalError::new(Fault::Register, at))
            }
            Some(_) if !word(at).is_empty() => self.word(at),
            Some('!') => self.fail(Fault::Unresolved, at),
            None | Some(';' | ')' | ']' | ',') => self.fail(Fault::Missing, at),
            Some(_) if operator_at(at).is_some() => self.fail(Fault::Missing, at),
            Some(_) => self.fail(Fault::Syntax, at),
        }
    }

    fn bracketed(&mut self, open: &str, close: &str) -> Result<u64, EvalError> {
        self.need(open)?;
        let value = self.binary(0)?;
        self.need(close)?;
        Ok(value)
    }

    /// `'abcd'`: up to eight characters as a number, the first one highest.
    fn characters(&mut self, at: &'t str) -> Result<u64, EvalError> {
        let found = at.strip_prefix('\'').and_then(|inner| inner.split_once('\''));
        let Some((text, rest)) = found else {
            return self.fail(Fault::Syntax, at);
        };
        if text.is_empty() || text.len() > 8 {
            return self.fail(Fault::Overflow, at);
        }
        self.take(at, rest);
        Ok(text.bytes().fold(0, |value, byte| value << 8 | u64::from(byte)))
    }

    /// A register, or `@@c++(...)`, `@@masm(...)`, and `@@(...)`, which is the other evaluator's.
    fn at_sign(&mut self, at: &'t str) -> Result<u64, EvalError> {
        if let Some(inner) = strip(at, "@@c++(").or_else(|| strip(at, "@@(")) {
            return self.cxx(at, inner);
        }
        if let Some(inner) = strip(at, "@@masm(") {
            self.take(at, inner);
            let value = self.binary(0)?;
            return self.closed(at).map(|()| value);
        }
        if at.starts_with("@@") {
            return self.fail(Fault::Evaluator, at);
        }
        let after = at.get(1..).unwrap_or_default();
        let name = register(after);
        self.take(at, after.get(name.len()..).unwrap_or_default());
        let value = if name.is_empty() { None } else { self.host.register(name) };
        value.ok_or_else(|| EvalError::new(Fault::Register, at))
    }

    fn cxx(&mut self, at: &'t str, inner: &'t str) -> Result<u64, EvalError> {
        if inner.matches("@@").count() > MAX_SWITCHES {
            return self.fail(Fault::TooDeep, at);
        }
        let (value, rest) = cxx::evaluate_prefix(inner, self.host)?;
        let value = value.integer(self.host).map_err(|fault| EvalError::new(fault, rest.trim_start()))?;
        self.take(at, rest);
        self.closed(at).map(|()| value)
    }

    /// Takes the bracket that ends what another evaluator read.
    fn closed(&mut self, at: &'t str) -> Result<(), EvalError> {
        self.need(")").map_err(|_| EvalError::new(Fault::Syntax, at))
    }

    /// A pseudo-register without `@`, or a function.
    fn dollar(&mut self, at: &'t str) -> Result<u64, EvalError> {
        let name = register(at);
        let after = at.get(name.len()..).unwrap_or_default();
        if functions::is_function(name) {
            self.take(at, after);
            return self.function(at, &name.to_ascii_lowercase());
        }
        match self.host.register(name) {
            Some(value) => {
                self.take(at, after);
                Ok(value)
            }
            None => self.fail(Fault::Unresolved, at),
        }
    }

    /// A number, a word operator, a register or a symbol.
    fn word(&mut self, at: &'t str) -> Result<u64, EvalError> {
        let name = match word(at) {
            // Only hexadecimal numbers have it between their digits.
            name if self.host.radix() != Radix::Hex && is_decimal(name) => {
                name.split('`').next().unwrap_or(name)
            }
            name => name,
        };
        let how = Numbers { radix: self.host.radix(), extend: self.host.extends_sign() };
        match number(name, how) {
            Some(Ok(value)) => {
                self.take(at, at.get(name.len()..).unwrap_or_default());
                return Ok(value);
            }
            Some(Err(fault)) => return self.fail(fault, at),
            None => {}
        }
        if operator_at(at).is_some() {
            return self.fail(Fault::Missing, at);
        }
        self.take(at, at.get(name.len()..).unwrap_or_default());
        let size = match name.to_ascii_lowercase().as_str() {
            "not" => return Ok(u64::from(self.unary()? == 0)),
            "hi" => return Ok(self.unary()? >> 16 & 0xffff),
            "low" => return Ok(self.unary()? & 0xffff),
            "by" => 1,
            "wo" => 2,
            "dwo" => 4,
            "qwo" => 8,
            "poi" => self.host.pointer_size(),
            _ => return self.name(at, name),
        };
        let address = self.unary()?;
        let value = self.host.read(&Place::memory(address), size);
        value.map_err(|why| {
            let what = format!("{size} bytes at {}", tick(address));
            EvalError::new(Fault::Lack(Box::new(Lack::Unreadable { what, why })), self.token)
        })
    }

    /// A register without `@`, a variable of the frame, a symbol. A name means an address here, a variable's too.
    fn name(&self, at: &str, name: &str) -> Result<u64, EvalError> {
        let unresolved = || EvalError::new(Fault::Unresolved, at);
        if name.contains('!') {
            return self.host.symbol(name).ok_or_else(unresolved);
        }
        if let Some(value) = self.host.register(name) {
            // As a constant of 32 bits, a register of 32 bits extends its sign here; with `@` it does not.
            let extends = self.host.extends_sign() && self.host.register_size(name) == 4;
            return Ok(if extends { extend(value) } else { value });
        }
        if let Some(local) = self.host.local(name) {
            return local?.address().ok_or_else(|| EvalError::new(Fault::NoAddress(name.to_owned()), at));
        }
        self.host.symbol(name).ok_or_else(unresolved)
    }
}
