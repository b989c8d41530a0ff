//! The debugger's data model, which `dx` shows: sessions, processes, threads and frames as objects, lists of them, and
//! queries over lists, as Microsoft's documentation of `dx` and of "LINQ with the debugger objects" describes them.
//!
//! [`parser`] makes a tree ([`syntax`]) of a text, in which C++ expressions are leaves; [`Model`] walks it: `evaluate` and
//! `operators` what is written, `each` and `query` lists, `text` strings, `objects` what things have. A list is how its
//! elements are found ([`Source`]): nothing is read before somebody asks for an element, and no further than asked.
//! Whatever belongs to a process is read with that process's eyes (`eyes`).

mod canon;
mod each;
mod error;
mod evaluate;
mod eyes;
mod machine;
mod objects;
mod operators;
mod parser;
mod query;
mod syntax;
mod text;
mod things;
mod value;
mod variables;
mod whole;

pub use error::ModelError;
pub use eyes::Eyes;
pub use machine::{Display, Model};
pub use parser::{assignment, is_root};
pub use value::{FrameOf, HandleOf, Item, List, Native, Object, Record, Source, Value, Wish};
pub use variables::{LAST_RESULT, Variables};
