//! The text that a pointer to characters points to.

use crate::command::Context;
use crate::eval::EvalHost;

/// The longest string that is shown.
const MAX_CHARACTERS: u64 = 256;

/// ` "text"` up to its end, to what cannot be printed, or to `count`; nothing where memory cannot be read.
pub fn characters(at: u64, size: u8, count: u64, context: &Context<'_>) -> String {
    let mut text = String::new();
    for index in 0..count.min(MAX_CHARACTERS) {
        let address = at.wrapping_add(index * u64::from(size));
        let code = EvalHost::memory(&*context.session, address, usize::from(size));
        match code.and_then(|code| char::from_u32(code as u32)) {
            None if index == 0 => return String::new(),
            None | Some('\0') => break,
            // What cannot be printed ends a text, as in dt.
            Some(c) if c.is_control() || (size == 1 && !c.is_ascii()) => {
                text.push_str("???");
                break;
            }
            Some(c) => text.push(c),
        }
    }
    format!(" \"{text}\"")
}
