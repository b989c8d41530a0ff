//! What is known of a module, each fact with its spelling.

use super::stamp::stamp;
use crate::debuggee::Module;
use crate::output::{Cell, Field, Role};
use crate::session::Session;

/// The file's name.
pub(super) fn image_name(module: &Module) -> Cell {
    Cell::new(module.image_name.as_str())
}

/// The image file that was found for it.
pub(super) fn mapped_file(module: &Module, session: &Session) -> Option<String> {
    let images = session.target.memory().images();
    images.and_then(|images| images.file_at(module.base)).map(|path| path.display().to_string())
}

/// Its check sum.
pub(super) fn checksum(sum: Option<u32>) -> Cell {
    match sum.map(u64::from) {
        Some(sum) => Cell::new(Field::Hex(sum)).shown(upper(sum)).role(Role::Value),
        None => Cell::new(Field::unreadable("the list of modules does not tell it")),
    }
}

/// What its time stamp says: a date, or the hash of a reproducible build.
pub(super) fn time_date_stamp(module: &Module, session: &Session) -> Cell {
    let text = stamp(module, session);
    match module.time_date_stamp.map(u64::from) {
        Some(stamp) => Cell::new(Field::Hex(stamp)).shown(text).role(Role::Value),
        None => Cell::new(Field::unreadable("the list of modules does not tell it")).mark(text),
    }
}

/// 8 upper-case digits, the form of `lmv`.
pub(super) fn upper(value: u64) -> String {
    format!("{value:08X}")
}
