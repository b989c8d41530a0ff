//! A list of entries that lies over the bottom of the panes.

use super::super::canvas::{bar, paint_row, put};
use super::super::theme::Theme;
use crate::output::Role;
use crate::util::width::{clip, columns};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// Columns between what an entry is and what is told of it.
const GAP: usize = 2;

/// An entry as it is drawn.
pub struct Entry<'e> {
    /// What it is.
    pub what: &'e str,
    /// What is told of it.
    pub tells: &'e str,
}

/// A list over the bottom of `area`: a bar, and as many entries as fit, the chosen one among them.
pub fn draw<'e>(
    buffer: &mut Buffer,
    area: Rect,
    theme: &Theme,
    (left, right): (&str, &str),
    (entries, chosen): (&[Entry<'e>], usize),
) {
    let rows = u16::try_from(entries.len()).unwrap_or(u16::MAX).min(area.height.saturating_sub(1));
    let height = rows + 1;
    if area.height == 0 || area.width == 0 {
        return;
    }
    let area = Rect { y: area.y + area.height - height, height, ..area };
    let width = usize::from(area.width);
    let blank = " ".repeat(width);
    for row in 0..height {
        put(buffer, area, 0, row, &blank, theme.role(Role::Text));
        paint_row(buffer, area, row, theme.role(Role::Text));
    }
    let room = width.saturating_sub(columns(right) + 1);
    bar(buffer, area, 0, clip(left, room), right, theme.bar(true));
    let shown = usize::from(rows).max(1);
    let first = chosen / shown * shown;
    let longest = |text: fn(&Entry<'e>) -> &'e str| {
        entries.iter().skip(first).take(shown).map(|entry| columns(text(entry))).max().unwrap_or(0)
    };
    // One long name must not push out of sight what all others do: it pushes only what is told of itself.
    let most = (width * 2 / 5).max(width.saturating_sub(longest(|entry| entry.tells) + GAP + 1));
    let start = longest(|entry| entry.what).min(most) + GAP + 1;
    for (index, entry) in entries.iter().enumerate().skip(first).take(shown) {
        let row = u16::try_from(index - first + 1).unwrap_or(u16::MAX);
        let style = theme.role(Role::Text);
        let room = (width * 2 / 3).max(width.saturating_sub(columns(entry.tells) + GAP));
        let what = cut(entry.what, room.saturating_sub(GAP + 1));
        put(buffer, area, 1, row, &what, style);
        let start = start.max(columns(&what) + GAP + 1);
        let room = width.saturating_sub(start);
        put(
            buffer,
            area,
            u16::try_from(start).unwrap_or(u16::MAX),
            row,
            &cut(entry.tells, room),
            theme.role(Role::Dim),
        );
        if index == chosen {
            put(buffer, area, 0, row, ">", style);
            paint_row(buffer, area, row, theme.chosen());
        }
    }
}

/// A text in some columns; one that has no room ends in two dots.
fn cut(text: &str, room: usize) -> Cow<'_, str> {
    if columns(text) <= room {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{}..", clip(text, room.saturating_sub(2)).trim_end()))
}

#[cfg(test)]
mod tests {
    use super::super::super::paint;
    use super::super::super::theme::ThemeName;
    use super::*;

    #[test]
    fn a_long_name_leaves_room_for_what_is_told() {
        let area = paint::blank(40, 3).area;
        let mut buffer = paint::blank(40, 3);
        let entries = [
            Entry { what: "!pool", tells: "Shows the pool block of an address" },
            Entry { what: ".one, .two, .three, .four, .five", tells: "short" },
        ];
        draw(&mut buffer, area, &Theme::new(ThemeName::Dark), ("", ""), (&entries, 1));
        let row = |row: u16| -> String { (0..40).map(|x| buffer[(x, row)].symbol().to_owned()).collect() };
        assert_eq!(row(1), format!(" {:<18}Shows the pool bloc..", "!pool"));
        assert_eq!(row(2).trim_end(), format!(">{}  short", ".one, .two, .three, .four, ..."));
    }
}
