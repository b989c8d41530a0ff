//! What a search for a file found, and every place that was tried on the way.

use std::fmt;
use std::path::PathBuf;

use crate::symbols::module::FileId;

/// What came of trying one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The file is here.
    Found,
    /// It is not here; with a few words on what was looked for.
    NotFound(String),
    /// A file of this name is here, but is another version.
    Mismatch(String),
    /// The place or the file cannot be used.
    Failed(String),
    /// The place was not tried.
    Skipped(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Found => f.write_str("found"),
            Outcome::NotFound(detail) => write!(f, "not found ({detail})"),
            Outcome::Mismatch(detail) => write!(f, "mismatch: {detail}"),
            Outcome::Failed(reason) | Outcome::Skipped(reason) => f.write_str(reason),
        }
    }
}

/// One place that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Path or address, without logins.
    pub place: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The local file.
    pub path: PathBuf,
    /// Where it came from, if it was fetched or expanded into the cache just now.
    pub origin: Option<String>,
    /// What is wrong with it, where mismatches are allowed and this is one.
    pub mismatch: Option<String>,
}

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What was wanted.
    pub id: FileId,
    /// The file, if any.
    pub found: Option<Found>,
    /// Every place that was tried, in order.
    pub attempts: Vec<Attempt>,
    /// True if the user cancelled, so that places were left out.
    pub cancelled: bool,
}
