//! MASM numbers: prefixes, the suffix `h`, the default radix, and the sign of 32-bit constants.

use crate::eval::Fault;
use crate::session::Radix;
use crate::util::bits;

/// How numbers are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// The radix of numbers without a prefix.
    pub radix: Radix,
    /// Whether constants of 32 bits extend their sign, as they do where kernel addresses of 32-bit Windows were typed so.
    pub extend: bool,
}

/// The word as a number; `None` where it is none, an error where it only starts like one.
pub fn number(word: &str, how: Numbers) -> Option<Result<u64, Fault>> {
    let lower = word.to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0n", 10), ("0t", 8), ("0y", 2)]
        .iter()
        .find_map(|(prefix, base)| Some((lower.strip_prefix(prefix)?, *base)));
    // `0bh` is hexadecimal with a suffix; plain `0b` is the number 0xb, and `fh` a name.
    let suffixed =
        || lower.strip_suffix('h').filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
    let (digits, base) = match (prefixed, suffixed()) {
        (Some(prefixed), _) => prefixed,
        (None, Some(digits)) => (digits, 16),
        (None, None) => (lower.as_str(), how.radix.base()),
    };
    let digital = digits.chars().all(|c| c == '`' || c.is_digit(base));
    match (prefixed, digital) {
        (Some(_), false) => return Some(Err(Fault::Syntax)),
        // `8` where numbers are octal.
        (None, false) if digits.chars().all(|c| c.is_ascii_digit()) => return Some(Err(Fault::Syntax)),
        (None, false) => return None,
        (None, true) if !digits.starts_with(|c: char| c.is_digit(base)) => return None,
        _ => {}
    }
    let mut value = Some(0u64);
    for digit in digits.chars().filter_map(|c| c.to_digit(base)) {
        value = value.and_then(|v| v.checked_mul(u64::from(base))?.checked_add(u64::from(digit)));
    }
    let Some(value) = value else { return Some(Err(Fault::Overflow)) };
    Some(Ok(if how.extend && !word.contains('`') { extend(value) } else { value }))
}

/// A value of 32 bits with its sign extended; a larger one as it is.
pub fn extend(value: u64) -> u64 {
    if value >> 32 == 0 { bits::extend(value, 32).cast_unsigned() } else { value }
}

/// A constant of 32 bits whose sign was extended as it was typed; any other value as it is. For numbers that are no virtual
/// addresses: physical ones, masks, codes.
pub fn as_typed(value: u64) -> u64 {
    match i32::try_from(value.cast_signed()) {
        Ok(value) => u64::from(value.cast_unsigned()),
        Err(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KERNEL: Numbers = Numbers { radix: Radix::Hex, extend: true };

    /// Values and faults of reference transcripts.
    #[test]
    fn forms() {
        for (word, value) in [
            ("0t17", 15),
            ("0n", 0),
            ("12`34`5678", 0x1234_5678),
            ("1`", 1),
            ("80000000", 0xffff_ffff_8000_0000),
            ("0000000080000000", 0xffff_ffff_8000_0000),
            ("80000000h", 0xffff_ffff_8000_0000),
            ("0t20000000000", 0xffff_ffff_8000_0000),
            ("0`80000000", 0x8000_0000),
            ("0n4294967296", 0x1_0000_0000),
            ("7fffffff", 0x7fff_ffff),
        ] {
            assert_eq!(number(word, KERNEL), Some(Ok(value)), "{word}");
        }
        for word in ["0y2", "0nff", "0xg"] {
            assert_eq!(number(word, KERNEL), Some(Err(Fault::Syntax)), "{word}");
        }
        assert_eq!(number("10000000000000000", KERNEL), Some(Err(Fault::Overflow)));
        assert_eq!(number("fh", KERNEL), None);
        assert_eq!(as_typed(0xffff_ffff_8000_0000), 0x8000_0000);
        assert_eq!(as_typed(0xffff_fffe_8000_0000), 0xffff_fffe_8000_0000);
        assert_eq!(as_typed(5), 5);
        let plain = Numbers { radix: Radix::Decimal, extend: false };
        assert_eq!(number("3000000000", plain), Some(Ok(3_000_000_000)));
        assert_eq!(number("a", plain), None);
    }
}
