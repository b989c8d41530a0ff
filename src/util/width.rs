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

/// `text` in lines of at most `first` columns for the first and `rest` for the others, broken at blanks and beside wide
/// characters, as Chinese is: not before punctuation that ends something, nor after such that opens it. A word longer
/// than a line stays whole.
pub fn wrap(text: &str, first: usize, rest: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut start, mut chance, mut used, mut since) = (0, None, 0, 0);
    let mut before = None;
    for (at, c) in text.char_indices() {
        if before.is_some_and(|before| may_break(before, c)) {
            (chance, since) = (Some(at), 0);
        }
        let wide = UnicodeWidthChar::width(c).unwrap_or(0);
        used += wide;
        since += wide;
        let max = if lines.is_empty() { first } else { rest };
        if used > max
            && c != ' '
            && let Some(end) = chance.take()
        {
            lines.push(text.get(start..end).unwrap_or_default().trim_end());
            (start, used) = (end, since);
        }
        before = Some(c);
    }
    lines.push(text.get(start..).unwrap_or_default().trim_end());
    lines
}

/// Whether a line may end between two characters.
fn may_break(before: char, after: char) -> bool {
    let is_wide = |c| UnicodeWidthChar::width(c) == Some(2);
    let closes = |c| "，。；：、！？）」』”’》,.;:!?)]}%".contains(c);
    let opens = |c| "（「『“‘《([{".contains(c);
    (before == ' ' && after != ' ')
        || (after != ' ' && (is_wide(before) || is_wide(after)) && !closes(after) && !opens(before))
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

    #[test]
    fn prose_breaks_at_blanks_and_between_wide_characters() {
        assert_eq!(wrap("a driver kept an IRP", 8, 10), ["a driver", "kept an", "IRP"]);
        assert_eq!(wrap("unbreakable words", 4, 4), ["unbreakable", "words"]);
        // 驱动程序 takes 8 columns; the comma may not begin a line and takes 程 or what precedes it along.
        assert_eq!(wrap("驱动程序，内核", 8, 8), ["驱动程", "序，内核"]);
        assert_eq!(wrap("对 IRP 用（甲）", 10, 10), ["对 IRP 用", "（甲）"]);
        assert_eq!(wrap("", 8, 8), [""]);
    }
}
