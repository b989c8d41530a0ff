//! What can go wrong while symbols are found and read.

use std::path::PathBuf;

/// An error of the symbols layer. Messages name the file or server, what was tried and why it failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SymbolError {
    /// A file could not be read or written.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was tried: `read`, `create`, ...
        action: &'static str,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// A file is larger than this program is willing to load.
    #[error("{}: {size} bytes is more than the limit of {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// The bytes are not a PE image, or its headers are damaged.
    #[error("not a usable PE image: {0}")]
    Pe(#[from] super::pe::PeError),
}
