//! Some bits of an integer, and signs: the one place that cuts and extends.

/// `length` bits of `raw` from bit `position` on.
pub fn bits_of(raw: u64, position: u8, length: u8) -> u64 {
    low(raw.checked_shr(u32::from(position)).unwrap_or(0), u32::from(length))
}

/// The lowest `bits` bits of a number; of 64 and more, all.
pub fn low(raw: u64, bits: u32) -> u64 {
    match bits {
        64.. => raw,
        _ => raw & ((1 << bits) - 1),
    }
}

/// The lowest `bits` bits of a number, the highest of them being its sign; of none and of 64 and more, all as they are.
pub fn extend(raw: u64, bits: u32) -> i64 {
    match 64u32.saturating_sub(bits) {
        unused @ 1..64 => (raw << unused).cast_signed() >> unused,
        _ => raw.cast_signed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits() {
        assert_eq!(bits_of(0xd000, 12, 3), 5);
        assert_eq!(bits_of(u64::MAX, 61, 3), 7);
        assert_eq!(bits_of(u64::MAX, 0, 64), u64::MAX);
        assert_eq!(bits_of(1, 200, 1), 0);
        assert_eq!((low(0x1ff, 8), low(u64::MAX, 64), low(5, 0)), (0xff, u64::MAX, 0));
    }

    #[test]
    fn signs() {
        assert_eq!(extend(0xfb, 8), -5);
        assert_eq!(extend(0xc000_0011, 32), -1_073_741_807);
        assert_eq!((extend(0b101, 3), extend(0b011, 3)), (-3, 3));
        assert_eq!((extend(u64::MAX, 64), extend(7, 0)), (-1, 7));
    }
}
