//! MASM's functions: `$vvalid`, `$iment`, `$scmp`, `$sicmp`, `$spat`.

use super::lexer::quoted;
use super::{EvalError, Fault, Parser};
use crate::symbols::wildcard::Wildcard;
use std::cmp::Ordering;

/// Names that are functions, not pseudo-registers.
const FUNCTIONS: &[&str] = &["$vvalid", "$scmp", "$sicmp", "$spat", "$fnsucc", "$iment"];

/// Whether a function is called so, in any case.
pub fn is_function(name: &str) -> bool {
    FUNCTIONS.iter().any(|known| known.eq_ignore_ascii_case(name))
}

impl<'t> Parser<'t, '_> {
    /// Evaluates the function whose name, in small letters, was taken at `at`.
    pub(super) fn function(&mut self, at: &'t str, name: &str) -> Result<u64, EvalError> {
        match name {
            "$vvalid" => self.vvalid(),
            "$iment" => self.iment(at),
            // What a function returns is in private symbols' types alone, and no call can be judged in a dump.
            "$fnsucc" => self.fail(Fault::ReturnType, at),
            _ => {
                let (a, b) = self.strings()?;
                Ok(match name {
                    "$scmp" => order(a.cmp(b)),
                    "$sicmp" => order(a.to_lowercase().cmp(&b.to_lowercase())),
                    _ => u64::from(Wildcard::new(b).is_match(a)),
                })
            }
        }
    }

    /// `(address, length)`: 1 where the whole range can be read.
    fn vvalid(&mut self) -> Result<u64, EvalError> {
        self.need("(")?;
        let address = self.binary(0)?;
        self.need(",")?;
        let length = self.binary(0)?;
        if length == 0 {
            return self.fail(Fault::Syntax, self.token);
        }
        self.need(")")?;
        Ok(u64::from(self.host.readable(address, length)))
    }

    /// `(address)`: the entry point of the image that begins there.
    fn iment(&mut self, at: &'t str) -> Result<u64, EvalError> {
        self.need("(")?;
        let address = self.binary(0)?;
        self.need(")")?;
        match self.host.entry_point(address) {
            Some(entry) => Ok(entry),
            None => self.fail(Fault::Unresolved, at),
        }
    }

    /// `("text", "text")`.
    fn strings(&mut self) -> Result<(&'t str, &'t str), EvalError> {
        let at = self.next();
        let both = || {
            let (a, rest) = quoted(at.strip_prefix('(')?)?;
            let (b, rest) = quoted(rest.trim_start().strip_prefix(',')?)?;
            Some((a, b, rest))
        };
        let Some((a, b, rest)) = both() else {
            return self.fail(Fault::Syntax, at);
        };
        self.take(at, rest);
        self.need(")")?;
        Ok((a, b))
    }
}

/// -1, 0 or 1.
fn order(order: Ordering) -> u64 {
    (order as i64).cast_unsigned()
}
