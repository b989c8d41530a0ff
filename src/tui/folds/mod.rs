//! Which lines stand under which, and which of them are folded away.
//!
//! Lines are numbered from 0, whether they are in sight or not; rows count only those in sight. Going from the one to the
//! other takes the logarithm of the number of folded parts; folding something costs a walk over all parts, which are
//! far fewer than lines. A line that is not the head of anything costs nothing.

#[cfg(test)]
mod tests;

use super::numbers::Numbers;
use std::ops::Range;

/// A head with what stands under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    /// The first line of the head.
    head: u32,
    /// The first line under it.
    body: u32,
    /// The line behind it; [`OPEN`] while more is to come.
    end: u32,
    /// The part in which it stands; [`NONE`] for an outermost one.
    outer: u32,
    folded: bool,
}

const OPEN: u32 = u32::MAX;
const NONE: u32 = u32::MAX;

/// Lines beside each other that are out of sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hidden {
    /// The head that stands for them.
    head: usize,
    start: usize,
    end: usize,
    /// How many lines before them are out of sight as well.
    before: usize,
}

/// The parts of a list of lines, and which of them are folded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Folds {
    /// By their heads. What stands in a part follows it.
    parts: Vec<Part>,
    /// What is out of sight, in order.
    hidden: Vec<Hidden>,
    /// The lines that a filter leaves in sight, whatever is folded.
    only: Option<Numbers>,
}

impl Folds {
    /// A part begins whose head are the lines from `head` to `body`; parts are begun in the order of their heads.
    /// `outer` is the part in which it stands. Returns its number.
    pub(super) fn open(&mut self, head: usize, body: usize, outer: Option<usize>, folded: bool) -> usize {
        let outer = outer.map_or(NONE, narrow);
        self.parts.push(Part { head: narrow(head), body: narrow(body), end: OPEN, outer, folded });
        self.parts.len() - 1
    }

    /// Leaves only some lines in sight, or what is not folded.
    pub(super) fn show_only(&mut self, only: Option<Numbers>) {
        self.only = only;
    }

    /// Those that are left in sight besides others, to add some.
    pub(super) fn only_mut(&mut self) -> Option<&mut Numbers> {
        self.only.as_mut()
    }

    /// Whether no filter leaves a line out.
    pub(super) fn may_show(&self, line: usize) -> bool {
        self.only.as_ref().is_none_or(|only| only.place(line).is_some())
    }

    /// Whether a filter leaves out lines.
    pub(super) fn is_filtered(&self) -> bool {
        self.only.is_some()
    }

    /// The part is complete with `count` lines in all. One that got no lines is none.
    pub(super) fn close(&mut self, part: usize, count: usize) {
        let Some(closed) = self.parts.get_mut(part) else { return };
        closed.end = narrow(count);
        // Nothing can have begun in it.
        if closed.body >= closed.end {
            self.parts.truncate(part);
        }
    }

    /// What is folded or open has changed: works out anew what is out of sight of `count` lines.
    pub(super) fn update(&mut self, count: usize) {
        self.hidden.clear();
        let (mut hidden_to, mut before) = (0, 0);
        for part in self.parts.iter().filter(|part| part.folded) {
            let (start, end) = (wide(part.body), wide(part.end).min(count));
            if start >= hidden_to.max(1) && start < end {
                self.hidden.push(Hidden { head: wide(part.head), start, end, before });
                before += end - start;
                hidden_to = end;
            }
        }
    }

    /// How many of `count` lines are in sight.
    pub(super) fn rows(&self, count: usize) -> usize {
        if let Some(only) = &self.only {
            return only.count();
        }
        count - self.hidden.last().map_or(0, |last| last.before + last.end - last.start).min(count)
    }

    /// The line that stands in a row.
    pub(super) fn line_at(&self, row: usize) -> usize {
        if let Some(only) = &self.only {
            return only.at(row).unwrap_or(usize::MAX);
        }
        let passed = self.hidden.partition_point(|hidden| hidden.start - hidden.before <= row);
        row + self.hidden_before(passed)
    }

    /// The row of a line; of one out of sight, that of its head's last line.
    pub(super) fn row_of(&self, line: usize) -> usize {
        if let Some(only) = &self.only {
            return only.before(line.saturating_add(1)).saturating_sub(1);
        }
        let passed = self.hidden.partition_point(|hidden| hidden.start <= line);
        match passed.checked_sub(1).and_then(|last| self.hidden.get(last)) {
            Some(last) if line < last.end => (last.start - last.before).saturating_sub(1),
            _ => line - self.hidden_before(passed).min(line),
        }
    }

    /// The line itself, or the head that stands for it.
    pub(super) fn shown(&self, line: usize) -> usize {
        if let Some(only) = &self.only {
            return only.at(self.row_of(line)).unwrap_or(line);
        }
        let passed = self.hidden.partition_point(|hidden| hidden.start <= line);
        match passed.checked_sub(1).and_then(|last| self.hidden.get(last)) {
            Some(last) if line < last.end => last.head,
            _ => line,
        }
    }

    /// How many lines are out of sight under a head whose last line this is.
    pub(super) fn hidden_under(&self, line: usize) -> usize {
        if self.is_filtered() {
            return 0;
        }
        let found = self.hidden.binary_search_by_key(&(line + 1), |hidden| hidden.start);
        found.ok().and_then(|at| self.hidden.get(at)).map_or(0, |hidden| hidden.end - hidden.start)
    }

    fn hidden_before(&self, passed: usize) -> usize {
        let last = passed.checked_sub(1).and_then(|last| self.hidden.get(last));
        last.map_or(0, |last| last.before + last.end - last.start)
    }

    /// The innermost part in which a line is, as its head or under it; none where a filter decides what is in sight.
    pub(super) fn part_of(&self, line: usize) -> Option<usize> {
        if self.is_filtered() {
            return None;
        }
        let after = self.parts.partition_point(|part| wide(part.head) <= line);
        let mut at = after.checked_sub(1)?;
        loop {
            let part = self.parts.get(at)?;
            if line < wide(part.end) {
                return Some(at);
            }
            // What is outside begins before what is inside.
            at = Some(wide(part.outer)).filter(|outer| *outer < at)?;
        }
    }

    /// The part whose head a line belongs to.
    pub(super) fn headed(&self, line: usize) -> Option<usize> {
        self.part_of(line).filter(|part| self.parts.get(*part).is_some_and(|part| line < wide(part.body)))
    }

    /// The part around another.
    pub(super) fn outer(&self, part: usize) -> Option<usize> {
        Some(wide(self.parts.get(part)?.outer)).filter(|outer| *outer < self.parts.len())
    }

    /// The first line of a part's head.
    pub(super) fn head(&self, part: usize) -> usize {
        self.parts.get(part).map_or(0, |part| wide(part.head))
    }

    /// The lines of a part, out of `count`.
    pub(super) fn lines(&self, part: usize, count: usize) -> Range<usize> {
        self.parts.get(part).map_or(0..0, |part| wide(part.head)..wide(part.end).min(count))
    }

    /// Whether a part is folded.
    pub(super) fn is_folded(&self, part: usize) -> bool {
        self.parts.get(part).is_some_and(|part| part.folded)
    }

    /// Folds or unfolds a part; [`Folds::update`] has to follow.
    pub(super) fn set(&mut self, part: usize, folded: bool) {
        if let Some(part) = self.parts.get_mut(part) {
            part.folded = folded;
        }
    }

    /// Folds or unfolds all parts; [`Folds::update`] has to follow.
    pub(super) fn set_all(&mut self, folded: bool) {
        self.parts.iter_mut().for_each(|part| part.folded = folded);
    }

    /// Whether there is nothing to fold.
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty() || self.is_filtered()
    }

    /// Folds what is folded in other lines with the same parts; [`Folds::update`] has to follow.
    pub(super) fn fold_like(&mut self, other: &Folds) {
        if self.parts.len() == other.parts.len() {
            for (part, like) in self.parts.iter_mut().zip(&other.parts) {
                part.folded = like.folded;
            }
        }
    }

    /// The same parts over other lines: `place` says where a line is now. [`Folds::update`] has to follow.
    pub(super) fn moved(&self, place: impl Fn(usize) -> usize) -> Folds {
        let at = |line: u32| if line == OPEN { OPEN } else { narrow(place(wide(line))) };
        let moved =
            |part: &Part| Part { head: at(part.head), body: at(part.body), end: at(part.end), ..*part };
        Folds { parts: self.parts.iter().map(moved).collect(), ..Folds::default() }
    }

    /// How many parts there are.
    pub(super) fn count(&self) -> usize {
        self.parts.len()
    }

    /// The same where some lines, whole parts together, stand in another order: `place` says where a head is now.
    /// [`Folds::update`] has to follow.
    pub(super) fn reordered(&self, lines: Range<usize>, place: impl Fn(usize) -> usize) -> Folds {
        let moved = |(number, part): (usize, &Part)| {
            let head = wide(part.head);
            let to = if lines.contains(&head) { place(head) } else { head };
            let at =
                |line: u32| if line == OPEN { OPEN } else { narrow((wide(line) + to).saturating_sub(head)) };
            (number, Part { head: at(part.head), body: at(part.body), end: at(part.end), ..*part })
        };
        let mut parts: Vec<(usize, Part)> = self.parts.iter().enumerate().map(moved).collect();
        parts.sort_by_key(|(_, part)| part.head);
        let mut places = vec![NONE; parts.len()];
        for (new, (old, _)) in parts.iter().enumerate() {
            if let Some(place) = places.get_mut(*old) {
                *place = narrow(new);
            }
        }
        let outer = |part: Part| places.get(wide(part.outer)).copied().unwrap_or(NONE);
        let parts = parts.into_iter().map(|(_, part)| Part { outer: outer(part), ..part }).collect();
        Folds { parts, ..Folds::default() }
    }

    /// The first `gone` lines make way for `instead`: parts whose heads are gone are no parts any more. Returns how many
    /// those are. [`Folds::update`] has to follow.
    pub(super) fn drop_first(&mut self, gone: usize, instead: usize) -> usize {
        let removed = self.parts.partition_point(|part| wide(part.head) < gone);
        self.parts.drain(..removed);
        for part in &mut self.parts {
            part.outer =
                part.outer.checked_sub(narrow(removed)).filter(|_| part.outer != NONE).unwrap_or(NONE);
        }
        let place = |line: usize| (line + instead).saturating_sub(gone);
        let hidden = std::mem::take(&mut self.hidden);
        let mut only = self.only.take();
        only.iter_mut().for_each(|only| only.drop_first(gone, instead));
        *self = Folds { hidden, only, ..self.moved(place) };
        removed
    }

    /// Bytes that it takes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.parts) + size_of_val(&*self.hidden)
    }
}

fn narrow(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

fn wide(line: u32) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX)
}
