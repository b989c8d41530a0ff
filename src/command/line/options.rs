//! What is said of an option that a command does not have.

use crate::command::CommandError;

/// The refusal of an option, with those that `command` takes: one that is passed over in silence is taken for one that
/// was heeded.
pub fn unknown(command: &str, option: &str, known: &str) -> CommandError {
    CommandError::Argument(format!("{command} has no option '{option}'; it has {known}"))
}
