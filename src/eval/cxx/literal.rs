//! Numbers and characters of C++ expressions.

use super::ctype::CType;
use super::value::Typed;
use crate::eval::Fault;
use crate::symbols::types::{Base, BaseKind};

/// The number at the start of `text` and what follows it. It ends at the first character that does not belong to it.
///
/// # Errors
/// A number of more than 64 bits, a prefix without digits.
pub fn number(text: &str) -> Result<(Typed, &str), Fault> {
    if let Some(found) = float(text) {
        return Ok(found);
    }
    let prefix = text.get(..2).unwrap_or_default().to_ascii_lowercase();
    let (start, base) = match prefix.as_str() {
        "0x" => (2, 16),
        "0n" => (2, 10),
        "0t" => (2, 8),
        "0y" => (2, 2),
        _ if text.starts_with('0') => (0, 8),
        _ => (0, 10),
    };
    let digits = text.get(start..).unwrap_or_default();
    let end = digits.find(|c: char| !(c == '`' || c.is_digit(base))).unwrap_or(digits.len());
    let (digits, after) = digits.split_at_checked(end).unwrap_or((digits, ""));
    if !digits.starts_with(|c: char| c.is_digit(base)) {
        return Err(Fault::Syntax);
    }
    let value = u64::from_str_radix(&digits.replace('`', ""), base).map_err(|_| Fault::Overflow)?;
    let (suffix, after) = suffix(after);
    Ok((Typed::number(integer_type(value, suffix), value), after))
}

/// What stands behind the digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Suffix {
    unsigned: bool,
    wide: bool,
}

/// `u`, `i64` in any order and case. `l` changes nothing: `10ll` is an `int` to the debugger.
fn suffix(text: &str) -> (Suffix, &str) {
    let (mut suffix, mut rest) = (Suffix::default(), text);
    loop {
        rest = match rest.as_bytes() {
            [b'u' | b'U', ..] if !suffix.unsigned => {
                suffix.unsigned = true;
                rest.get(1..).unwrap_or_default()
            }
            [b'i' | b'I', b'6', b'4', ..] if !suffix.wide => {
                suffix.wide = true;
                rest.get(3..).unwrap_or_default()
            }
            [b'l' | b'L', ..] => rest.get(1..).unwrap_or_default(),
            _ => return (suffix, rest),
        };
    }
}

/// The smallest of `int`, `unsigned int`, `int64`, `unsigned int64` that holds the value and fits its suffix.
fn integer_type(value: u64, suffix: Suffix) -> CType {
    let wide = suffix.wide || value > u64::from(u32::MAX);
    let positive = if wide { i64::MAX as u64 } else { i32::MAX as u64 };
    match (wide, suffix.unsigned || value > positive) {
        (true, true) => CType::U64,
        (true, false) => CType::I64,
        (false, true) => CType::Base(Base::new(BaseKind::UInt, 4)),
        (false, false) => CType::INT,
    }
}

/// `1.5`, `1e3`, `1.5f`.
fn float(text: &str) -> Option<(Typed, &str)> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let whole = digits(text);
    let mut end = whole;
    if let Some(fraction) = text.get(end..)?.strip_prefix('.') {
        end += 1 + digits(fraction);
    }
    let exponent = text.get(end..)?;
    if let Some(power) = exponent.strip_prefix(['e', 'E']) {
        let unsigned = power.strip_prefix(['+', '-']).unwrap_or(power);
        if unsigned.starts_with(|c: char| c.is_ascii_digit()) {
            end += exponent.len() - unsigned.len() + digits(unsigned);
        }
    }
    if end == whole {
        return None;
    }
    let value: f64 = text.get(..end)?.parse().ok()?;
    let rest = text.get(end..)?;
    Some(match rest.strip_prefix(['f', 'F']) {
        Some(rest) => (Typed::float(4, value), rest),
        None => (Typed::float(8, value), rest),
    })
}

/// The character in quotes at the start of `text`, and what follows it; `None` where it is none.
pub fn character(text: &str) -> Option<(Typed, &str)> {
    let inner = text.strip_prefix('\'')?;
    let mut chars = inner.chars();
    let (code, rest) = match chars.next()? {
        '\\' => {
            let escape = chars.next()?;
            let code = match escape {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                '0' => '\0',
                'a' => '\x07',
                'b' => '\x08',
                'f' => '\x0c',
                'v' => '\x0b',
                other => other,
            };
            (code, chars.as_str())
        }
        c => (c, chars.as_str()),
    };
    let value = u64::from(u32::from(code));
    Some((Typed::number(CType::Base(Base::new(BaseKind::Char, 1)), value), rest.strip_prefix('\'')?))
}
