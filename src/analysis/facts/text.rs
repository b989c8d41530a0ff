//! Text in the bytes of a number.

use crate::util::bounded;

/// The text that a number's bytes are, if they are nothing else: at least three letters of UTF-16, or six of ASCII.
pub fn in_bytes(value: u64) -> Option<String> {
    let bytes = value.to_le_bytes();
    let wide = (0..4).filter_map(|index| bounded::u16_at(&bytes, index * 2));
    let is_letter = |letter: char| letter.is_ascii_graphic() || letter == ' ';
    let of = |letters: Vec<char>, least: usize| {
        let end = letters.iter().position(|&letter| letter == '\0').unwrap_or(letters.len());
        let rest_is_empty = letters.iter().skip(end).all(|&letter| letter == '\0');
        let text: String = letters.into_iter().take(end).collect();
        (rest_is_empty && text.len() >= least && text.chars().all(is_letter)).then_some(text)
    };
    let letters = wide.map(|unit| char::from_u32(unit.into()).unwrap_or('\u{fffd}')).collect();
    of(letters, 3).or_else(|| of(bytes.iter().map(|&byte| char::from(byte)).collect(), 6))
}

#[cfg(test)]
mod tests {
    use super::in_bytes;

    #[test]
    fn text_is_told_from_numbers() {
        assert_eq!(in_bytes(0x0000_0032_0036_0035).as_deref(), Some("562"));
        assert_eq!(in_bytes(u64::from_le_bytes(*b"Harddisk")).as_deref(), Some("Harddisk"));
        assert_eq!(in_bytes(0xffff_8000_1234_5678), None);
        assert_eq!(in_bytes(0x41), None);
    }
}
