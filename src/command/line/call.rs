//! A command line taken apart, before its command's switches are read.

/// A command line taken apart: its name, option letters that touch it, and the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'t> {
    /// The name as the table spells it.
    pub name: &'static str,
    /// What stood right after the name (`v` in `kv 5`).
    pub glued: &'t str,
    /// The rest, without blanks around it.
    pub text: &'t str,
    /// The whole text that the command stands in: a line, a block.
    pub line: &'t str,
    /// Where `text` begins in it.
    pub start: usize,
}

impl<'t> Call<'t> {
    /// A command that another one runs.
    pub fn new(name: &'static str, text: &'t str) -> Call<'t> {
        Call { name, glued: "", text, line: text, start: 0 }
    }

    /// Where its arguments end in the line.
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Where a part of the line begins in it.
    pub fn place(&self, part: &str) -> usize {
        (part.as_ptr() as usize).saturating_sub(self.line.as_ptr() as usize).min(self.line.len())
    }
}
