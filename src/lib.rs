//! dumpscope: a terminal debugger for Windows kernel crash dumps.
//!
//! The folders are layers; each may import only from those listed above it (see ARCHITECTURE.md, checked by
//! `tests/project/layers.rs`).

pub mod analysis;
pub mod cli;
pub mod command;
pub mod debuggee;
pub mod dump;
pub mod eval;
pub mod events;
pub mod kernel;
pub mod memory;
pub mod output;
pub mod search;
pub mod session;
pub mod symbols;
#[cfg(feature = "explorer")]
pub mod tui;
pub mod unwind;
pub mod util;
pub mod words;
