//! Writing into the screen's cells without ever leaving them.

use super::search::Pattern;
use super::theme::Theme;
use crate::output::{Line, Role};
use crate::util::width::{clip, columns};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::borrow::Cow;

/// Writes `text` at a column and row of `area`, cut at its right edge; returns the column after it.
pub(super) fn put(buffer: &mut Buffer, area: Rect, column: u16, row: u16, text: &str, style: Style) -> u16 {
    let area = area.intersection(buffer.area);
    if row >= area.height || column >= area.width {
        return column;
    }
    let (x, y) = (area.x + column, area.y + row);
    // A cell cannot hold a tab; it counts as one column.
    let text = if text.contains('\t') { Cow::Owned(text.replace('\t', " ")) } else { Cow::Borrowed(text) };
    let (end, _) = buffer.set_stringn(x, y, &text, usize::from(area.width - column), style);
    end - area.x
}

/// Lays a style over a row of `area`.
pub(super) fn paint_row(buffer: &mut Buffer, area: Rect, row: u16, style: Style) {
    let area = area.intersection(buffer.area);
    if row < area.height {
        buffer.set_style(Rect { y: area.y + row, height: 1, ..area }, style);
    }
}

/// A row in reverse: `left` at its left, `right` at its right if both fit with a blank between.
pub(super) fn bar(buffer: &mut Buffer, area: Rect, row: u16, left: &str, right: &str, style: Style) {
    paint_row(buffer, area, row, style);
    let end = put(buffer, area, 0, row, left, style);
    let Ok(width) = u16::try_from(columns(right)) else {
        return;
    };
    if let Some(start) = area.width.checked_sub(width).filter(|start| *start > end) {
        put(buffer, area, start, row, right, style);
    }
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct LineLook<'t> {
    /// The styles.
    pub(super) theme: &'t Theme,
    /// Columns that are scrolled out at the left.
    pub(super) left: usize,
    /// Whether the cursor is on this line and its pane is the active one; the value is the chosen span.
    pub(super) cursor: Option<Option<usize>>,
    /// What is searched for.
    pub(super) pattern: Option<&'t Pattern>,
}

/// Draws a line into a row of `area`. A line that goes on beyond the right edge ends in `>`, unless only blanks do, or it only
/// underlines others.
pub(super) fn line(buffer: &mut Buffer, area: Rect, row: u16, line: &Line, look: LineLook<'_>) {
    let theme = look.theme;
    let mut column: i64 = -i64::try_from(look.left).unwrap_or(i64::MAX);
    // Where what can be seen of it ends.
    let mut end = column;
    for (index, span) in line.spans().iter().enumerate() {
        let mut style = theme.role(span.role);
        if span.action.is_some() {
            style = style.patch(theme.link());
        }
        if look.cursor == Some(Some(index)) {
            style = style.patch(theme.chosen());
        }
        let width = columns(span.text());
        if let Some((start, text)) = visible(span.text(), column) {
            put(buffer, area, start, row, text, style);
        }
        if let said @ 1.. = columns(span.text().trim_end()) {
            end = column + i64::try_from(said).unwrap_or(0);
        }
        column += i64::try_from(width).unwrap_or(0);
    }
    if let Some(pattern) = look.pattern {
        mark_found(buffer, area, row, &line.plain(), look.left, pattern, theme);
    }
    let underlines = line.spans().iter().all(|span| span.text().bytes().all(|byte| b"= ".contains(&byte)));
    if end > i64::from(area.width) && area.width > 1 && !underlines {
        end_cut(buffer, area, row, theme);
    }
    if let Some(chosen) = look.cursor {
        match (theme.cursor_line(), chosen) {
            (Some(style), _) => paint_row(buffer, area, row, style),
            (None, None) => paint_row(buffer, area, row, theme.chosen()),
            (None, Some(_)) => {}
        }
    }
}

/// Puts the mark of a line that goes on into the last column. A wide character that reaches into it gives way whole.
fn end_cut(buffer: &mut Buffer, area: Rect, row: u16, theme: &Theme) {
    let last = area.width - 1;
    let before = (area.x + last - 1, area.y + row);
    if let Some(cell) = buffer.cell_mut(before).filter(|cell| columns(cell.symbol()) > 1) {
        cell.set_symbol(" ");
    }
    if let Some(cell) = buffer.cell_mut((area.x + last, area.y + row)) {
        cell.reset();
    }
    put(buffer, area, last, row, ">", theme.role(Role::Dim));
}

/// The part of `text`, which starts at `column`, that is right of column 0, and where it starts.
fn visible(text: &str, column: i64) -> Option<(u16, &str)> {
    if column >= 0 {
        return u16::try_from(column).ok().map(|column| (column, text));
    }
    let hidden = usize::try_from(-column).ok()?;
    let mut cut = clip(text, hidden).len();
    // A wide character that is cut through is left out, and its visible half stays blank.
    let mut start = 0;
    if columns(text.get(..cut)?) < hidden {
        cut += text.get(cut..)?.chars().next()?.len_utf8();
        start = u16::try_from(columns(text.get(..cut)?) - hidden).ok()?;
    }
    text.get(cut..).filter(|rest| !rest.is_empty()).map(|rest| (start, rest))
}

fn mark_found(
    buffer: &mut Buffer,
    area: Rect,
    row: u16,
    plain: &str,
    left: usize,
    pattern: &Pattern,
    theme: &Theme,
) {
    let area = area.intersection(buffer.area);
    for place in pattern.places(plain) {
        let (Some(before), Some(found)) = (plain.get(..place.start), plain.get(place)) else {
            continue;
        };
        let start = columns(before);
        let (from, to) = (start.saturating_sub(left), (start + columns(found)).saturating_sub(left));
        let (from, to) = (from.min(usize::from(area.width)), to.min(usize::from(area.width)));
        if let (Ok(from), Ok(to)) = (u16::try_from(from), u16::try_from(to))
            && row < area.height
            && to > from
        {
            let rect = Rect { x: area.x + from, y: area.y + row, width: to - from, height: 1 };
            buffer.set_style(rect, theme.found());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::theme::ThemeName;
    use super::*;

    fn drawn(text: &str, width: u16, left: usize) -> String {
        let area = Rect { x: 0, y: 0, width, height: 1 };
        let mut buffer = Buffer::empty(area);
        let theme = Theme::new(ThemeName::Dark);
        let pattern = Pattern::new("b");
        let look = LineLook { theme: &theme, left, cursor: Some(None), pattern: pattern.as_ref() };
        line(&mut buffer, area, 0, &Line::of(text), look);
        let mut shown = String::new();
        let mut skip = 0;
        for cell in &buffer.content {
            if skip == 0 {
                shown.push_str(cell.symbol());
                skip = columns(cell.symbol());
            }
            skip = skip.saturating_sub(1);
        }
        shown
    }

    #[test]
    fn what_is_cut_is_marked() {
        assert_eq!(drawn("abcdef", 6, 0), "abcdef");
        assert_eq!(drawn("abcdef", 5, 0), "abcd>");
        assert_eq!(drawn("abcdef", 5, 1), "bcdef");
        assert_eq!(drawn("abcdef", 5, 9), "     ");
        assert_eq!(drawn("== ====", 5, 0), "== ==");
        // Blanks beyond the edge are nothing to scroll to.
        assert_eq!(drawn("abcde   ", 5, 0), "abcde");
        assert_eq!(drawn("abcde   f", 5, 0), "abcd>");
    }

    #[test]
    fn wide_characters_are_never_halved() {
        assert_eq!(drawn("驱动程序", 8, 1), " 动程序 ");
        assert_eq!(drawn("驱动程序", 4, 0), "驱 >");
    }

    #[test]
    fn nothing_is_drawn_outside() {
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: 3, height: 1 });
        let area = Rect { x: 2, y: 0, width: 9, height: 9 };
        put(&mut buffer, area, 0, 0, "xyz", Style::new());
        put(&mut buffer, area, 0, 5, "xyz", Style::new());
        put(&mut buffer, area, 5, 0, "xyz", Style::new());
        bar(&mut buffer, area, 0, "", "r", Style::new());
        assert_eq!(buffer, {
            let mut expected = Buffer::with_lines(["  x"]);
            expected.set_style(Rect { x: 2, y: 0, width: 1, height: 1 }, Style::new());
            expected
        });
    }
}
