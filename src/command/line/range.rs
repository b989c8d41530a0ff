//! A run of memory, as many commands take it.

use super::{CommandError, Context};
use crate::eval::{EvalError, Fault};

/// Fails unless nothing but blanks stands after an expression. What the expression says was said before.
///
/// # Errors
/// [`CommandError::Caret`] at the superfluous text.
pub fn nothing_more(rest: &str) -> Result<(), CommandError> {
    match rest.trim_start() {
        "" => Ok(()),
        rest => Err(EvalError::new(Fault::Extra, rest).into()),
    }
}

/// A run of memory to show or search: `start [Lcount | end]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Address of the first byte.
    pub start: u64,
    /// How many objects, if the range said so.
    pub count: Option<u64>,
}

/// A count above this needs `L?`, as in the debugger: it is more often a mistyped address than a wish.
const MAX_COUNT: u64 = 0x1000_0000;

/// Reads `address [Lcount | L?count | L-count | end]` from the start of `text`; the count is in objects of `size`
/// bytes. Returns the range and the text after it.
///
/// # Errors
/// Expressions that have no value, an end before the start, a count out of bounds.
pub fn range<'t>(text: &'t str, size: u64, context: &Context<'_>) -> Result<(Range, &'t str), CommandError> {
    let (start, rest) = context.evaluate_prefix(text)?;
    let tail = rest.trim_start();
    let Some(first) = tail.chars().next() else {
        return Ok((Range { start, count: None }, ""));
    };
    if matches!(first, 'l' | 'L') {
        return counted(start, tail.get(1..).unwrap_or_default(), size, context);
    }
    let Ok((end, rest)) = context.evaluate_prefix(tail) else {
        return Ok((Range { start, count: None }, tail));
    };
    let bytes = end.checked_sub(start).and_then(|length| length.checked_add(1));
    let bytes = bytes.ok_or_else(|| {
        CommandError::Argument(format!("range error in '{}': the end lies before the start", text.trim()))
    })?;
    Ok((Range { start, count: Some(check(bytes.div_ceil(size), text)?) }, rest))
}

fn counted<'t>(
    start: u64,
    text: &'t str,
    size: u64,
    context: &Context<'_>,
) -> Result<(Range, &'t str), CommandError> {
    if let Some(text) = text.strip_prefix('?') {
        let (count, rest) = context.evaluate_prefix(text)?;
        return Ok((Range { start, count: Some(count) }, rest));
    }
    if let Some(text) = text.strip_prefix('-') {
        let (count, rest) = context.evaluate_prefix(text)?;
        let count = check(count, text)?;
        let start = start.wrapping_sub(count.wrapping_mul(size));
        return Ok((Range { start, count: Some(count) }, rest));
    }
    let (count, rest) = context.evaluate_prefix(text)?;
    Ok((Range { start, count: Some(check(count, text)?) }, rest))
}

fn check(count: u64, text: &str) -> Result<u64, CommandError> {
    if count > MAX_COUNT {
        return Err(CommandError::Argument(format!(
            "range error in '{}': {count:#x} objects; write L?{count:x} if that is meant",
            text.trim()
        )));
    }
    Ok(count)
}
