//! Which memory a `d` command shows.

use crate::command::line::options::unknown;
use crate::command::line::range;
use crate::command::{CommandError, Context};

/// Where every `d` command goes on when it is given no address.
pub const NEXT: &str = "d";

/// Start and number of objects of `size` bytes that `text` asks for: from where the last display ended, or the
/// instruction pointer, if it names no address; `default` objects if it names no count.
///
/// # Errors
/// Expressions without value, text after the range.
pub fn shown(text: &str, size: u64, default: u64, context: &Context<'_>) -> Result<(u64, u64), CommandError> {
    if text.is_empty() {
        return Ok((continued(context)?, default));
    }
    let (range, rest) = range(text, size, context)?;
    if !rest.trim().is_empty() {
        return Err(CommandError::Syntax(rest.trim().to_owned()));
    }
    Ok((range.start, range.count.unwrap_or(default)))
}

fn continued(context: &Context<'_>) -> Result<u64, CommandError> {
    let session = &context.session;
    match session.next_address.get(NEXT) {
        Some(&address) => Ok(address),
        None => Ok(session.context().map_err(CommandError::Missing)?.ip()),
    }
}

/// Takes `/c COLUMNS` off the start of `text`, which follows the command `name`.
///
/// # Errors
/// A number of columns that is none or absurd, and other options.
pub fn columns<'t>(
    name: &str,
    text: &'t str,
    context: &Context<'_>,
) -> Result<(Option<usize>, &'t str), CommandError> {
    let Some(option) = text.strip_prefix('/') else {
        return Ok((None, text));
    };
    let number = option.strip_prefix('c').ok_or_else(|| {
        let letter: String = option.chars().take(1).collect();
        unknown(name, &format!("/{letter}"), "/c COLUMNS")
    })?;
    let (columns, rest) = context.evaluate_prefix(number)?;
    match usize::try_from(columns) {
        Ok(columns @ 1..=128) => Ok((Some(columns), rest.trim_start())),
        _ => Err(CommandError::Argument(format!("{columns:#x} columns: between 1 and 0x80 are possible"))),
    }
}
