//! Recursion in few lines: the same frames over and over become one line with a count.

use crate::output::{Cell, Field, Record, Role};
use crate::unwind::Frame;
use std::ops::Range;

/// A part of a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The frame at this place in the list.
    Frame(usize),
    /// Frames left out, because they repeat those before them.
    Folded(Fold),
}

/// Repeated frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fold {
    /// Place of the first frame left out.
    first: usize,
    /// Frames in one cycle.
    period: usize,
    /// Cycles left out.
    cycles: usize,
    /// Bytes of stack a cycle takes.
    bytes: u64,
}

/// Cycles of more frames than this are not looked for.
const LONGEST: usize = 12;
/// Fewer repetitions than this are shown as they are.
const LEAST: usize = 3;

/// Splits a stack into frames and folds.
pub(super) fn parts(frames: &[Frame]) -> Vec<Part> {
    let keys: Vec<u64> = frames.iter().map(|frame| frame.ip).collect();
    let mut parts = Vec::new();
    let mut at = 0;
    while at < keys.len() {
        let Some((period, times)) = longest_cycle(&keys, at) else {
            parts.push(Part::Frame(at));
            at += 1;
            continue;
        };
        // The first cycle and the last stay: they show where the recursion came from and how it ended.
        let folded =
            Fold { first: at + period, period, cycles: times - 2, bytes: cycle_bytes(frames, at, period) };
        let last = at + period * (times - 1);
        parts.extend((at..at + period).map(Part::Frame));
        parts.push(Part::Folded(folded));
        parts.extend((last..last + period).map(Part::Frame));
        at = last + period;
    }
    parts
}

/// The period and count of the cycle that starts at `at` and covers the most frames.
fn longest_cycle(keys: &[u64], at: usize) -> Option<(usize, usize)> {
    let rest = keys.get(at..)?;
    let candidates = (1..=LONGEST.min(rest.len() / LEAST)).map(|period| {
        let cycle = rest.get(..period).unwrap_or_default();
        let times = rest.chunks_exact(period).take_while(|chunk| *chunk == cycle).count();
        (period, times)
    });
    let cycles = candidates.filter(|&(_, times)| times >= LEAST);
    // Of two descriptions of the same frames the shorter cycle is the truer one.
    cycles.max_by_key(|&(period, times)| (period * times, usize::MAX - period))
}

fn cycle_bytes(frames: &[Frame], at: usize, period: usize) -> u64 {
    let sp = |index: usize| frames.get(index).map_or(0, |frame| frame.sp);
    sp(at + period).wrapping_sub(sp(at))
}

impl Fold {
    /// The places of the frames left out.
    pub(super) fn frames(&self) -> Range<usize> {
        self.first..self.first + self.period * self.cycles
    }

    /// The line that stands for the folded frames.
    pub(super) fn record(&self) -> Record {
        let last = self.frames().end;
        let dim = |cell: Cell| cell.role(Role::Dim);
        let number = |value: usize| dim(Cell::new(value as u64).shown(format!("{value:02x}")));
        // One frame needs no number in words.
        let above = match self.period {
            1 => "frame".to_owned(),
            period => format!("{period} frames"),
        };
        let times = if self.cycles == 1 { " more time: frames " } else { " more times: frames " };
        Record::new("folded_frames")
            .role(Role::Dim, "..  the ")
            .cell("period", dim(Cell::new(self.period as u64).shown(above)))
            .role(Role::Dim, " above ")
            .cell("cycles", dim(Cell::new(self.cycles as u64)))
            .role(Role::Dim, times)
            .cell("first", number(self.first))
            .role(Role::Dim, " to ")
            .cell("last", number(last.saturating_sub(1)))
            .role(Role::Dim, ", ")
            .cell("bytes", dim(Cell::new(Field::Hex(self.bytes)).shown(format!("{:#x}", self.bytes))))
            .role(Role::Dim, " bytes of stack each")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_cycle_that_covers_the_most() {
        assert_eq!(longest_cycle(&[1, 2, 1, 2, 1, 2, 1, 2, 3], 0), Some((2, 4)));
        assert_eq!(longest_cycle(&[7, 7, 7, 7, 7, 7], 0), Some((1, 6)));
        assert_eq!(longest_cycle(&[1, 2, 1, 2, 3], 0), None);
        assert_eq!(longest_cycle(&[], 0), None);
        assert_eq!(longest_cycle(&[1, 2, 3, 1, 2, 3, 1, 2, 3], 0), Some((3, 3)));
    }
}
