//! What lists of modules tell of one in a few characters.

use super::lm::stamp;
use crate::debuggee::Module;
use crate::output::{Cell, Field};
use crate::session::Session;
use crate::symbols::pe::version::VersionInfo;
use crate::util::filetime::day_unix;

/// A module's version resource, where the dump or an image holds it.
pub(super) fn version(module: &Module, session: &Session) -> Option<VersionInfo> {
    session.target.image(module).ok()?.version()
}

/// The file version in it, as `10.0.19041.508`.
pub(super) fn file_version(version: &VersionInfo) -> Option<String> {
    let fixed = version.fixed.as_ref()?;
    Some(fixed.file_version.map(|part| part.to_string()).join("."))
}

/// A module's date; a hash is none.
pub(super) fn date(module: &Module, session: &Session) -> Cell {
    let Some(value) = module.time_date_stamp.filter(|&value| value != 0) else {
        return Cell::new(Field::Null);
    };
    match session.target.stamp_is_hash(module) {
        true => Cell::new(Field::Null).absent("(hash)"),
        false => Cell::new(day_unix(value, &session.settings.zone)).absent(stamp(module, session)),
    }
}
