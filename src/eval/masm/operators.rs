//! MASM's operators: how tightly each binds and what it does. All arithmetic is of signed 64-bit numbers.

/// A binary operator.
pub struct Operator {
    /// How it is written.
    pub spelling: &'static str,
    /// How tightly it binds: 0 is the loosest.
    pub level: u8,
    /// What it does; `None` for a division by zero.
    pub apply: fn(u64, u64) -> Option<u64>,
}

const fn operator(spelling: &'static str, level: u8, apply: fn(u64, u64) -> Option<u64>) -> Operator {
    Operator { spelling, level, apply }
}

/// Longer spellings stand before their own beginnings.
const OPERATORS: &[Operator] = &[
    operator(">>>", 2, |a, b| Some((a.cast_signed() >> (b & 63)).cast_unsigned())),
    operator("<<", 2, |a, b| Some(a << (b & 63))),
    operator(">>", 2, |a, b| Some(a >> (b & 63))),
    operator("<=", 1, |a, b| Some(u64::from(a.cast_signed() <= b.cast_signed()))),
    operator(">=", 1, |a, b| Some(u64::from(a.cast_signed() >= b.cast_signed()))),
    operator("==", 1, |a, b| Some(u64::from(a == b))),
    operator("!=", 1, |a, b| Some(u64::from(a != b))),
    operator("<", 1, |a, b| Some(u64::from(a.cast_signed() < b.cast_signed()))),
    operator(">", 1, |a, b| Some(u64::from(a.cast_signed() > b.cast_signed()))),
    operator("=", 1, |a, b| Some(u64::from(a == b))),
    operator("*", 4, |a, b| Some(a.wrapping_mul(b))),
    operator("/", 4, quotient),
    operator("%", 4, remainder),
    operator("mod", 4, remainder),
    operator("+", 3, |a, b| Some(a.wrapping_add(b))),
    operator("-", 3, |a, b| Some(a.wrapping_sub(b))),
    operator("&", 0, |a, b| Some(a & b)),
    operator("and", 0, |a, b| Some(a & b)),
    operator("^", 0, |a, b| Some(a ^ b)),
    operator("xor", 0, |a, b| Some(a ^ b)),
    operator("|", 0, |a, b| Some(a | b)),
    operator("or", 0, |a, b| Some(a | b)),
];

fn quotient(a: u64, b: u64) -> Option<u64> {
    (b != 0).then(|| a.cast_signed().wrapping_div(b.cast_signed()).cast_unsigned())
}

fn remainder(a: u64, b: u64) -> Option<u64> {
    (b != 0).then(|| a.cast_signed().wrapping_rem(b.cast_signed()).cast_unsigned())
}

/// The operator at the start of `text`, and the text after it.
pub fn operator_at(text: &str) -> Option<(&'static Operator, &str)> {
    // Each operand ends at such a question, and few operators begin alike.
    let first = text.bytes().next()?.to_ascii_lowercase();
    OPERATORS.iter().filter(|operator| operator.spelling.bytes().next() == Some(first)).find_map(|operator| {
        let after = super::lexer::strip(text, operator.spelling)?;
        let word = operator.spelling.starts_with(|c: char| c.is_ascii_alphabetic());
        let ends = !word || !after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '!' | '`'));
        ends.then_some((operator, after))
    })
}
