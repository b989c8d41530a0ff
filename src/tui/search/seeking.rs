//! A line that is still sought, and what is known of those that were found.

use super::Pattern;

/// A line that is still sought.
#[derive(Debug, Clone)]
pub(in crate::tui) struct Seeking {
    /// The pane and the line that it began at: who goes elsewhere meanwhile stays there.
    pub(in crate::tui) from: (usize, usize),
    pub(in crate::tui) forward: bool,
    pub(in crate::tui) from_here: bool,
    /// The text that stands nowhere as it was typed and is sought as an expression now.
    pub(in crate::tui) instead: Option<Pattern>,
    /// Whether it is to be sought as an expression if it stands nowhere.
    pub(in crate::tui) may_be_expression: bool,
}

/// What is known of the lines that hold what is searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::tui) struct Found {
    /// Which of them the cursor is on, from 1; 0: on none.
    pub(in crate::tui) place: usize,
    /// How many there are.
    pub(in crate::tui) count: usize,
    /// How many of a hundred lines were looked at, until all are.
    pub(in crate::tui) percent: Option<usize>,
}
