//! From the screen that a terminal shows to the next one, in few bytes: over a slow line every byte is waited for.
//!
//! What is written is understood by everything that calls itself a terminal with colours: absolute and forward moves, erasing
//! to the end of a line, deleting and inserting lines in a scrolling region (ECMA-48 and the VT102, as xterm, the Linux
//! console, tmux, screen and the Windows console have them). Nothing is erased in another than the default background, which
//! not every terminal does alike, and no character is repeated by a sequence.

mod cells;
mod pen;
mod row;
mod scroll;

use pen::Pen;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use row::Row;

/// Frames of fewer bytes are not worth hiding the cursor for.
const SMALL: usize = 160;

/// What the terminal shows, and the way from there to the next screen.
#[derive(Debug, Default)]
pub(super) struct Painter {
    /// `None` where nobody knows what the terminal shows.
    shown: Option<Buffer>,
    /// Where the cursor is seen.
    cursor: Option<Position>,
}

impl Painter {
    /// Forgets what the terminal shows: the next screen is written whole.
    pub(super) fn forget(&mut self) {
        *self = Painter::default();
    }

    /// What makes the terminal show `next`, with the cursor at a place or hidden; empty if it does so already.
    pub(super) fn paint(&mut self, mut next: Buffer, cursor: Option<Position>) -> String {
        cells::normalise(&mut next);
        let known = self.shown.take().filter(|shown| shown.area == next.area);
        let mut pen = Pen::new(next.area.width);
        let fresh = known.is_none();
        let shown = known.unwrap_or_else(|| {
            self.cursor = None;
            pen.clear_screen();
            Buffer::empty(next.area)
        });
        // A cursor that is in sight stands where the last frame put it.
        pen.stand(self.cursor);
        let mut best = painted(pen.clone(), &shown, &next);
        for shift in scroll::shift(&shown, &next).into_iter().chain(scroll::clearing(&shown, &next)) {
            let (mut pen, mut shown) = (pen.clone(), shown.clone());
            pen.scroll(&shift);
            shift.apply(&mut shown);
            let moved = painted(pen, &shown, &next);
            if moved.len() < best.len() {
                best = moved;
            }
        }
        self.shown = Some(next);
        self.with_cursor(best, cursor, fresh)
    }

    /// The bytes between those that hide and show the cursor, and lead it to its place.
    fn with_cursor(&mut self, mut pen: Pen, cursor: Option<Position>, fresh: bool) -> String {
        let before = self.cursor;
        let hides = (before.is_some() && (cursor.is_none() || pen.len() > SMALL)) || fresh;
        let mut text = String::new();
        if hides {
            text.push_str("\x1b[?25l");
        }
        pen.rest();
        if let Some(place) = cursor {
            pen.go(place.x, place.y);
        }
        text.push_str(pen.text());
        if cursor.is_some() && (hides || before.is_none()) {
            text.push_str("\x1b[?25h");
        }
        self.cursor = cursor;
        text
    }
}

/// What the pen has to write: row by row, or, where that is shorter, look by look, as columns of a table have one each.
fn painted(start: Pen, shown: &Buffer, next: &Buffer) -> Pen {
    let (mut by_row, mut by_look) = (start.clone(), start);
    let mut rows = Vec::new();
    for ((old, new), y) in cells::rows(shown).zip(cells::rows(next)).zip(0..) {
        let Some(first) = old.iter().zip(new).position(|(old, new)| old != new) else { continue };
        // A row of which little stays is shorter without what stood there.
        let [kept, erased] = [false, true].map(|erase| Row::new(y, old, new, first, erase));
        let [with_kept, with_erased] = [&kept, &erased].map(|row| {
            let mut pen = by_row.lift();
            row.paint(&mut pen, None);
            pen
        });
        by_row.go_on(if with_erased.len() < with_kept.len() { with_erased } else { with_kept });
        rows.push(if erased.estimate() < kept.estimate() { erased } else { kept });
    }
    let mut looks = vec![pen::Look::default()];
    for look in rows.iter().flat_map(Row::looks) {
        if !looks.contains(&look) {
            looks.push(look);
        }
    }
    for look in looks {
        rows.iter().for_each(|row| row.paint(&mut by_look, Some(look)));
    }
    if by_look.len() < by_row.len() { by_look } else { by_row }
}

/// An empty screen of a size.
pub(super) fn blank(width: u16, height: u16) -> Buffer {
    Buffer::empty(Rect { x: 0, y: 0, width, height })
}

#[cfg(test)]
mod tests;
