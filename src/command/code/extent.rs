//! How much to disassemble: `[ADDRESS [LCOUNT | L-COUNT | END]]`.

use super::heading::NEXT;
use crate::command::{CommandError, Context};

/// Instructions shown when no count is given.
pub const DEFAULT: u64 = 8;

/// How far to disassemble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// So many instructions.
    Count(u64),
    /// Up to and including the one that holds this address.
    Until(u64),
    /// So many instructions before the address.
    Before(u64),
}

/// Reads `[address [Lcount | L-count | end]]`.
pub fn extent(text: &str, context: &Context<'_>) -> Result<(u64, Extent), CommandError> {
    if text.is_empty() {
        let next = context.session.next_address.get(NEXT).copied();
        let start = match next {
            Some(next) => next,
            None => context.session.code_address()?,
        };
        return Ok((start, Extent::Count(DEFAULT)));
    }
    let (start, rest) = context.evaluate_prefix(text)?;
    let rest = rest.trim_start();
    if rest.is_empty() {
        return Ok((start, Extent::Count(DEFAULT)));
    }
    let Some(count) = rest.strip_prefix(['l', 'L']) else {
        return Ok((start, Extent::Until(context.evaluate(rest)?)));
    };
    if let Some(count) = count.strip_prefix('-') {
        return Ok((start, Extent::Before(context.evaluate(count)?)));
    }
    let count = count.strip_prefix('?').unwrap_or(count);
    Ok((start, Extent::Count(context.evaluate(count)?)))
}
