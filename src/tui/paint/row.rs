//! One row of the screen: which of its cells are written, and how.

use super::cells;
use super::pen::{ERASE, Look, Pen};
use ratatui::buffer::Cell;

/// About how many bytes a move takes.
const MOVE: usize = 5;

/// What has to be written of a row.
#[derive(Debug)]
pub(super) struct Row<'b> {
    y: u16,
    cells: &'b [Cell],
    /// The column from which on what stood there is erased before anything is written.
    erased: Option<usize>,
    /// How each cell is written; `None` for those that stay.
    writes: Vec<Option<Look>>,
    /// The column from which on the row is erased instead of being written with blanks.
    tail: Option<usize>,
}

impl<'b> Row<'b> {
    /// The way from one row to another, which differ from a column on; with `erase` what stood there goes first.
    pub(super) fn new(y: u16, old: &[Cell], new: &'b [Cell], first: usize, erase: bool) -> Row<'b> {
        let blank = Cell::default();
        let differs = |(x, cell): (usize, &Cell)| match erase && x >= first {
            true => *cell != blank,
            false => old.get(x) != Some(cell),
        };
        let changed: Vec<bool> = new.iter().enumerate().map(differs).collect();
        // Blanks up to the end are erased, where that is shorter.
        let end = new.iter().rposition(|cell| *cell != blank).map_or(0, |last| last + 1);
        let tail = changed.iter().skip(end).position(|changed| *changed).map(|at| at + end).filter(|tail| {
            changed.iter().rposition(|changed| *changed).is_some_and(|last| last - tail >= ERASE)
        });
        let mut writes: Vec<Option<Look>> = Vec::with_capacity(new.len());
        for (cell, changed) in new.iter().zip(changed).take(tail.unwrap_or(new.len())) {
            // A blank needs no look of its own if it may have that of what is before it.
            let before = writes.last().copied().flatten().filter(|look| look.suits(cell));
            writes.push(changed.then(|| before.unwrap_or(Look::of(cell))));
        }
        Row { y, cells: new, erased: erase.then_some(first), writes, tail }
    }

    /// The looks in which it is written.
    pub(super) fn looks(&self) -> impl Iterator<Item = Look> {
        self.writes.iter().flatten().copied()
    }

    /// About how many bytes it takes if looks cost nothing: what is written, a move to each piece, and erasing.
    pub(super) fn estimate(&self) -> usize {
        let mut before = None;
        let mut bytes = [self.erased, self.tail].iter().flatten().count() * (MOVE + ERASE);
        for (write, cell) in self.writes.iter().zip(self.cells) {
            if write.is_some() {
                bytes += cell.symbol().len() + if *write == before { 0 } else { MOVE };
            }
            before = *write;
        }
        bytes
    }

    /// Writes it, or what of it has a look; what is erased has the terminal's own.
    pub(super) fn paint(&self, pen: &mut Pen, only: Option<Look>) {
        let erases = only.is_none_or(|look| look == Look::default());
        if let Some(from) = self.erased.filter(|_| erases) {
            pen.erase_from(column(from), self.y);
        }
        let wanted = |write: &Option<Look>| write.is_some_and(|look| only.is_none_or(|only| look == only));
        let mut x = 0;
        while let Some(from) = self.writes.iter().skip(x).position(wanted).map(|at| at + x) {
            // What lies between is written again where that is no longer than to go past it.
            let between = self.cells.get(x..from).unwrap_or_default();
            if pen.stands(column(x), self.y) && pen.repeats(between) {
                pen.put_all(between, column(x), self.y);
            }
            let end = self.writes.iter().skip(from).position(|write| !wanted(write));
            let end = end.map_or(self.writes.len(), |at| at + from);
            // A wide character is written whole.
            let begin = cells::start(self.cells, from);
            let halves = self.cells.iter().skip(end).take_while(|cell| cell.symbol().is_empty()).count();
            x = end + halves;
            pen.put_all(self.cells.get(begin..x).unwrap_or_default(), column(begin), self.y);
        }
        if let Some(tail) = self.tail.filter(|_| erases) {
            pen.erase_from(column(tail), self.y);
        }
    }
}

fn column(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}
