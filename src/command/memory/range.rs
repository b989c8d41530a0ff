//! Which memory a `d` command shows.

use crate::command::line::range;
use crate::command::{Args, CommandError, Context};

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
        None => Ok(session.context()?.ip()),
    }
}

/// The columns of `/c COLUMNS`.
///
/// # Errors
/// A number of columns that is none or absurd.
pub fn columns(args: &Args<'_>) -> Result<Option<usize>, CommandError> {
    let Some(columns) = args.number("/c") else { return Ok(None) };
    match usize::try_from(columns) {
        Ok(columns @ 1..=128) => Ok(Some(columns)),
        _ => Err(CommandError::Argument(format!("{columns:#x} columns: between 1 and 0x80 are possible"))),
    }
}
