//! Routines that are asked before and after a handle to an object is made (ObRegisterCallbacks).

use super::super::object_type::{ObjectType, ObjectTypes};
use super::record::{Record, ring};
use super::{Callback, CallbackKind, Callbacks, Detail};
use crate::debuggee::{Lack, Scope};

/// The record, as researchers of many builds describe it: links, operations, whether it is in force, the registration,
/// the object's type, the two routines. The same in 64-bit Windows 7 to 11.
const REGISTRATION: u64 = 0x18;
const TYPE: u64 = 0x20;
const BEFORE: u64 = 0x28;
const AFTER: u64 = 0x30;
/// In the registration: version and count, the context, the altitude.
const CONTEXT: u64 = 8;
const ALTITUDE: u64 = 0x10;

pub(super) fn all(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    let mut found = Vec::new();
    for ty in ObjectTypes::of(scope)?.all() {
        match ty.and_then(|ty| of_type(scope, &ty)) {
            Ok(callbacks) => found.extend(callbacks),
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Err(why) => found.push(Err(why)),
        }
    }
    Ok(found)
}

fn of_type(scope: &Scope<'_>, ty: &ObjectType<'_>) -> Result<Callbacks, Lack> {
    let head = ty.callback_list()?;
    // Not known names are told by the address.
    let name = ty.name().unwrap_or_else(|_| format!("{:x}", ty.address()));
    ring(scope, head, "object callback", |record| match of_record(record, ty.address(), &name) {
        Ok(found) => found.into_iter().map(Ok).collect(),
        Err(why) => vec![Err(why)],
    })
}

fn of_record(record: Record<'_>, ty: u64, name: &str) -> Result<Vec<Callback>, Lack> {
    if record.pointer(TYPE)? != ty {
        return Err(record.refused());
    }
    let registration = Record::new(record.scope(), record.pointer(REGISTRATION)?, "registration");
    let (context, altitude) = (registration.pointer(CONTEXT).ok(), registration.unicode(ALTITUDE).ok());
    let one = |routine: u64, before: bool| Callback {
        kind: CallbackKind::Object,
        record: record.at,
        routine,
        context,
        detail: Some(Detail::Operation { object: name.to_owned(), before, altitude: altitude.clone() }),
    };
    let routines = [(record.pointer(BEFORE)?, true), (record.pointer(AFTER)?, false)];
    Ok(routines.into_iter().filter(|(at, _)| *at != 0).map(|(at, before)| one(at, before)).collect())
}
