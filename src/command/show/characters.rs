//! The text that a pointer to characters points to.

use crate::debuggee::Place;
use crate::eval::EvalHost;
use crate::memory::ReadError;

/// The longest string that is shown.
const MAX_CHARACTERS: u64 = 256;

/// ` "text"` up to its end, to what cannot be printed, or to `count`.
///
/// # Errors
/// Why not even its first character can be read.
pub fn characters(at: &Place, size: u8, count: u64, host: &dyn EvalHost) -> Result<String, ReadError> {
    let mut text = String::new();
    for index in 0..count.min(MAX_CHARACTERS) {
        let code = host.read(&at.plus(index * u64::from(size)), usize::from(size));
        match code.map(|code| char::from_u32(code as u32)) {
            Err(why) if index == 0 => return Err(why),
            Err(_) | Ok(Some('\0')) => break,
            // What cannot be printed ends a text, as in dt.
            Ok(Some(c)) if !(c.is_control() || (size == 1 && !c.is_ascii())) => text.push(c),
            Ok(_) => {
                text.push_str("???");
                break;
            }
        }
    }
    Ok(format!(" \"{text}\""))
}
