//! What is shown of a type: depth, detail and choice of members.

use super::words::Detail;
use crate::symbols::wildcard::Wildcard;

/// A longer path than this does not widen the column any more.
const MAX_WIDTH: usize = 256;
/// The width of names where no members are chosen.
const NAME_WIDTH: usize = 16;

/// The options of `dt` that decide what is shown.
#[derive(Debug, Clone, Default)]
pub struct FormatOptions {
    /// `-r[n]`: how many levels of structures are opened, pointers included.
    pub recurse: usize,
    /// `-b`: open embedded structures all the way down, and leave out what pointers point to.
    pub blocks: bool,
    /// `-v`: kinds, element counts and sizes.
    pub verbose: bool,
    /// `-a[n]`: array elements one by one, at most so many (0: all).
    pub arrays: Option<usize>,
    /// `-c`: everything on one line.
    pub compact: bool,
    /// `-o`: no offsets.
    pub no_offset: bool,
    /// `-i`: no indentation.
    pub no_indent: bool,
    /// Members to show; all if there are none.
    pub fields: Vec<FieldPath>,
}

impl FormatOptions {
    /// How much a type's word says.
    pub fn detail(&self) -> Detail {
        match (self.blocks, self.verbose) {
            (_, true) => Detail::Verbose,
            (true, _) => Detail::Block,
            _ => Detail::Plain,
        }
    }

    /// The width of names: 16, or that of the longest chosen path.
    pub fn width(&self) -> usize {
        let longest = self.fields.iter().map(|field| field.length).max();
        longest.map_or(NAME_WIDTH, |longest| longest.min(MAX_WIDTH))
    }
}

/// A member to show, by its path.
#[derive(Debug, Clone)]
pub struct FieldPath {
    steps: Vec<Step>,
    /// How many levels below the last step are opened: one for each dot at its end.
    pub(super) open: usize,
    length: usize,
}

/// One step of a path: `Header`, `Wait*`, `PPLookasideList[3]`, `WaitBlock[*]`.
#[derive(Debug, Clone)]
struct Step {
    name: Wildcard,
    /// The elements, one for each dimension.
    indexes: Vec<Index>,
}

/// Which elements of an array are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Index {
    /// `[*]`
    All,
    /// `[3]`
    One(u64),
}

impl FieldPath {
    /// Reads `Pcb.Header.`; `prefix` (option `-y`) lets each step match names that begin with it.
    pub fn new(path: &str, prefix: bool) -> FieldPath {
        let trimmed = path.trim_end_matches('.');
        let steps = trimmed.split('.').map(|step| {
            let (name, indexes) = indexed(step);
            let name = match prefix {
                true => Wildcard::new(&format!("{name}*")),
                false => Wildcard::new(name),
            };
            Step { name, indexes }
        });
        FieldPath { steps: steps.collect(), open: path.len() - trimmed.len(), length: path.chars().count() }
    }

    /// Whether step number `at` matches a member's name.
    pub(super) fn matches(&self, at: usize, name: &str) -> bool {
        self.steps.get(at).is_some_and(|step| step.name.is_match(name))
    }

    /// The elements that step number `at` picks of an array; none where it names the member as a whole.
    pub(super) fn indexes(&self, at: usize) -> &[Index] {
        self.steps.get(at).map_or(&[], |step| &step.indexes)
    }

    /// Whether step number `at` is the last.
    pub(super) fn ends_at(&self, at: usize) -> bool {
        at + 1 == self.steps.len()
    }
}

/// A step's name and the indexes after it: decimal numbers, hex ones with `0x`, or `*`.
fn indexed(step: &str) -> (&str, Vec<Index>) {
    let (mut name, mut indexes) = (step, Vec::new());
    while let Some((before, inner)) = name.strip_suffix(']').and_then(|open| open.rsplit_once('[')) {
        let number = match inner.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16),
            None => inner.parse(),
        };
        let index = match (inner, number) {
            ("*", _) => Index::All,
            (_, Ok(number)) => Index::One(number),
            _ => break,
        };
        indexes.insert(0, index);
        name = before;
    }
    match name {
        "" => (step, Vec::new()),
        name => (name, indexes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_end_a_step() {
        assert_eq!(indexed("Pcb"), ("Pcb", vec![]));
        assert_eq!(indexed("List[3]"), ("List", vec![Index::One(3)]));
        assert_eq!(indexed("Table[0x10][*]"), ("Table", vec![Index::One(16), Index::All]));
        // A set of a wildcard is none.
        assert_eq!(indexed("Wait[BI]"), ("Wait[BI]", vec![]));
        assert_eq!(indexed("[3]"), ("[3]", vec![]));
    }
}
