//! A list of entries that lies over the bottom of the panes.

use super::super::canvas::{bar, paint_row, put};
use super::super::theme::Theme;
use crate::output::Role;
use crate::util::width::{clip, columns};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

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
    let longest = entries.iter().skip(first).take(shown).map(|entry| columns(entry.what)).max().unwrap_or(0);
    // What it does stays in sight beside a long name.
    let start = (longest + GAP + 1).min(width * 2 / 3);
    for (index, entry) in entries.iter().enumerate().skip(first).take(shown) {
        let row = u16::try_from(index - first + 1).unwrap_or(u16::MAX);
        let style = theme.role(Role::Text);
        put(buffer, area, 1, row, clip(entry.what, start.saturating_sub(2)), style);
        let room = width.saturating_sub(start);
        put(
            buffer,
            area,
            u16::try_from(start).unwrap_or(u16::MAX),
            row,
            clip(entry.tells, room),
            theme.role(Role::Dim),
        );
        if index == chosen {
            put(buffer, area, 0, row, ">", style);
            paint_row(buffer, area, row, theme.chosen());
        }
    }
}
