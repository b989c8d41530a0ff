//! How the process ends, and why it may end before it began.

use std::process::ExitCode;

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Everything ran.
    Success = 0,
    /// A command failed.
    CommandFailed = 1,
    /// The flags make no sense.
    Usage = 2,
    /// The dump could not be opened.
    NotOpened = 3,
    /// Output could not be written.
    OutputFailed = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why there is no session.
pub struct Refusal {
    /// What to tell the user.
    pub message: String,
    /// How the process ends.
    pub exit: Exit,
}
