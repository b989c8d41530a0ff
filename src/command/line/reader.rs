//! Reading a command's text as it runs: conditions, blocks, words.

use super::call::Call;
use super::context::Context;
use super::error::CommandError;

/// What the debugger says of text that does not fit.
pub const SYNTAX: &str = "Syntax error";

/// Reads the text of a command that says itself where it ends. An error blames the last character that was read.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'t> {
    line: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    /// At the command's arguments.
    pub fn new(call: &Call<'t>) -> Reader<'t> {
        Reader { line: call.line, at: call.start }
    }

    /// Back behind the command's name.
    pub fn back_to_name(&mut self, call: &Call<'_>) {
        let before = self.line.get(..call.start).unwrap_or_default();
        self.at = before.trim_end().len();
    }

    /// What is left.
    pub fn rest(&self) -> &'t str {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// How much of the line has been read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes on where `rest` begins, which is an end of the line.
    pub fn go_to(&mut self, rest: &str) {
        self.at = self.line.len().saturating_sub(rest.len());
    }

    /// Passes over blanks.
    pub fn blanks(&mut self) {
        self.go_to(self.rest().trim_start());
    }

    /// Passes over what separates lines too: a file's lines stand one behind the other with semicolons between.
    pub fn lines(&mut self) {
        self.go_to(self.rest().trim_start_matches(|c: char| c == ';' || c.is_whitespace()));
    }

    /// Takes `text` if it stands next, in any case.
    pub fn takes(&mut self, text: &str) -> bool {
        let found = self.rest().get(..text.len()).is_some_and(|start| start.eq_ignore_ascii_case(text));
        if found {
            self.at += text.len();
        }
        found
    }

    /// Takes a character.
    pub fn next(&mut self) -> Option<char> {
        let next = self.rest().chars().next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Takes what stands before `end`.
    pub fn until(&mut self, end: impl FnMut(char) -> bool) -> &'t str {
        let rest = self.rest();
        let length = rest.find(end).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// Blames the last character that was read.
    pub fn fail(&self, what: &'static str) -> CommandError {
        let read = self.line.get(..self.at).unwrap_or_default();
        CommandError::Caret { what, at: read.char_indices().next_back().map_or(0, |(at, _)| at) }
    }

    /// Takes a block, `{ ... }`; the text between the braces. Quotation marks protect no brace.
    ///
    /// # Errors
    /// No block, or one without end.
    pub fn block(&mut self) -> Result<&'t str, CommandError> {
        self.lines();
        if !self.takes("{") {
            return Err(self.fail(SYNTAX));
        }
        let rest = self.rest();
        let length = closing(rest, '{', '}').ok_or_else(|| self.fail(SYNTAX))?;
        self.at += length + 1;
        Ok(rest.get(..length).unwrap_or_default())
    }

    /// Takes the condition that stands next; its value.
    ///
    /// # Errors
    /// What the expression fails with.
    pub fn value(&mut self, context: &Context<'_>) -> Result<u64, CommandError> {
        let (value, rest) = context.evaluate_prefix(self.rest())?;
        self.go_to(rest);
        Ok(value)
    }
}

/// Where the bracket stands that closes one before `text`.
pub fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        match c {
            c if c == open => depth += 1,
            c if c == close => match depth.checked_sub(1) {
                Some(outer) => depth = outer,
                None => return Some(at),
            },
            _ => {}
        }
    }
    None
}
