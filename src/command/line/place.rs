//! Where in the typed line an error stands.

use super::call::Call;
use super::error::CommandError;
use crate::eval::{EvalError, Mark};

/// How a line is shown under which a caret stands.
pub struct Shown<'t> {
    /// What the debugger shows of the line: commands that take their text apart in place have changed it.
    pub line: &'t str,
    /// Columns before the line.
    pub margin: usize,
}

/// `error` as it is told in its line: quoted up to the line's end, or with a caret under the place.
///
/// `args` are those of the failed command. An expression that does not reach to their end is quoted as far as it was
/// evaluated.
pub fn placed(error: CommandError, args: &Call<'_>, shown: &Shown<'_>) -> CommandError {
    let error = match error {
        CommandError::Expression(error) => match offset(&error, args) {
            Some(at) => told(error, args.line, at, shown),
            None => CommandError::Expression(error),
        },
        CommandError::Caret { what, at } => CommandError::Argument(caret(what, args.line, at, shown)),
        other => return other,
    };
    // The text around this one must not look for the place again.
    CommandError::Placed(Box::new(error))
}

/// Where the blamed text starts in the line.
fn offset(error: &EvalError, args: &Call<'_>) -> Option<usize> {
    if error.mark() == Mark::Before {
        return Some(args.line.get(..args.start)?.trim_end().len());
    }
    // Blanks at the end were cut off from some expressions and not from others.
    let (text, at) = (args.text.trim_end(), error.at.trim_end());
    text.ends_with(at).then(|| args.start + text.len() - at.len())
}

fn told(error: EvalError, line: &str, at: usize, shown: &Shown<'_>) -> CommandError {
    match error.mark() {
        Mark::Quote => {
            let at = line.get(at..).unwrap_or_default().to_owned();
            CommandError::Expression(EvalError { at, ..error })
        }
        Mark::Caret | Mark::Before => CommandError::Argument(caret(error.title(), line, at, shown)),
    }
}

/// The line of a caret under the character at `at`.
pub fn caret(what: &str, line: &str, at: usize, shown: &Shown<'_>) -> String {
    let column = shown.margin + crate::util::width::columns(line.get(..at).unwrap_or_default());
    let preposition = if what.ends_with("character") { "" } else { " in" };
    format!("{:column$}^ {what}{preposition} '{}'", "", shown.line)
}
