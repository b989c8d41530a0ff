//! The program as its users start it: flags, line mode, the explorer on a pseudo-terminal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/forge.rs"]
mod forge;
#[path = "../support/http.rs"]
mod http;
#[path = "../support/shared.rs"]
mod shared;
#[path = "../support/terminal.rs"]
mod terminal;

mod archives;
#[cfg(all(unix, feature = "explorer"))]
mod bytes;
#[cfg(feature = "explorer")]
mod dumps;
#[cfg(all(unix, feature = "explorer"))]
mod dumps_by_hand;
mod elsewhere;
#[cfg(all(unix, feature = "explorer"))]
mod explorer;
#[cfg(all(unix, feature = "explorer"))]
mod explorer_symbols;
mod files;
mod json_text;
#[cfg(unix)]
mod line_mode;
#[cfg(feature = "explorer")]
mod panes;
#[cfg(feature = "explorer")]
mod pictures;
mod process;
#[cfg(feature = "explorer")]
mod screens;
#[cfg(unix)]
mod shrinking_files;
#[cfg(all(unix, feature = "explorer"))]
mod walks;
