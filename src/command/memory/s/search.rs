//! What an `s` command asks for.

use crate::command::line::range;
use crate::command::{Args, CommandError, Context};
use crate::util::bits::{extend, low};

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// Values of so many bytes; the letters of the form in which hits are shown.
    Values {
        /// Bytes of one value.
        size: usize,
        /// The display's form.
        letters: &'static str,
    },
    /// Any printable text of code units of so many bytes.
    Strings {
        /// Bytes of a code unit.
        unit: usize,
    },
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What is looked for.
    pub kind: Sought,
    /// First address.
    pub start: u64,
    /// Bytes to search.
    pub length: u64,
    /// The bytes looked for; empty for strings.
    pub pattern: Vec<u8>,
    /// Distance between the places where the pattern may stand.
    pub step: usize,
    /// `[1]`
    pub addresses_only: bool,
    /// `[lN]`
    pub min_characters: usize,
    /// `[w]`
    pub writable: bool,
    /// `[s]`
    pub save: bool,
    /// `[nN]`
    pub save_limit: usize,
    /// `[r]`
    pub restricted: bool,
}

/// Saved places when no number is given.
const SAVE_LIMIT: usize = 1024;
/// Saved places at most.
const MAX_SAVED: u64 = 0x10_0000;
/// The longest pattern that anybody types.
const MAX_PATTERN: usize = 0x1000;

/// What the arguments of `s` ask for.
///
/// # Errors
/// A missing range or pattern, flags that exclude each other, expressions without value.
pub fn asked(args: &Args<'_>, context: &Context<'_>) -> Result<Search, CommandError> {
    let (mut name, mut size, mut step, mut letters) = ("b", 1, 1, "b");
    for given in args.switches() {
        (name, size, step, letters) = match given.switch.spelling {
            "-b" => ("b", 1, 1, "b"),
            "-w" => ("w", 2, 2, "W"),
            "-d" => ("d", 4, 4, "c"),
            "-q" => ("q", 8, 8, "q"),
            "-a" => ("a", 1, 1, "b"),
            "-u" => ("u", 2, 1, "W"),
            "-sa" => ("sa", 1, 1, "b"),
            "-su" => ("su", 2, 1, "W"),
            _ => (name, size, step, letters),
        };
    }
    let places =
        args.number("[n]").map(|places| usize::try_from(places.min(MAX_SAVED)).unwrap_or(SAVE_LIMIT));
    let characters = args.number("[l]").map(|least| usize::try_from(least).unwrap_or(usize::MAX).max(1));
    let mut search = Search {
        kind: match name {
            "sa" | "su" => Sought::Strings { unit: size },
            _ => Sought::Values { size, letters },
        },
        start: 0,
        length: 0,
        pattern: Vec::new(),
        step,
        addresses_only: args.has("[1]"),
        min_characters: characters.unwrap_or(3),
        writable: args.has("[w]"),
        save: args.has("[s]"),
        save_limit: places.unwrap_or(SAVE_LIMIT),
        restricted: args.has("[r]"),
    };
    if search.save && search.restricted {
        return Err(CommandError::Argument(
            "[s] and [r] do not go together: a search either remembers places or looks at those remembered"
                .to_owned(),
        ));
    }
    let text = args.text;
    let (range, rest) = range(text, size as u64, context)?;
    let count = range.count.ok_or_else(|| {
        CommandError::Argument(format!("no range in '{text}': s wants START LCOUNT or START END"))
    })?;
    search.start = range.start;
    search.length = count.saturating_mul(size as u64);
    search.pattern = match name {
        "sa" | "su" if rest.trim().is_empty() => Vec::new(),
        "sa" | "su" => return Err(CommandError::Syntax(rest.trim().to_owned())),
        "a" => quoted(rest)?.into_bytes(),
        "u" => quoted(rest)?.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ => values(rest, size, context)?,
    };
    if search.pattern.len() > MAX_PATTERN {
        return Err(CommandError::Argument(format!(
            "the pattern has {:#x} bytes: at most {MAX_PATTERN:#x} are possible",
            search.pattern.len()
        )));
    }
    Ok(search)
}

/// The text of a pattern: between quotes, or the rest of the line as it is.
fn quoted(text: &str) -> Result<String, CommandError> {
    let text = text.trim();
    let inner = match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').unwrap_or(rest),
        None => text,
    };
    if inner.is_empty() {
        return Err(CommandError::Argument("no text to look for".to_owned()));
    }
    Ok(inner.to_owned())
}

/// Values one after the other; a byte search also takes `"text"` and `'a'`.
fn values(text: &str, size: usize, context: &Context<'_>) -> Result<Vec<u8>, CommandError> {
    let mut bytes = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if size == 1 && rest.starts_with('"') {
            let inner = rest.get(1..).unwrap_or_default();
            let (inner, after) = inner.split_once('"').unwrap_or((inner, ""));
            bytes.extend_from_slice(inner.as_bytes());
            rest = after.trim_start();
            continue;
        }
        let (value, after) = next_value(rest, context)?;
        let bits = 8 * size as u32;
        if low(value, bits) != value && extend(value, bits).cast_unsigned() != value {
            return Err(CommandError::Argument(format!(
                "{value:#x} does not fit in {size} byte{}",
                if size == 1 { "" } else { "s" }
            )));
        }
        bytes.extend_from_slice(value.to_le_bytes().get(..size).unwrap_or_default());
        rest = after.trim_start();
    }
    if bytes.is_empty() {
        return Err(CommandError::Argument("no pattern to look for".to_owned()));
    }
    Ok(bytes)
}

/// The value at the start of `text` and what follows it. A word is one value, so that `48 -1` are two and no
/// difference; only where it is none does the expression go on behind the blank.
fn next_value<'t>(text: &'t str, context: &Context<'_>) -> Result<(u64, &'t str), CommandError> {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, after) = text.split_at_checked(end).unwrap_or((text, ""));
    match context.evaluate(word) {
        Ok(value) => Ok((value, after)),
        Err(_) => context.evaluate_prefix(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_or_without_quotes() {
        assert_eq!(quoted(" \"two words\" ").expect("fine"), "two words");
        assert_eq!(quoted(" w00tw00t").expect("fine"), "w00tw00t");
        assert!(quoted("\"\"").is_err());
    }
}
