//! Where in the typed line an expression's error stands.

use super::call::Call;
use super::error::CommandError;
use crate::eval::{EvalError, Mark};

/// Columns before the line in the debugger's output, where no prompt is shown.
const MARGIN: usize = 8;

/// `error` as it is told in its line: quoted up to the end of `line`, or with a caret under the place.
///
/// `args` are those of the failed command, a part of `line`. An expression that does not reach to their end is quoted as far
/// as it was evaluated.
pub fn placed(error: CommandError, line: &str, args: &Call<'_>) -> CommandError {
    match error {
        CommandError::Expression(error) => match offset(&error, line, args) {
            Some(at) => told(error, line, at),
            None => CommandError::Expression(error),
        },
        CommandError::Caret { what, at } => {
            let found = end_of(line, args).and_then(|end| end.checked_sub(at.len()));
            CommandError::Argument(match found {
                Some(at) => caret(what, line, at),
                None => format!("{what} in '{at}'"),
            })
        }
        other => other,
    }
}

/// Where the blamed text starts in the line.
fn offset(error: &EvalError, line: &str, args: &Call<'_>) -> Option<usize> {
    let end = end_of(line, args)?;
    let start = end.checked_sub(args.text.len())?;
    if error.mark() == Mark::Before {
        return Some(line.get(..start)?.trim_end().len());
    }
    // Blanks at the end were cut off from some expressions and not from others.
    let at = error.at.trim_end();
    args.text.ends_with(at).then(|| end - at.len())
}

/// Where the arguments end in the line.
fn end_of(line: &str, args: &Call<'_>) -> Option<usize> {
    // They are a part of the line: the distance of their beginnings tells which.
    let start = (args.text.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    let end = start.checked_add(args.text.len())?;
    (line.get(start..end)? == args.text).then_some(end)
}

fn told(error: EvalError, line: &str, at: usize) -> CommandError {
    match error.mark() {
        Mark::Quote => {
            let at = line.get(at..).unwrap_or_default().to_owned();
            CommandError::Expression(EvalError { at, ..error })
        }
        Mark::Caret | Mark::Before => CommandError::Argument(caret(error.title(), line, at)),
    }
}

fn caret(what: &str, line: &str, at: usize) -> String {
    let column = MARGIN + crate::util::width::columns(line.get(..at).unwrap_or_default());
    format!("{:column$}^ {what} in '{line}'", "")
}
