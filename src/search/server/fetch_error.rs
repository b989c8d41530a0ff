//! Why a download did not come, and what that says of the server.

use std::io;

/// Why a download did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server does not have the file.
    #[error("the server does not have it ({0})")]
    Missing(u16),
    /// The answer is of no use.
    #[error("{0}")]
    Answer(String),
    /// The server (or the proxy before it) is out of order, so other files will not come either.
    #[error("{0}")]
    Host(String),
    /// The user cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The file could not be written here.
    #[error("cannot write: {0}")]
    Local(#[from] io::Error),
}
