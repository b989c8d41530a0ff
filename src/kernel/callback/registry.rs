//! Routines for the registry (CmRegisterCallbackEx).

use super::record::{Record, ring, variable};
use super::{Callback, CallbackKind, Callbacks, Detail};
use crate::debuggee::{Lack, Scope};

/// The record, as researchers of many builds describe it: links, a lock and its count, the cookie, the context, the
/// routine, the altitude. The same in 64-bit Windows 7 to 11.
const CONTEXT: u64 = 0x20;
const ROUTINE: u64 = 0x28;
const ALTITUDE: u64 = 0x30;

pub(super) fn all(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    let head = variable(scope, &["nt!CallbackListHead", "nt!CmpCallbackListHead"])?;
    ring(scope, head, "registry callback", |record| vec![callback(record)])
}

fn callback(record: Record<'_>) -> Result<Callback, Lack> {
    let altitude = record.unicode(ALTITUDE);
    // An altitude is a decimal number, which CmRegisterCallbackEx checks; CmRegisterCallback gives one, too.
    let is_number = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if altitude.as_ref().is_ok_and(|text| !is_number(text)) {
        return Err(record.refused());
    }
    Ok(Callback {
        kind: CallbackKind::Registry,
        record: record.at,
        routine: record.pointer(ROUTINE)?,
        context: Some(record.pointer(CONTEXT)?),
        detail: altitude.ok().map(Detail::Altitude),
    })
}
