//! The command line itself: what a command is, how a typed line becomes commands, and what they run with.

mod args;
mod call;
mod complete;
mod context;
mod elsewhere;
mod error;
mod examples;
mod host;
mod nested;
mod parse;
mod pipe;
mod place;
mod range;
mod reader;
mod redirect;
mod reference;
mod run;
mod sinks;
mod spec;
mod switch;
mod thread;

#[cfg(test)]
pub(super) use args::test_args;
pub use args::{Args, Follows, Given};
pub use call::Call;
pub use complete::{Choices, Completion, Names};
pub use context::{Context, Out};
pub use error::{CommandError, Flow};
pub use parse::{Parsed, first_command, near};
pub use range::{Range, nothing_more, range};
pub use reader::{Reader, SYNTAX, closing};
pub use reference::reference;
pub use run::{Failure, LineEnd, run_line};
pub use spec::{CommandSpec, Effect, Glue, Group, Needs, Rest, Run};
pub use switch::{Argument, Expects, Form, Place, Switch, Switches, Takes};
pub use thread::AskedThread;
