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
    /// The file is no PDB, or a PDB that is damaged.
    #[error("{} is not a usable PDB: {reason}", path.display())]
    Pdb {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The PDB is of a kind that cannot be used as it is.
    #[error("{} is {kind}: {advice}", path.display())]
    UnsupportedPdb {
        /// The file.
        path: PathBuf,
        /// The kind, with its article.
        kind: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The PDB belongs to another build of the module.
    #[error(
        "{} does not match its module: the module wants {wanted}, the file is {found} (.symopt+0x40 or .reload /i uses it all the same)",
        path.display()
    )]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// GUID and age that the module asks for.
        wanted: String,
        /// GUID and age of the file.
        found: String,
    },
    /// The file is no Volatility 3 symbol table, or a damaged one.
    #[error("{} is not a usable symbol table: {reason}", path.display())]
    Isf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
