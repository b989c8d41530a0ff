//! The command line: one table, one file a command, a folder a chapter.
//!
//! [`table::COMMANDS`] lists every command; parsing, `.help`, completion and the reference in README.md come from it.

mod table;

/// What all commands share: their description, the parser, what they run with.
mod line;
/// Text that several commands show.
mod show;

mod analysis;
mod code;
mod io;
mod memory;
mod modules;
mod objects;
mod pool;
mod process;
mod processor;
mod registers;
mod script;
mod stack;
mod symbols;
mod system;
mod thread;
mod types;

#[cfg(feature = "explorer")]
pub(crate) use analysis::analyze::stand_at_verdict;
pub use line::{
    Args, Argument, Call, Choices, CommandError, CommandSpec, Completion, Context, Effect, Expects, Failure,
    Flow, Follows, Form, Given, Glue, Group, LineEnd, Names, Needs, Parsed, Place, Range, Rest, Run, Switch,
    Switches, Takes, first_command, near, range, reference, run_line,
};
#[cfg(feature = "explorer")]
pub(crate) use modules::dh::subsystem;
pub use table::COMMANDS;
