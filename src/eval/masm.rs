//! The MASM evaluator: unsigned 64-bit arithmetic, default radix 16, memory reads by `by wo dwo qwo poi`.
//!
//! Operators bind as in MASM, from tight to loose: unary, `* / %`, `+ -`, shifts, comparisons, `&`, `^`, `|`.

use super::{EvalError, EvalHost};
use crate::session::Radix;

/// Expressions nested deeper than this are refused.
const MAX_DEPTH: usize = 100;
/// An expression with more switches to the other evaluator is refused.
pub(super) const MAX_SWITCHES: usize = 16;

/// Evaluates `text`, which must be one whole expression.
///
/// # Errors
/// Says what could not be resolved, read or parsed.
pub fn evaluate(text: &str, host: &dyn EvalHost) -> Result<u64, EvalError> {
    let (value, rest) = evaluate_prefix(text, host)?;
    match rest.trim() {
        "" => Ok(value),
        rest => Err(EvalError::Syntax(rest.to_owned())),
    }
}

/// Evaluates the longest expression at the start of `text` and returns what stands after it.
///
/// # Errors
/// As [`evaluate`]; text that starts no expression is a syntax error.
pub fn evaluate_prefix<'t>(text: &'t str, host: &dyn EvalHost) -> Result<(u64, &'t str), EvalError> {
    let mut parser = Parser { rest: text, host, depth: 0 };
    let value = parser.binary(0)?;
    Ok((value, parser.rest))
}

struct Parser<'t, 'h> {
    rest: &'t str,
    host: &'h dyn EvalHost,
    depth: usize,
}

/// A binary operator: its spellings, how tightly it binds, what it does.
struct Operator {
    spelling: &'static str,
    level: u8,
    apply: fn(u64, u64) -> Option<u64>,
}

/// Longer spellings stand before their own beginnings.
const OPERATORS: &[Operator] = &[
    Operator {
        spelling: ">>>",
        level: 4,
        apply: |a, b| {
            Some(a.cast_signed().checked_shr(shift(b)).unwrap_or(a.cast_signed() >> 63).cast_unsigned())
        },
    },
    Operator { spelling: "<<", level: 4, apply: |a, b| Some(a.checked_shl(shift(b)).unwrap_or(0)) },
    Operator { spelling: ">>", level: 4, apply: |a, b| Some(a.checked_shr(shift(b)).unwrap_or(0)) },
    Operator { spelling: "<=", level: 3, apply: |a, b| Some(u64::from(a.cast_signed() <= b.cast_signed())) },
    Operator { spelling: ">=", level: 3, apply: |a, b| Some(u64::from(a.cast_signed() >= b.cast_signed())) },
    Operator { spelling: "==", level: 3, apply: |a, b| Some(u64::from(a == b)) },
    Operator { spelling: "!=", level: 3, apply: |a, b| Some(u64::from(a != b)) },
    Operator { spelling: "<", level: 3, apply: |a, b| Some(u64::from(a.cast_signed() < b.cast_signed())) },
    Operator { spelling: ">", level: 3, apply: |a, b| Some(u64::from(a.cast_signed() > b.cast_signed())) },
    Operator { spelling: "=", level: 3, apply: |a, b| Some(u64::from(a == b)) },
    Operator { spelling: "*", level: 6, apply: |a, b| Some(a.wrapping_mul(b)) },
    Operator { spelling: "/", level: 6, apply: |a, b| a.checked_div(b) },
    Operator { spelling: "%", level: 6, apply: |a, b| a.checked_rem(b) },
    Operator { spelling: "mod", level: 6, apply: |a, b| a.checked_rem(b) },
    Operator { spelling: "+", level: 5, apply: |a, b| Some(a.wrapping_add(b)) },
    Operator { spelling: "-", level: 5, apply: |a, b| Some(a.wrapping_sub(b)) },
    Operator { spelling: "&", level: 2, apply: |a, b| Some(a & b) },
    Operator { spelling: "and", level: 2, apply: |a, b| Some(a & b) },
    Operator { spelling: "^", level: 1, apply: |a, b| Some(a ^ b) },
    Operator { spelling: "xor", level: 1, apply: |a, b| Some(a ^ b) },
    Operator { spelling: "|", level: 0, apply: |a, b| Some(a | b) },
    Operator { spelling: "or", level: 0, apply: |a, b| Some(a | b) },
];

/// The tightest binary level.
const TIGHTEST: u8 = 6;

fn shift(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl<'t> Parser<'t, '_> {
    fn binary(&mut self, level: u8) -> Result<u64, EvalError> {
        if level > TIGHTEST {
            return self.unary();
        }
        let mut left = self.binary(level + 1)?;
        while let Some((operator, after)) = self.operator(level) {
            let at = self.rest;
            self.rest = after;
            let right = self.binary(level + 1)?;
            left = (operator.apply)(left, right).ok_or_else(|| EvalError::DivisionByZero(at.to_owned()))?;
        }
        Ok(left)
    }

    /// The operator of this level that stands next, and the text after it.
    fn operator(&self, level: u8) -> Option<(&'static Operator, &'t str)> {
        let text = self.rest.trim_start();
        let operator = OPERATORS.iter().find(|operator| {
            let word = operator.spelling.starts_with(|c: char| c.is_ascii_alphabetic());
            strip(text, operator.spelling).is_some_and(|after| !word || !after.starts_with(is_name))
        })?;
        (operator.level == level).then(|| (operator, strip(text, operator.spelling).unwrap_or_default()))
    }

    fn unary(&mut self) -> Result<u64, EvalError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(EvalError::TooDeep(self.rest.to_owned()));
        }
        let value = self.unary_inner();
        self.depth -= 1;
        value
    }

    fn unary_inner(&mut self) -> Result<u64, EvalError> {
        let at = self.rest.trim_start();
        self.rest = at;
        match at.chars().next() {
            Some('-') => {
                self.rest = strip(at, "-").unwrap_or_default();
                Ok(self.unary()?.wrapping_neg())
            }
            Some('+') => {
                self.rest = strip(at, "+").unwrap_or_default();
                self.unary()
            }
            Some('~') => {
                self.rest = strip(at, "~").unwrap_or_default();
                Ok(!self.unary()?)
            }
            Some('(') => self.bracketed('(', ')'),
            Some('[') => self.bracketed('[', ']'),
            Some('\'') => self.characters(),
            Some('@') => self.register(),
            Some('$') => self.pseudo(),
            Some('.') if !at.get(1..).is_some_and(|rest| rest.starts_with(is_name)) => {
                self.rest = strip(at, ".").unwrap_or_default();
                self.host.register("$ip").ok_or_else(|| EvalError::Register(at.to_owned()))
            }
            Some(c) if c.is_ascii_digit() || is_name(c) => self.word(),
            _ => Err(EvalError::Syntax(at.to_owned())),
        }
    }

    fn bracketed(&mut self, open: char, close: char) -> Result<u64, EvalError> {
        let at = self.rest;
        self.rest = at.strip_prefix(open).unwrap_or(at);
        let value = self.binary(0)?;
        match self.rest.trim_start().strip_prefix(close) {
            Some(rest) => {
                self.rest = rest;
                Ok(value)
            }
            None => Err(EvalError::Syntax(at.to_owned())),
        }
    }

    /// `'abcd'`: up to eight characters as a number, the first one highest.
    fn characters(&mut self) -> Result<u64, EvalError> {
        let at = self.rest;
        let inner = at.strip_prefix('\'').unwrap_or(at);
        let end = inner.find('\'').ok_or_else(|| EvalError::Syntax(at.to_owned()))?;
        let (text, rest) = (inner.get(..end).unwrap_or_default(), inner.get(end + 1..).unwrap_or_default());
        if text.is_empty() || text.len() > 8 {
            return Err(EvalError::Overflow(at.to_owned()));
        }
        self.rest = rest;
        Ok(text.bytes().fold(0, |value, byte| value << 8 | u64::from(byte)))
    }

    fn register(&mut self) -> Result<u64, EvalError> {
        let at = self.rest;
        if let Some(inner) = strip(at, "@@c++(") {
            return self.cxx(at, inner);
        }
        let masm = strip(at, "@@masm(").or_else(|| strip(at, "@@("));
        if let Some(inner) = masm {
            self.rest = inner;
            let value = self.binary(0)?;
            let after = self.rest.trim_start().strip_prefix(')');
            self.rest = after.ok_or_else(|| EvalError::Syntax(at.to_owned()))?;
            return Ok(value);
        }
        let name = name_at(at.get(1..).unwrap_or_default());
        self.rest = at.get(1 + name.len()..).unwrap_or_default();
        let value = if name.is_empty() { None } else { self.host.register(name) };
        value.ok_or_else(|| EvalError::Register(at.trim_end().to_owned()))
    }

    /// `@@c++(expression)`: the expression ends at its closing bracket.
    fn cxx(&mut self, at: &'t str, inner: &'t str) -> Result<u64, EvalError> {
        // Each switch between the two evaluators starts to count afresh.
        if inner.matches("@@").count() > MAX_SWITCHES {
            return Err(EvalError::TooDeep(at.to_owned()));
        }
        let mut open = 1usize;
        let end = inner.char_indices().find_map(|(at, c)| {
            match c {
                '(' => open += 1,
                ')' => open -= 1,
                _ => {}
            }
            (open == 0).then_some(at)
        });
        let end = end.ok_or_else(|| EvalError::Syntax(at.to_owned()))?;
        let (text, rest) = inner.split_at_checked(end).unwrap_or((inner, ""));
        self.rest = rest.get(1..).unwrap_or_default();
        let value = super::cxx::evaluate(text, self.host)?;
        value.load(self.host, text)
    }

    fn pseudo(&mut self) -> Result<u64, EvalError> {
        let at = self.rest;
        let name = name_at(at);
        if name.eq_ignore_ascii_case("$vvalid") {
            return self.vvalid(at, name.len());
        }
        self.rest = at.get(name.len()..).unwrap_or_default();
        self.host.register(name).ok_or_else(|| EvalError::Register(at.to_owned()))
    }

    /// `$vvalid(address, length)`: 1 where the whole range can be read.
    fn vvalid(&mut self, at: &'t str, name: usize) -> Result<u64, EvalError> {
        let syntax = || EvalError::Syntax(at.to_owned());
        self.rest = at.get(name..).and_then(|rest| rest.trim_start().strip_prefix('(')).ok_or_else(syntax)?;
        let address = self.binary(0)?;
        self.rest = self.rest.trim_start().strip_prefix(',').ok_or_else(syntax)?;
        let length = self.binary(0)?;
        self.rest = self.rest.trim_start().strip_prefix(')').ok_or_else(syntax)?;
        Ok(u64::from(self.host.readable(address, length)))
    }

    /// A number, a word operator, a register or a symbol.
    fn word(&mut self) -> Result<u64, EvalError> {
        let at = self.rest;
        let word = name_at(at);
        self.rest = at.get(word.len()..).unwrap_or_default();
        if let Some(value) = number(word, self.host.radix()) {
            return value.ok_or_else(|| EvalError::Overflow(at.to_owned()));
        }
        let size = match word.to_ascii_lowercase().as_str() {
            "not" => return Ok(u64::from(self.unary()? == 0)),
            "hi" => return Ok(self.unary()? >> 16 & 0xffff),
            "low" => return Ok(self.unary()? & 0xffff),
            "by" => Some(1),
            "wo" => Some(2),
            "dwo" => Some(4),
            "qwo" => Some(8),
            "poi" => Some(self.host.pointer_size()),
            _ => None,
        };
        if let Some(size) = size.filter(|_| {
            self.rest.trim_start().starts_with(['(', '@', '$', '[']) || self.rest.starts_with(' ')
        }) {
            let address = self.unary()?;
            return self
                .host
                .memory(address, size)
                .ok_or_else(|| EvalError::Memory { text: at.to_owned(), address });
        }
        if word.contains('!') {
            return self.host.symbol(word).ok_or_else(|| EvalError::Unresolved(at.to_owned()));
        }
        if let Some(value) = self.host.register(word) {
            return Ok(value);
        }
        // A name means an address here, a variable's too.
        if let Some(local) = self.host.local(word) {
            return local?.address().ok_or_else(|| EvalError::NoAddress(word.to_owned()));
        }
        self.host.symbol(word).ok_or_else(|| EvalError::Unresolved(at.to_owned()))
    }
}

/// Strips `spelling` from the start of `text`, whatever its case.
fn strip<'t>(text: &'t str, spelling: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(spelling.len())?;
    head.eq_ignore_ascii_case(spelling).then_some(rest)
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '!' | '$' | '`' | '?' | ':' | '~')
}

fn name_at(text: &str) -> &str {
    text.get(..text.find(|c| !is_name(c)).unwrap_or(text.len())).unwrap_or(text)
}

/// `Some(None)` is a number that does not fit; `None` is no number.
fn number(word: &str, radix: Radix) -> Option<Option<u64>> {
    let lower = word.to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0n", 10), ("0t", 8), ("0y", 2)];
    let (digits, base) = prefixed
        .iter()
        .find_map(|(prefix, base)| lower.strip_prefix(prefix).map(|digits| (digits, *base)))
        .or_else(|| {
            // `0bh` is hexadecimal with a suffix; plain `0b` is the number 0xb.
            let digits = lower.strip_suffix('h')?;
            digits.starts_with(|c: char| c.is_ascii_digit()).then_some((digits, 16))
        })
        .unwrap_or((lower.as_str(), radix.base()));
    if digits.is_empty() || digits.starts_with('`') || !digits.chars().all(|c| c == '`' || c.is_digit(base)) {
        return None;
    }
    let mut value = Some(0u64);
    for digit in digits.chars().filter_map(|c| c.to_digit(base)) {
        value = value.and_then(|v| v.checked_mul(u64::from(base))?.checked_add(u64::from(digit)));
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Host;

    impl EvalHost for Host {
        fn register(&self, name: &str) -> Option<u64> {
            match name {
                "rsp" => Some(0x1000),
                "$t1" => Some(5),
                "$ip" => Some(0x77),
                _ => None,
            }
        }
        fn symbol(&self, name: &str) -> Option<u64> {
            (name == "nt!Foo" || name == "nt").then_some(0xffff_f804_0000_0000)
        }
        fn memory(&self, address: u64, size: usize) -> Option<u64> {
            (address == 0x1000).then_some(0x1122_3344_5566_7788 & (u64::MAX >> (64 - 8 * size)))
        }
        fn readable(&self, address: u64, length: u64) -> bool {
            address == 0x1000 && length <= 8
        }
        fn radix(&self) -> Radix {
            Radix::Hex
        }
        fn pointer_size(&self) -> usize {
            8
        }
    }

    fn value(text: &str) -> u64 {
        evaluate(text, &Host).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn numbers_in_every_radix() {
        assert_eq!(value("10"), 0x10);
        assert_eq!(value("0n10"), 10);
        assert_eq!(value("0t17"), 15);
        assert_eq!(value("0y101"), 5);
        assert_eq!(value("0bh"), 0xb);
        assert_eq!(value("fffff804`7ba00000"), 0xffff_f804_7ba0_0000);
        assert_eq!(value("'ab'"), 0x6162);
    }

    #[test]
    fn operators_bind_as_in_masm() {
        assert_eq!(value("0n10*3+(5<<2)"), 50);
        assert_eq!(value("1+2*3"), 7);
        assert_eq!(value("7 and 3 or 8"), 11);
        assert_eq!(value("-1"), u64::MAX);
        assert_eq!(value("not 5"), 0);
        assert_eq!(value("hi(12345678)"), 0x1234);
        assert_eq!(value("8000000000000000 >>> 3f"), u64::MAX);
        assert_eq!(value("5 mod 3"), 2);
        assert_eq!(value("-1 < 0"), 1);
    }

    #[test]
    fn registers_symbols_and_memory() {
        assert_eq!(value("@rsp+8"), 0x1008);
        assert_eq!(value("poi(@rsp)"), 0x1122334455667788);
        assert_eq!(value("dwo(rsp)"), 0x55667788);
        assert_eq!(value("by(@rsp)"), 0x88);
        assert_eq!(value("nt!Foo+10"), 0xffff_f804_0000_0010);
        assert_eq!(value("@$t1*2"), 10);
        assert_eq!(value("."), 0x77);
        assert_eq!(value("$vvalid(@rsp, 8)"), 1);
        assert_eq!(value("$vvalid(0, 8)"), 0);
    }

    #[test]
    fn a_prefix_ends_where_no_operator_follows() {
        assert_eq!(evaluate_prefix("@rsp L40", &Host), Ok((0x1000, " L40")));
        assert_eq!(evaluate_prefix("1000 2000", &Host), Ok((0x1000, " 2000")));
        assert_eq!(evaluate_prefix("@rsp + 8 rest", &Host), Ok((0x1008, " rest")));
    }

    #[test]
    fn errors_name_the_place() {
        assert_eq!(evaluate("@foo", &Host), Err(EvalError::Register("@foo".into())));
        assert_eq!(evaluate("nosuch", &Host), Err(EvalError::Unresolved("nosuch".into())));
        assert!(matches!(evaluate("poi(5)", &Host), Err(EvalError::Memory { address: 5, .. })));
        assert!(matches!(evaluate("1/0", &Host), Err(EvalError::DivisionByZero(_))));
        assert!(matches!(evaluate("1 2", &Host), Err(EvalError::Syntax(_))));
        assert!(matches!(evaluate("11112222333344445", &Host), Err(EvalError::Overflow(_))));
        assert!(matches!(evaluate(&"(".repeat(5000), &Host), Err(EvalError::TooDeep(_))));
        assert!(matches!(evaluate(&"-".repeat(5000), &Host), Err(EvalError::TooDeep(_))));
    }
}
