//! What the command language keeps while lines run.

use super::aliases::{Aliases, Foreign, Origin};
use crate::output::Line;
use std::any::Any;
use std::sync::Arc;

/// What the command language keeps while lines run.
#[derive(Debug, Clone, Default)]
pub struct Interpreter {
    /// Names that stand for text.
    pub aliases: Aliases,
    /// Where in the nest of lines, blocks and files the command that runs is.
    pub depth: Depth,
    /// What was printed of a line that has not ended.
    pub unended: Line,
    /// What `dx` keeps under names: values, which only who evaluates them knows.
    pub variables: Option<Arc<dyn Any + Send + Sync>>,
}

/// How deep in blocks, loops and files a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// How many commands are running inside one another.
    pub nesting: usize,
    /// How many loops run around the command.
    pub loops: usize,
    /// How many `.catch` stand around the command.
    pub catches: usize,
    /// Columns that stand before a line where it was shown: the place of a caret under it.
    pub margin: usize,
    /// What stands in the text that runs that nobody wrote.
    pub foreign: Foreign,
}

impl Depth {
    /// Where a text comes from that a command makes of its own.
    pub fn origin(self) -> Origin {
        if self.foreign == Foreign::Nothing { Origin::Written } else { Origin::Found }
    }
}

impl Default for Depth {
    fn default() -> Depth {
        // The debugger's own margin where it shows no prompt.
        Depth { nesting: 0, loops: 0, catches: 0, margin: 8, foreign: Foreign::Nothing }
    }
}
