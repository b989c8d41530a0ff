//! Why the explorer could not run.

use std::io;
use thiserror::Error;

/// Why the explorer could not run or ended early.
#[derive(Debug, Error)]
pub enum TuiError {
    /// Input or output is no terminal.
    #[error(
        "the explorer needs a terminal for input and output; for scripts and pipes use -c \"COMMANDS\", -cf FILE or --repl"
    )]
    NoTerminal,
    /// The terminal could not be set up or written to.
    #[error("terminal: {what}: {source}")]
    Terminal {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The panes of a picture were not filled.
    #[error("the panes are not filled after {seconds} s")]
    TooLong {
        /// How long was waited.
        seconds: u64,
    },
    /// A thread of the explorer could not be started.
    #[error("cannot start the {what} thread: {source}")]
    Thread {
        /// Which one.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
}
