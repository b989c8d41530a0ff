//! Text that came from a dump, made safe for a terminal.

use std::borrow::Cow;

/// Replaces what could act on a terminal or reorder a line: control characters (C0, DEL, C1, line and paragraph
/// separators) become `.`, bidirectional controls become U+FFFD.
///
/// A driver's name may hold anything: dumps with escape sequences in module names are a way to attack the engineer who
/// opens them.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| replacement(c).is_none()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| replacement(c).unwrap_or(c)).collect())
}

fn replacement(c: char) -> Option<char> {
    match c {
        c if c.is_control() => Some('.'),
        '\u{2028}' | '\u{2029}' => Some('.'),
        '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some(char::REPLACEMENT_CHARACTER)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_overrides_lose_their_power() {
        assert_eq!(sanitize("a\x1b[31mb\u{9b}0m\r\n"), "a.[31mb.0m..");
        assert_eq!(sanitize("gpj\u{202e}sys"), "gpj\u{fffd}sys");
    }

    #[test]
    fn ordinary_text_of_any_language_is_kept() {
        assert!(matches!(sanitize("驱动程序 é ®"), Cow::Borrowed(_)));
    }
}
