//! Columns on a terminal. One crate decides what is wide, so that every pane agrees.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns `text` takes.
pub fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The longest prefix of `text` that fits in `max` columns.
pub fn clip(text: &str, max: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += UnicodeWidthChar::width(c).unwrap_or(0);
        if used > max {
            return text.get(..at).unwrap_or(text);
        }
    }
    text
}

/// `text` followed by blanks up to `width` columns; longer text stays whole.
pub fn pad(text: &str, width: usize) -> String {
    let mut padded = text.to_owned();
    padded.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(text))));
    padded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(columns("驱动"), 4);
        assert_eq!(clip("驱动", 3), "驱");
        assert_eq!(pad("驱", 4), "驱  ");
        assert_eq!(pad("long", 2), "long");
    }
}
