//! Hexadecimal text in the debugger's forms.

/// 16 digits with the back-tick between the halves: `fffff804`7ba00000`.
pub fn tick(value: u64) -> String {
    format!("{:08x}`{:08x}", value >> 32, value & 0xffff_ffff)
}

/// `0x` and the shortest digits, with the back-tick where the value needs more than 32 bits: `0x42`,
/// `0xfffff804`7ba00000`.
pub fn short_tick(value: u64) -> String {
    match value >> 32 {
        0 => format!("0x{value:x}"),
        high => format!("0x{high:x}`{:08x}", value & 0xffff_ffff),
    }
}

/// 16 digits without the back-tick, as register dumps print them.
pub fn plain(value: u64) -> String {
    format!("{value:016x}")
}

/// Parses hexadecimal digits with optional `0x` and back-ticks; `None` for anything else or more than 64 bits.
pub fn parse(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    if digits.is_empty() || digits.starts_with('`') {
        return None;
    }
    let mut value = 0u64;
    for c in digits.chars().filter(|&c| c != '`') {
        value = value.checked_mul(16)?.checked_add(u64::from(c.to_digit(16)?))?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        assert_eq!(tick(0xfffff8047ba00000), "fffff804`7ba00000");
        assert_eq!(short_tick(0x42), "0x42");
        assert_eq!(short_tick(0x32_0036_0035), "0x32`00360035");
        assert_eq!(plain(7), "0000000000000007");
    }

    #[test]
    fn parse_accepts_ticks_and_refuses_overflow() {
        assert_eq!(parse("fffff804`7ba00000"), Some(0xfffff8047ba00000));
        assert_eq!(parse("0x10"), Some(16));
        assert_eq!(parse("10000000000000000"), None);
        assert_eq!(parse("`1"), None);
        assert_eq!(parse("xyz"), None);
        assert_eq!(parse(""), None);
    }
}
