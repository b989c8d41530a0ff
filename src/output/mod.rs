//! What a command says, as data: a [`Document`] of [`Block`]s of [`Line`]s of [`Span`]s.
//!
//! A fact is stated once, as a [`Cell`] of a [`Record`] or of a [`Table`]'s row: that makes its text, its link, its column
//! and its place in JSON. Commands and views build blocks; the renderers in this folder turn the same blocks into plain text, ANSI colour,
//! JSON and Markdown, and the explorer draws them, so that a pane and a command can never disagree. Nothing here knows
//! the debugger.

mod action;
mod action_choices;
mod action_parts;
mod address_link;
mod ansi;
mod block;
mod cell;
mod document;
mod field;
mod json;
mod markdown;
pub mod paper;
mod plain;
mod problem;
mod record;
mod sanitize;
mod span;
mod structure;
mod table;

pub use action::{Action, ObjectForm, Unfollowable, is_module_word};
pub use ansi::ansi;
pub use block::{Block, Branch, Piece};
pub use cell::{Cell, Side};
pub use document::{Collector, Document, OutputClosed, Sink};
pub use field::Field;
pub use json::JsonStream;
pub use markdown::markdown;
pub use plain::plain;
pub use problem::Problem;
pub use record::Record;
pub use sanitize::{CleanText, brief, sanitize};
pub use span::{Line, Role, Span};
pub use structure::Structure;
pub use table::{Column, Table};
