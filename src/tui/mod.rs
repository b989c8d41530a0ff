//! The explorer: a full-screen terminal program around a session.
//!
//! Two threads a dump: the engine owns the session and runs one command line at a time; the screen's thread waits for keys,
//! the engine's output and signals, changes its state and draws it, only when something changed. A third one looks up
//! names that complete what is typed. Every pane shows the output of a command. Nothing here knows a dump's formats.

mod actions;
mod app;
mod arranged;
mod canvas;
mod columns;
mod completer;
mod copying;
mod divided;
mod dumps;
mod engine;
mod error;
mod event;
mod finding;
mod folding;
mod folds;
mod history;
mod jobs;
mod kept;
mod keys;
mod last_line;
mod layers;
mod layout;
mod line_editor;
mod lines;
mod links;
mod message;
mod numbers;
mod offer;
mod page;
mod paint;
mod panes;
mod picture;
mod pointer;
mod prompt;
mod run;
mod screen;
mod scrollback;
mod search;
mod tabs;
mod terminal;
mod test_hook;
mod theme;
mod ticket;
mod together;
mod trail;
mod typing;
mod view;
mod watch;
mod wrap;

#[cfg(test)]
mod tests;

pub use error::TuiError;
pub use line_editor::{Entered, LineEditor};
pub use picture::{Keys, Size, Stage};
pub use run::{ExplorerOptions, run};
pub use terminal::is_terminal;
pub use theme::ThemeName;
