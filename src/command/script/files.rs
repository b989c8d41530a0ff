//! What `as /f` and command files read, whole.

use crate::util::lines::{self, LineError};
use std::path::Path;

/// The longest file that is kept whole, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// A file's lines, each with `end` behind it.
///
/// # Errors
/// It cannot be read, is no text, or is longer than 1 MiB.
pub fn whole(what: &str, name: &str, end: char) -> Result<String, LineError> {
    let mut lines = lines::of_file(what, Path::new(name))?;
    let mut text = String::new();
    while let Some(line) = lines.next()? {
        if text.len() + line.len() > MAX_BYTES {
            return Err(lines.refuse(
                "more than 1 MiB before this line is kept nowhere; $$< and $< run a file line by line",
            ));
        }
        text.push_str(&line);
        text.push(end);
    }
    Ok(text)
}
