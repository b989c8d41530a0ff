//! How the process ends, and why it may end before it began.

use crate::command::CommandError;
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

impl Exit {
    /// What a command that failed makes of it: a file that it could not write counts as output.
    pub fn of(error: &CommandError) -> Exit {
        if error.kind() == "output" { Exit::OutputFailed } else { Exit::CommandFailed }
    }

    /// The one that tells of the greater failure.
    pub fn worse(self, other: Exit) -> Exit {
        if other as u8 > self as u8 { other } else { self }
    }
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
