//! Callback objects: what ExRegisterCallback registers, by their names in `\Callback`.

use super::super::object_directory::ObjectDirectory;
use super::super::object_header::ObjectHeader;
use super::record::{Record, ring};
use super::{Callback, CallbackKind, Callbacks, Detail};
use crate::debuggee::{Lack, Scope};

/// CALLBACK_OBJECT: "Call", a lock, the list of registrations. The same in every 64-bit Windows.
const SIGNATURE: u64 = 0x6c6c_6143;
const LIST: u64 = 0x10;
/// A registration: links, the object, the routine, its context.
const OBJECT: u64 = 0x10;
const ROUTINE: u64 = 0x18;
const CONTEXT: u64 = 0x20;

pub(super) fn all(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    let directory = ObjectDirectory::at(scope, ObjectDirectory::find(scope, "\\Callback")?)?;
    let mut found = Vec::new();
    for entry in directory.entries()? {
        match entry.and_then(|entry| of_object(scope, entry.object)) {
            Ok(callbacks) => found.extend(callbacks),
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Err(why) => found.push(Err(why)),
        }
    }
    Ok(found)
}

fn of_object(scope: &Scope<'_>, at: u64) -> Result<Callbacks, Lack> {
    let object = Record::new(scope, at, "callback object");
    if object.ulong(0)? != SIGNATURE {
        return Err(object.refused());
    }
    let name = ObjectHeader::of_body(scope, at)?.name().unwrap_or_else(|_| format!("{at:x}"));
    ring(scope, object.address(LIST), "callback", |record| vec![callback(record, at, &name)])
}

fn callback(record: Record<'_>, object: u64, name: &str) -> Result<Callback, Lack> {
    if record.pointer(OBJECT)? != object {
        return Err(record.refused());
    }
    Ok(Callback {
        kind: CallbackKind::Named,
        record: record.at,
        routine: record.pointer(ROUTINE)?,
        context: Some(record.pointer(CONTEXT)?),
        detail: Some(Detail::Name(name.to_owned())),
    })
}
