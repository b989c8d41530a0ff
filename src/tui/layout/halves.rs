//! Where the halves of a divided pane stand.

use ratatui::layout::Rect;

/// From so many columns on a half stands beside the other, with room for an address and two pointers; else below it.
const COLUMNS: u16 = 54;
/// Rows of a half at least, its title among them.
const ROWS: u16 = 4;
/// Rows of a pane that is not divided, beside one that needs room.
const LEAST_ROWS: u16 = 4;

/// A pane of a column with its rows, its title among them; `None` for the one that takes what the others leave.
pub(super) type Part = (usize, Option<u16>);

/// A column in which divided panes have room for both halves, as far as the others can spare it.
pub(super) fn with_room(mut parts: Vec<Part>, height: u16, divides: impl Fn(usize) -> bool) -> Vec<Part> {
    if !parts.iter().any(|(pane, _)| divides(*pane)) {
        return parts;
    }
    let least = |pane: usize| if divides(pane) { 2 * ROWS } else { LEAST_ROWS };
    for (pane, rows) in &mut parts {
        *rows = rows.map(|rows| if divides(*pane) { rows.max(least(*pane)) } else { rows });
    }
    let rest = parts.iter().find(|(_, rows)| rows.is_none()).map_or(0, |(pane, _)| least(*pane));
    loop {
        let fixed = parts.iter().filter_map(|(_, rows)| *rows).fold(rest, u16::saturating_add);
        let all = parts.iter_mut().filter_map(|(pane, rows)| Some((least(*pane), rows.as_mut()?)));
        let largest = all.filter(|(least, rows)| **rows > *least).map(|(_, rows)| rows).max();
        match largest.filter(|_| fixed > height) {
            Some(rows) => *rows -= 1,
            None => return parts,
        }
    }
}

/// Two halves of an area and what stands between them; `None` where there is no room for two.
pub(super) fn halves(area: Rect) -> Option<([Rect; 2], Option<Rect>)> {
    if area.width > 2 * COLUMNS && area.height >= ROWS {
        let columns = area.width / 2;
        let first = Rect { width: columns, ..area };
        let seam = Rect { x: area.x + columns, width: 1, ..area };
        let second = Rect { x: seam.x + 1, width: area.width - columns - 1, ..area };
        return Some(([first, second], Some(seam)));
    }
    let rows = area.height / 2;
    let first = Rect { height: rows, ..area };
    let second = Rect { y: area.y + rows, height: area.height - rows, ..area };
    (rows >= ROWS).then_some(([first, second], None))
}
