//! Rows that stand on the next screen as they are, only higher or lower.

use super::cells;
use ratatui::buffer::{Buffer, Cell};

/// Rows fewer than which are written sooner than moved.
const WORTH: usize = 2;

/// Lines that move: those from `top` up to `bottom` (the first that stays), up for positive numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) top: u16,
    pub(super) bottom: u16,
    pub(super) by: i32,
}

/// The shift after which most rows that would have to be written stand where they belong.
pub(super) fn shift(shown: &Buffer, next: &Buffer) -> Option<Shift> {
    let old: Vec<&[Cell]> = cells::rows(shown).collect();
    let new: Vec<&[Cell]> = cells::rows(next).collect();
    let height = i32::try_from(new.len()).ok()?;
    let row = |rows: &[&'_ [Cell]], at: i32| -> Option<usize> {
        usize::try_from(at).ok().filter(|at| *at < rows.len())
    };
    let mut best: Option<(usize, Shift)> = None;
    for by in (1 - height..height).filter(|by| *by != 0) {
        let lands = |at: &i32| {
            let (to, from) = (row(&new, *at), row(&old, at + by));
            let (to, from) =
                (to.and_then(|to| Some((new.get(to)?, old.get(to)?))), from.and_then(|from| old.get(from)));
            matches!((to, from), (Some((wanted, there)), Some(from)) if wanted == from && wanted != there)
        };
        let landing: Vec<i32> = (0..height).filter(lands).collect();
        let (Some(first), Some(last)) = (landing.first(), landing.last()) else { continue };
        if landing.len() < WORTH || best.is_some_and(|(count, _)| count >= landing.len()) {
            continue;
        }
        let (top, bottom) = ((*first).min(first + by), (*last).max(last + by) + 1);
        if let (Ok(top), Ok(bottom)) = (u16::try_from(top), u16::try_from(bottom)) {
            best = Some((landing.len(), Shift { top, bottom, by }));
        }
    }
    best.map(|(_, shift)| shift)
}

/// The shift that empties the most rows side by side that change, all of them at once.
pub(super) fn clearing(shown: &Buffer, next: &Buffer) -> Option<Shift> {
    let differs: Vec<bool> = cells::rows(shown).zip(cells::rows(next)).map(|(old, new)| old != new).collect();
    let mut top = 0;
    let runs = differs.chunk_by(|one, other| one == other).map(|run| {
        let first = top;
        top += run.len();
        (first, run)
    });
    let changing = runs.filter(|(_, run)| run.len() > WORTH && run.first() == Some(&true));
    let (first, run) = changing.max_by_key(|(_, run)| run.len())?;
    let (top, bottom) = (u16::try_from(first).ok()?, u16::try_from(first + run.len()).ok()?);
    Some(Shift { top, bottom, by: i32::from(bottom - top) })
}

impl Shift {
    /// What a terminal that shows `buffer` shows afterwards.
    pub(super) fn apply(&self, buffer: &mut Buffer) {
        let width = usize::from(buffer.area.width);
        let rows = usize::from(self.top) * width..usize::from(self.bottom) * width;
        let Some(region) = buffer.content.get_mut(rows) else { return };
        let by = usize::try_from(self.by.unsigned_abs())
            .unwrap_or(usize::MAX)
            .saturating_mul(width)
            .min(region.len());
        if self.by > 0 {
            region.rotate_left(by);
            let kept = region.len() - by;
            region.iter_mut().skip(kept).for_each(|cell| *cell = Cell::default());
        } else {
            region.rotate_right(by);
            region.iter_mut().take(by).for_each(|cell| *cell = Cell::default());
        }
    }
}
