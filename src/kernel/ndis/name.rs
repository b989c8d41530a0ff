//! Names behind pointers: to a UNICODE_STRING, or since Windows 10 to an `Rtl::KString`.

use crate::debuggee::{Lack, Object};
use crate::memory::Memory;
use crate::util::bounded;

/// The documented limit of an interface's description is 256 characters (IF_MAX_STRING_SIZE, ifdef.h); names of filter
/// modules are made of two.
const MOST_BYTES: usize = 0x800;
/// Bytes of a UNICODE_STRING of 64 bits.
const HEAD: u64 = 16;

/// The text that a pointer leads to. An `Rtl::KString`, which no symbols describe, is taken for what it is used as, a
/// UNICODE_STRING with its characters right behind it, only where its pointer says so.
///
/// # Errors
/// [`Lack::Null`]; it cannot be read; it is neither.
pub(super) fn behind(pointer: &Object<'_>) -> Result<String, Lack> {
    match pointer.pointee() {
        Err(Lack::Shape { .. }) => counted(pointer),
        text => text?.text(),
    }
}

fn counted(pointer: &Object<'_>) -> Result<String, Lack> {
    let at = pointer.u64()?;
    if at == 0 {
        return Err(Lack::Null { what: pointer.what() });
    }
    let memory = pointer.scope().memory();
    let unreadable = |why| Lack::Unreadable { what: pointer.what(), why };
    let (length, room) =
        (memory.u16(at).map_err(unreadable)?, memory.u16(at.wrapping_add(2)).map_err(unreadable)?);
    let characters = memory.u64(at.wrapping_add(8)).map_err(unreadable)?;
    if length > room || length % 2 != 0 || characters != at.wrapping_add(HEAD) {
        return Err(Lack::Shape { what: pointer.what(), wanted: "counted text" });
    }
    let bytes = memory.read_vec(characters, usize::from(length), MOST_BYTES).map_err(unreadable)?;
    Ok(bounded::utf16_lossy(&bytes))
}
