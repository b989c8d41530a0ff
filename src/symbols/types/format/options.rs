//! What is shown of a type: depth, detail and choice of members.

use super::words::Detail;
use crate::symbols::wildcard::Wildcard;

/// The width of names where no members are chosen.
const NAME_WIDTH: usize = 16;

/// The options of `dt` that decide what is shown.
#[derive(Debug, Clone, Default)]
pub struct Options {
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

impl Options {
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
        longest.unwrap_or(NAME_WIDTH)
    }
}

/// A member to show, by its path.
#[derive(Debug, Clone)]
pub struct FieldPath {
    steps: Vec<Wildcard>,
    /// How many levels below the last step are opened: one for each dot at its end.
    pub(super) open: usize,
    length: usize,
}

impl FieldPath {
    /// Reads `Pcb.Header.`; `prefix` (option `-y`) lets each step match names that begin with it.
    pub fn new(path: &str, prefix: bool) -> FieldPath {
        let trimmed = path.trim_end_matches('.');
        let steps = trimmed.split('.').map(|step| match prefix {
            true => Wildcard::new(&format!("{step}*")),
            false => Wildcard::new(step),
        });
        FieldPath { steps: steps.collect(), open: path.len() - trimmed.len(), length: path.chars().count() }
    }

    /// Whether step number `at` matches a member's name.
    pub(super) fn matches(&self, at: usize, name: &str) -> bool {
        self.steps.get(at).is_some_and(|step| step.is_match(name))
    }

    /// Whether step number `at` is the last.
    pub(super) fn ends_at(&self, at: usize) -> bool {
        at + 1 == self.steps.len()
    }
}
