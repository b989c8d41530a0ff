//! Numbers, characters and bits as `dt` prints them.

use crate::util::hex;
use std::fmt::{Display, LowerExp};

/// An unsigned integer: below 10 plain, else hex, beyond 32 bits in two halves.
pub fn unsigned(value: u64) -> String {
    match value {
        0..10 => value.to_string(),
        _ => hex_or_zero(value),
    }
}

/// `0` or `0x...`, in two halves of 8 digits beyond 32 bits.
pub fn hex_or_zero(value: u64) -> String {
    match value {
        0 => "0".to_owned(),
        1..=0xffff_ffff => format!("0x{value:x}"),
        _ => pointer(value),
    }
}

/// 16 digits in two halves, with `0x`.
pub fn pointer(value: u64) -> String {
    format!("0x{}", hex::tick(value))
}

/// An address in as many digits as a pointer of `size` bytes has.
pub fn address(value: u64, size: u8) -> String {
    match size {
        4 => format!("0x{value:08x}"),
        _ => pointer(value),
    }
}

/// A signed integer.
pub fn signed(value: i64) -> String {
    format!("0n{value}")
}

/// A character in quotes; nothing between them for one that cannot be printed.
pub fn quoted(code: u64) -> String {
    match code {
        0x20..0x7f => format!("'{}'", char::from(code as u8)),
        _ => "''".to_owned(),
    }
}

/// A floating-point number in the fewest digits that tell it; very small and large ones with an exponent.
pub fn float(value: f64, shown: &(impl Display + LowerExp)) -> String {
    match value.abs() {
        size if size != 0.0 && value.is_finite() && !(1e-4..1e17).contains(&size) => format!("{shown:e}"),
        _ => shown.to_string(),
    }
}

/// The bits of a bit-field, and beyond 4 bits their value in hex.
pub fn bits(value: u64, length: u8) -> String {
    let width = usize::from(length.min(64));
    let digits = format!("0y{value:0width$b}");
    match length {
        0..=4 => digits,
        _ => format!("{digits} ({})", hex_or_zero(value)),
    }
}

/// An enumeration's value with its name: `0n15 ( WrQueue )`.
pub fn enumerated(value: i64, name: Option<&str>) -> String {
    let number = match value {
        0..10 => value.to_string(),
        _ => signed(value),
    };
    match name {
        Some(name) => format!("{number} ( {name} )"),
        None => format!("{number} (No matching name)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All forms as the reference engine printed them for real values.
    #[test]
    fn forms() {
        assert_eq!(
            [0, 8, 0x10, 0xffffc08b_dce94dc8].map(unsigned),
            ["0", "8", "0x10", "0xffffc08b`dce94dc8"]
        );
        assert_eq!([0, 8].map(hex_or_zero), ["0", "0x8"]);
        assert_eq!(hex_or_zero(0x01d707f2_3d2f2418), "0x01d707f2`3d2f2418");
        assert_eq!(signed(-1_073_741_807), "0n-1073741807");
        assert_eq!([0x3f, 0, 0x1e].map(quoted), ["'?'", "''", "''"]);
        assert_eq!([1.5, 0.0, -2.0].map(|value: f64| float(value, &value)), ["1.5", "0", "-2"]);
        assert_eq!([6.5e-310, 1e300].map(|value: f64| float(value, &value)), ["6.5e-310", "1e300"]);
        assert_eq!(address(0x40_1000, 4), "0x00401000");
        assert_eq!(address(0x40_1000, 8), "0x00000000`00401000");
        assert_eq!(bits(5, 3), "0y101");
        assert_eq!(bits(8, 7), "0y0001000 (0x8)");
        assert_eq!(bits(0, 6), "0y000000 (0)");
        assert_eq!(enumerated(15, Some("WrQueue")), "0n15 ( WrQueue )");
    }
}
