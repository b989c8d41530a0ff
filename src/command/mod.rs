//! The command line: one table, one file a command.
//!
//! [`table::COMMANDS`] lists every command; parsing, `.help`, completion and the reference in README.md come from it.

mod args;
mod context;
mod error;
mod parse;
mod place;
mod run;
mod spec;
mod table;

pub use args::{Args, Range, range};
pub use context::Context;
pub use error::CommandError;
#[cfg(feature = "explorer")]
pub(crate) use image_headers::subsystem;
pub use parse::{Parsed, first_command, near};
pub use reference::reference;
pub use run::{Failure, LineEnd, run_line};
pub use spec::{CommandSpec, Glue, Group, Needs, Rest};
pub use table::COMMANDS;

mod analyze;
mod bugcheck;
mod chksym;
mod code_name;
mod cxr;
mod ddt;
pub mod disassembly;
mod display;
mod dlist;
mod dt;
mod dump_fields;
mod dx;
mod echo;
mod ecxr;
mod enumtag;
mod evaluate;
mod evaluate_cxx;
mod exr;
mod formats;
mod help;
mod host;
mod image_banner;
mod image_headers;
mod ld;
mod list;
mod lm;
mod lmi;
mod ln;
mod locals;
mod lsa;
mod options;
mod paths;
mod processor;
mod quit;
mod r;
mod reference;
mod registers;
mod reload;
mod running;
mod search;
mod stack;
mod sym;
mod symbol_text;
mod symopt;
mod time;
mod typed;
mod unassemble;
mod version;
mod vertarget;
mod x;
