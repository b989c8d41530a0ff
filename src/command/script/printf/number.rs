//! Numbers as C prints them.

use super::format::Width;
use crate::util::bits::{extend, low};
use crate::util::float;

/// An integer of `size` bytes as `letter` says.
pub fn integer(value: u64, letter: char, size: u32, width: &Width) -> String {
    let value = low(value, 8 * size);
    let signed = (letter == 'd').then(|| extend(value, 8 * size));
    let digits = match (letter, signed) {
        (_, Some(signed)) => signed.unsigned_abs().to_string(),
        ('x', _) => format!("{value:x}"),
        ('X', _) => format!("{value:X}"),
        ('o', _) => format!("{value:o}"),
        _ => value.to_string(),
    };
    let digits = format!("{digits:0>0$}", width.precision.unwrap_or(1));
    let prefix = match letter {
        'x' if width.marked && value != 0 => "0x",
        'X' if width.marked && value != 0 => "0X",
        'o' if width.marked => "0",
        _ => sign(signed.is_some_and(|signed| signed < 0), signed.is_some(), width),
    };
    filled(prefix, &digits, width.precision.is_none(), width)
}

/// A floating-point number as `letter` says: with three digits of the exponent, as the debugger's C library has it.
pub fn float(value: f64, letter: char, width: &Width) -> String {
    let precision = width.precision.unwrap_or(6);
    let magnitude = value.abs();
    let text = match letter {
        _ if !value.is_finite() => float::general(magnitude, precision),
        'f' => format!("{magnitude:.precision$}"),
        'e' | 'E' => exponential(magnitude, precision),
        _ => float::general(magnitude, precision),
    };
    let text = if letter.is_uppercase() { text.to_uppercase() } else { text };
    filled(sign(value.is_sign_negative(), true, width), &text, value.is_finite(), width)
}

/// An address in all its digits.
pub fn pointer(value: u64, upper: bool, digits: usize, width: &Width) -> String {
    let text = if upper { format!("{value:0digits$X}") } else { format!("{value:0digits$x}") };
    width.pad(text)
}

/// `1.500000e+000`
fn exponential(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return text;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{mantissa}e{}{:03}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
}

fn sign(negative: bool, signed: bool, width: &Width) -> &'static str {
    match negative {
        true => "-",
        false if signed && width.plus => "+",
        false if signed && width.blank => " ",
        false => "",
    }
}

/// Fills up with zeros between the sign and the digits, or with blanks.
fn filled(prefix: &str, digits: &str, may_fill: bool, width: &Width) -> String {
    let missing = width.columns.saturating_sub(prefix.len() + digits.len());
    match width.zeros && !width.left && may_fill {
        true => format!("{prefix}{}{digits}", "0".repeat(missing)),
        false => width.pad(format!("{prefix}{digits}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        let columns = |columns| Width { columns, ..Width::default() };
        let zeros = Width { zeros: true, ..columns(8) };
        for (value, letter, size, width, expected) in [
            (u64::MAX, 'd', 4, Width::default(), "-1"),
            (u64::MAX, 'u', 4, Width::default(), "4294967295"),
            (u64::MAX, 'd', 8, Width::default(), "-1"),
            (u64::MAX, 'x', 2, Width::default(), "ffff"),
            (1 << 32, 'd', 4, Width::default(), "0"),
            (0xabc, 'x', 4, zeros, "00000abc"),
            (u64::MAX, 'd', 4, zeros, "-0000001"),
            (5, 'd', 4, columns(4), "   5"),
            (5, 'd', 4, Width { precision: Some(3), ..columns(5) }, "  005"),
            (8, 'o', 4, Width { marked: true, ..Width::default() }, "010"),
            (0xabc, 'X', 4, Width { marked: true, ..Width::default() }, "0XABC"),
        ] {
            assert_eq!(integer(value, letter, size, &width), expected, "{value:x} {letter}");
        }
    }

    #[test]
    fn floats() {
        for (value, letter, precision, expected) in [
            (1.5, 'e', None, "1.500000e+000"),
            (std::f64::consts::PI, 'f', Some(2), "3.14"),
            (-0.5, 'f', Some(0), "-0"),
            (1.5e-10, 'G', None, "1.5E-010"),
            (f64::INFINITY, 'f', None, "1.#INF"),
        ] {
            let width = Width { precision, ..Width::default() };
            assert_eq!(float(value, letter, &width), expected, "{value} {letter}");
        }
    }
}
