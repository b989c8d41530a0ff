//! The command line itself: what a command is, how a typed line becomes commands, and what they run with.

mod args;
mod context;
mod error;
mod host;
pub mod options;
mod parse;
mod place;
mod reference;
mod run;
mod spec;

pub use args::{Args, Range, nothing_more, range};
pub use context::{Context, Out};
pub use error::CommandError;
pub use parse::{Parsed, first_command, near};
pub use reference::reference;
pub use run::{Failure, LineEnd, run_line};
pub use spec::{CommandSpec, Glue, Group, Needs, Rest};
