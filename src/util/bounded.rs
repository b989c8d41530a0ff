//! Reads from byte slices that cannot overrun: every function answers `None` where the bytes end.
//!
//! All values are little-endian, as everywhere in Windows dumps.

/// The `len` bytes at `offset`, or `None` if any of them lies outside `bytes`.
pub fn slice(bytes: &[u8], offset: usize, len: usize) -> Option<&[u8]> {
    bytes.get(offset..offset.checked_add(len)?)
}

/// `N` bytes at `offset` as an array.
pub fn array<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    slice(bytes, offset, N)?.try_into().ok()
}

/// The byte at `offset`.
pub fn u8_at(bytes: &[u8], offset: usize) -> Option<u8> {
    bytes.get(offset).copied()
}

/// The 16-bit value at `offset`.
pub fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    array(bytes, offset).map(u16::from_le_bytes)
}

/// The 32-bit value at `offset`.
pub fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    array(bytes, offset).map(u32::from_le_bytes)
}

/// The 64-bit value at `offset`.
pub fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    array(bytes, offset).map(u64::from_le_bytes)
}

/// An unsigned value of `size` bytes (1 to 8) at `offset`, zero-extended.
pub fn uint_at(bytes: &[u8], offset: usize, size: usize) -> Option<u64> {
    if size == 0 || size > 8 {
        return None;
    }
    let mut value = [0u8; 8];
    value.get_mut(..size)?.copy_from_slice(slice(bytes, offset, size)?);
    Some(u64::from_le_bytes(value))
}

/// The bytes from `offset` up to the first NUL or the end, at most `max`, as text; bytes outside ASCII become `?`.
pub fn ascii_z(bytes: &[u8], offset: usize, max: usize) -> Option<String> {
    let tail = bytes.get(offset..)?;
    let tail = tail.get(..max.min(tail.len()))?;
    let end = memchr::memchr(0, tail).unwrap_or(tail.len());
    Some(tail.iter().take(end).map(|&b| if b.is_ascii() { b as char } else { '?' }).collect())
}

/// `units` UTF-16 code units at `offset`; unpaired surrogates become U+FFFD.
pub fn utf16(bytes: &[u8], offset: usize, units: usize) -> Option<String> {
    let raw = slice(bytes, offset, units.checked_mul(2)?)?;
    Some(utf16_lossy(raw))
}

/// All of `raw` as UTF-16; unpaired surrogates become U+FFFD and an odd last byte is dropped.
pub fn utf16_lossy(raw: &[u8]) -> String {
    let units = raw.chunks_exact(2).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    });
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_end_where_the_bytes_end() {
        let bytes = [1u8, 2, 3, 4, 5, 6, 7, 8, 9];
        assert_eq!(u64_at(&bytes, 1), Some(0x0908_0706_0504_0302));
        assert_eq!(u64_at(&bytes, 2), None);
        assert_eq!(u32_at(&bytes, usize::MAX), None);
        assert_eq!(uint_at(&bytes, 0, 3), Some(0x03_0201));
        assert_eq!(uint_at(&bytes, 0, 9), None);
    }

    #[test]
    fn text_stops_at_nul_and_keeps_its_limit() {
        assert_eq!(ascii_z(b"abc\0def", 1, 100).as_deref(), Some("bc"));
        assert_eq!(ascii_z(b"abcdef", 0, 2).as_deref(), Some("ab"));
        assert_eq!(ascii_z(b"a\xffc", 0, 9).as_deref(), Some("a?c"));
        assert_eq!(utf16(&[0x41, 0, 0x00, 0xd8], 0, 2).as_deref(), Some("A\u{fffd}"));
        assert_eq!(utf16(&[0x41, 0], 0, 2), None);
    }
}
