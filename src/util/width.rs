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

/// `text` in the pieces between which a line may end: behind blanks and beside wide characters, as in Chinese, but not
/// before punctuation that ends something, nor behind such that opens it.
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let ends = rest.char_indices().zip(rest.chars().skip(1));
        let end = ends
            .filter(|((_, before), after)| may_break(*before, *after))
            .map(|((at, c), _)| at + c.len_utf8())
            .next();
        let (piece, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// `text` in lines of at most `first` columns for the first and `rest` for the others. A piece that is longer than a line
/// stays whole.
pub fn wrap(text: &str, first: usize, rest: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut start, mut end, mut used) = (0, 0, 0);
    for piece in pieces(text) {
        let max = if lines.is_empty() { first } else { rest };
        if end > start && used + columns(piece.trim_end()) > max {
            lines.push(text.get(start..end).unwrap_or_default().trim_end());
            (start, used) = (end, 0);
        }
        end += piece.len();
        used += columns(piece);
    }
    lines.push(text.get(start..end).unwrap_or_default().trim_end());
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
        assert_eq!(pieces("ab  c驱，动").collect::<Vec<_>>(), ["ab  ", "c", "驱，", "动"]);
    }
}
