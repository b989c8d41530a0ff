//! Text that came from a dump, made safe for a terminal.

use std::borrow::Cow;

/// Text without anything that could act on a terminal or deceive a reader. There is no other way to make one than to
/// clean the text, so that neither a line nor a fact can carry any other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CleanText(String);

impl CleanText {
    /// The text, cleaned: see [`sanitize`].
    pub fn new(text: impl AsRef<str>) -> CleanText {
        CleanText(sanitize(text.as_ref()).into_owned())
    }

    /// Text that the user typed, cleaned, with its tabs.
    pub fn typed(text: &str) -> CleanText {
        let parts: Vec<Cow<'_, str>> = text.split('\t').map(sanitize).collect();
        CleanText(parts.join("\t"))
    }

    /// The clean text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest error that is shown whole, in characters. What was typed, or a name from a dump, may be of any length.
const LONGEST_ERROR: usize = 2000;

/// Replaces what could act on a terminal, reorder a line or be there unseen: control characters (C0, DEL, C1, line and
/// paragraph separators) become `.`; bidirectional controls and characters that take no room on the screen (two names
/// that differ in nothing else would look alike) become U+FFFD.
///
/// A driver's name may hold anything: dumps with escape sequences in module names are a way to attack the engineer who
/// opens them.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| replacement(c).is_none()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| replacement(c).unwrap_or(c)).collect())
}

/// An error's text of at most about two thousand characters: the middle of a longer one is left out, and that is said.
pub fn brief(text: &str) -> Cow<'_, str> {
    let count = text.chars().count();
    if count <= LONGEST_ERROR {
        return Cow::Borrowed(text);
    }
    let half = LONGEST_ERROR / 2;
    let (head, tail): (String, String) =
        (text.chars().take(half).collect(), text.chars().skip(count - half).collect());
    Cow::Owned(format!("{head} ... ({} characters left out) ... {tail}", count - 2 * half))
}

fn replacement(c: char) -> Option<char> {
    match c {
        c if c.is_control() => Some('.'),
        '\u{2028}' | '\u{2029}' => Some('.'),
        c if c > '\u{7f}' && is_unseen(c) => Some(char::REPLACEMENT_CHARACTER),
        _ => None,
    }
}

/// Whether a character is a format control or shows nothing: the general category Cf but for the visible signs of Arabic
/// and Syriac, and the property Default_Ignorable_Code_Point (Unicode 16, DerivedCoreProperties.txt).
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{13430}'..='\u{1345f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
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
    fn nothing_is_there_unseen() {
        for unseen in
            ['\u{ad}', '\u{200b}', '\u{200d}', '\u{2060}', '\u{2066}', '\u{feff}', '\u{fff9}', '\u{e0041}']
        {
            assert_eq!(CleanText::new(format!("a{unseen}b")).as_str(), "a\u{fffd}b", "{:x}", unseen as u32);
        }
    }

    #[test]
    fn ordinary_text_of_any_language_is_kept() {
        assert!(matches!(sanitize("驱动程序 é ® e\u{301} \u{fffd} \u{1f600}"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_errors_lose_their_middle() {
        assert_eq!(brief("short"), "short");
        let long = format!("no command '{}'; .help lists them", "é".repeat(1 << 20));
        let shown = brief(&long);
        assert!(shown.chars().count() < 2100 && shown.starts_with("no command 'é"), "{shown}");
        assert!(shown.ends_with("'; .help lists them"), "{shown}");
    }
}
