//! What a command says, as data: a [`Document`] of [`Block`]s of [`Line`]s of [`Span`]s.
//!
//! Commands and views build blocks; the renderers in this folder turn the same blocks into plain text, ANSI colour,
//! JSON and Markdown, and the explorer draws them, so that a pane and a command can never disagree. Nothing here knows
//! the debugger.

mod action;
mod ansi;
mod document;
mod json;
mod markdown;
mod plain;
mod sanitize;
mod span;

pub use action::{Action, ObjectForm, Unfollowable, is_module_word};
pub use ansi::ansi;
pub use document::{Block, Collector, Document, Field, OutputClosed, Record, Sink};
pub use json::JsonStream;
pub use markdown::markdown;
pub use plain::plain;
pub use sanitize::{CleanText, brief, sanitize};
pub use span::{Line, Role, Span};
