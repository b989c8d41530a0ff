//! Lines as they are kept: up to a million, of which a few dozen are looked at. All but the last ones are packed, some
//! thousand together, and unpacked where somebody looks.

mod block;
#[cfg(test)]
mod tests;

use crate::output::Line;
use crate::util::width;
use block::{Block, Style};
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// A list of lines that grows at its end.
#[derive(Debug, Default)]
pub(super) struct Lines {
    sealed: Vec<Sealed>,
    /// The last ones.
    open: Rc<Block>,
    /// How many lines are sealed.
    before: usize,
    /// Bytes that the sealed ones take.
    bytes: usize,
    /// Blocks that were unpacked last, the latest first, by their place among the sealed ones.
    unpacked: RefCell<Vec<(usize, Rc<Block>)>>,
    /// Another one as soon as lines change otherwise than by new ones at the end.
    identity: Rc<()>,
}

/// How many blocks stay unpacked: what is in sight, and what is searched.
const UNPACKED: usize = 4;

/// Lines that are packed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sealed {
    /// The number of its first line.
    start: usize,
    count: usize,
    packed: Rc<[u8]>,
    styles: Rc<[Style]>,
    has_links: bool,
}

impl Sealed {
    fn new(block: &Block, start: usize) -> Sealed {
        Sealed {
            start,
            count: block.count(),
            packed: lz4_flex::compress_prepend_size(&block.write()).into(),
            styles: block.styles.as_slice().into(),
            has_links: block.has_links(),
        }
    }

    fn unpack(&self) -> Option<Block> {
        let bytes = lz4_flex::decompress_size_prepended(&self.packed).ok()?;
        Block::read(&bytes, self.count, self.styles.to_vec())
    }

    fn bytes(&self) -> usize {
        size_of::<Sealed>() + self.packed.len() + self.styles.iter().map(Style::bytes).sum::<usize>()
    }
}

/// A line that is kept.
#[derive(Debug, Clone)]
pub(super) struct KeptLine {
    block: Rc<Block>,
    place: usize,
}

impl KeptLine {
    /// The text without roles.
    pub(super) fn text(&self) -> &str {
        self.block.text(self.place)
    }

    /// Whether there is something to follow on it.
    pub(super) fn has_link(&self) -> bool {
        self.block.has_link(self.place)
    }

    /// Whether nothing is on it.
    pub(super) fn is_empty(&self) -> bool {
        self.text().is_empty()
    }

    /// How many terminal columns it takes.
    pub(super) fn columns(&self) -> usize {
        width::columns(self.text())
    }

    /// The line. Parts beside each other that look alike are one.
    pub(super) fn line(&self) -> Line {
        self.block.line(self.place)
    }
}

impl PartialEq for KeptLine {
    fn eq(&self, other: &KeptLine) -> bool {
        self.text() == other.text() && self.line() == other.line()
    }
}

impl Lines {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.before + self.open.count()
    }

    /// The line of a number, from 0.
    pub(super) fn get(&self, number: usize) -> Option<KeptLine> {
        if let Some(place) = number.checked_sub(self.before) {
            return (place < self.open.count()).then(|| KeptLine { block: Rc::clone(&self.open), place });
        }
        let at = self.sealed.partition_point(|sealed| sealed.start <= number).checked_sub(1)?;
        let sealed = self.sealed.get(at)?;
        Some(KeptLine { block: self.unpacked(at, sealed), place: number - sealed.start })
    }

    /// A block of the sealed ones. One that cannot be unpacked would be a fault of this program: its lines are empty then.
    fn unpacked(&self, at: usize, sealed: &Sealed) -> Rc<Block> {
        let mut unpacked = self.unpacked.borrow_mut();
        if let Some(found) = unpacked.iter().position(|(place, _)| *place == at) {
            unpacked.get_mut(..=found).into_iter().for_each(|blocks| blocks.rotate_right(1));
        } else {
            unpacked.truncate(UNPACKED - 1);
            unpacked.insert(0, (at, Rc::new(sealed.unpack().unwrap_or_default())));
        }
        unpacked.first().map(|(_, block)| Rc::clone(block)).unwrap_or_default()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = KeptLine> + ExactSizeIterator {
        self.range(0..self.count())
    }

    /// Some of them.
    pub(super) fn range(
        &self,
        lines: Range<usize>,
    ) -> impl DoubleEndedIterator<Item = KeptLine> + ExactSizeIterator {
        let none = || KeptLine { block: Rc::default(), place: 0 };
        (lines.start.min(self.count())..lines.end.min(self.count()))
            .map(move |number| self.get(number).unwrap_or_else(none))
    }

    /// The first line from one on with something to follow.
    pub(super) fn link_from(&self, number: usize) -> Option<usize> {
        let mut number = number;
        while let Some(line) = self.get(number) {
            if line.has_link() {
                return Some(number);
            }
            number = self
                .block_around(number)
                .filter(|(_, has_links)| !has_links)
                .map_or(number + 1, |(block, _)| block.end);
        }
        None
    }

    /// The last line before one with something to follow.
    pub(super) fn link_before(&self, number: usize) -> Option<usize> {
        let mut end = number.min(self.count());
        while let Some(number) = end.checked_sub(1) {
            let (block, has_links) = self.block_around(number)?;
            end = if has_links { number } else { block.start };
            if has_links && self.get(number)?.has_link() {
                return Some(number);
            }
        }
        None
    }

    /// The lines of the block in which one stands, and whether any of them has something to follow.
    fn block_around(&self, number: usize) -> Option<(Range<usize>, bool)> {
        if number >= self.before {
            return (number < self.count()).then(|| (self.before..self.count(), self.open.has_links()));
        }
        let at = self.sealed.partition_point(|sealed| sealed.start <= number).checked_sub(1)?;
        self.sealed.get(at).map(|sealed| (sealed.start..sealed.start + sealed.count, sealed.has_links))
    }

    /// Adds a line.
    pub(super) fn push(&mut self, line: &Line) {
        Rc::make_mut(&mut self.open).push(line);
        if self.open.is_full() {
            let block = std::mem::take(&mut self.open);
            self.seal(&block);
        }
    }

    fn seal(&mut self, block: &Block) {
        let sealed = Sealed::new(block, self.before);
        self.before += sealed.count;
        self.bytes += sealed.bytes();
        self.sealed.push(sealed);
    }

    /// Puts `instead` in the place of the first `gone` lines.
    pub(super) fn replace_first(&mut self, gone: usize, instead: Option<Line>) {
        let old = std::mem::take(self);
        let mut front = Block::default();
        instead.iter().for_each(|line| front.push(line));
        // Of the block that is cut the rest is packed anew.
        let whole = old.sealed.partition_point(|sealed| sealed.start < gone);
        let cut = old.sealed.get(whole).map_or(old.before, |sealed| sealed.start);
        let cut = if gone > old.before { old.count() } else { cut };
        old.range(gone..cut).for_each(|line| front.push(&line.line()));
        if front.count() > 0 {
            self.seal(&front);
        }
        for sealed in old.sealed.into_iter().skip(whole) {
            let sealed = Sealed { start: self.before, ..sealed };
            self.before += sealed.count;
            self.bytes += sealed.bytes();
            self.sealed.push(sealed);
        }
        if gone <= old.before {
            self.open = old.open;
        }
    }

    /// The same with other lines in the place of some, which are in order.
    pub(super) fn with(&self, changes: impl IntoIterator<Item = (usize, Line)>) -> Lines {
        let mut changes = changes.into_iter().peekable();
        let line = |(number, line): (usize, KeptLine)| match changes.next_if(|(at, _)| *at == number) {
            Some((_, changed)) => changed,
            None => line.line(),
        };
        self.iter().enumerate().map(line).collect()
    }

    /// The text of a line; panics if there is none.
    #[cfg(test)]
    pub(super) fn text(&self, number: usize) -> String {
        self.get(number).expect("a line").text().to_owned()
    }

    /// Bytes that the texts and what is known of their parts take, but for a block's worth at the end.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The same for the same list as long as lines only came at its end.
    pub(super) fn identity(&self) -> Rc<()> {
        Rc::clone(&self.identity)
    }
}

impl PartialEq for Lines {
    fn eq(&self, other: &Lines) -> bool {
        // Lines that came in the same order are packed alike.
        let alike = self.sealed == other.sealed && self.open == other.open;
        alike || (self.count() == other.count() && self.iter().eq(other.iter()))
    }
}

impl FromIterator<Line> for Lines {
    fn from_iter<I: IntoIterator<Item = Line>>(lines: I) -> Lines {
        let mut list = Lines::default();
        lines.into_iter().for_each(|line| list.push(&line));
        list
    }
}
