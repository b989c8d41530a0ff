//! Routines that are called when the system crashes, and for NMIs, with which crash dumps are asked for.

use super::record::{Record, chain, ring, variable};
use super::{Callback, CallbackKind, Callbacks, Detail};
use crate::debuggee::{Lack, Scope};

/// Where the routine stands behind the links in KBUGCHECK_CALLBACK_RECORD and KBUGCHECK_REASON_CALLBACK_RECORD of wdm.h.
const ROUTINE: u64 = 0x10;

/// KBUGCHECK_CALLBACK_RECORD.
mod plain {
    pub(super) const BUFFER: u64 = 0x18;
    pub(super) const LENGTH: u64 = 0x20;
    pub(super) const COMPONENT: u64 = 0x28;
    pub(super) const CHECKSUM: u64 = 0x30;
}

/// KBUGCHECK_REASON_CALLBACK_RECORD.
mod reasoned {
    pub(super) const COMPONENT: u64 = 0x18;
    pub(super) const CHECKSUM: u64 = 0x20;
    pub(super) const REASON: u64 = 0x28;
}

/// A routine for NMIs, as researchers describe it: the next one, the routine, its context, and the record's own address
/// as the handle that the driver was given.
mod nmi_record {
    pub(super) const ROUTINE: u64 = 8;
    pub(super) const CONTEXT: u64 = 0x10;
    pub(super) const HANDLE: u64 = 0x18;
}

/// The lists of routines with a reason: data of drivers, pages for the dump, ranges for a triage dump.
const REASONS: [&[&str]; 3] = [
    &["nt!KeBugCheckReasonCallbackListHead"],
    &["nt!KeBugCheckAddRemovePagesCallbackListHead", "nt!KeBugCheckAddPagesCallbackListHead"],
    &["nt!KeBugCheckTriageDumpDataArrayListHead"],
];

pub(super) fn all(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    let head = variable(scope, &["nt!KeBugCheckCallbackListHead"])?;
    ring(scope, head, "bug check callback", |record| vec![callback(record)])
}

fn callback(record: Record<'_>) -> Result<Callback, Lack> {
    let routine = record.pointer(ROUTINE)?;
    let (buffer, component) = (record.pointer(plain::BUFFER)?, record.pointer(plain::COMPONENT)?);
    // The kernel keeps the sum of the four, and calls nothing whose sum differs.
    let sum = routine.wrapping_add(buffer).wrapping_add(record.ulong(plain::LENGTH)?).wrapping_add(component);
    if sum != record.pointer(plain::CHECKSUM)? {
        return Err(record.refused());
    }
    let name = record.characters(plain::COMPONENT).ok();
    Ok(Callback {
        kind: CallbackKind::BugCheck,
        record: record.at,
        routine,
        context: Some(buffer),
        detail: Some(Detail::Component { name, reason: None }),
    })
}

pub(super) fn with_reasons(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    let mut found = Vec::new();
    let (mut lists, mut lack) = (0, None);
    for names in REASONS {
        let list = variable(scope, names)
            .and_then(|head| ring(scope, head, "bug check reason callback", |record| vec![reason(record)]));
        match list {
            Ok(callbacks) => {
                lists += 1;
                found.extend(callbacks);
            }
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            // Older kernels have the first list only.
            Err(why @ Lack::NoName { .. }) => lack = lack.or(Some(why)),
            Err(why) => {
                lists += 1;
                found.push(Err(why));
            }
        }
    }
    match lack {
        Some(why) if lists == 0 => Err(why),
        _ => Ok(found),
    }
}

fn reason(record: Record<'_>) -> Result<Callback, Lack> {
    let (routine, component) = (record.pointer(ROUTINE)?, record.pointer(reasoned::COMPONENT)?);
    let reason = record.ulong(reasoned::REASON)?;
    // The kernel keeps the sum of the three, and calls nothing whose sum differs.
    if routine.wrapping_add(reason).wrapping_add(component) != record.pointer(reasoned::CHECKSUM)? {
        return Err(record.refused());
    }
    let name = record.characters(reasoned::COMPONENT).ok();
    Ok(Callback {
        kind: CallbackKind::BugCheckReason,
        record: record.at,
        routine,
        context: None,
        detail: Some(Detail::Component { name, reason: Some(reason) }),
    })
}

pub(super) fn nmi(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    let head = variable(scope, &["nt!KiNmiCallbackListHead"])?;
    chain(scope, head, "NMI callback", |record| vec![nmi_callback(record)])
}

fn nmi_callback(record: Record<'_>) -> Result<Callback, Lack> {
    if record.pointer(nmi_record::HANDLE)? != record.at {
        return Err(record.refused());
    }
    Ok(Callback {
        kind: CallbackKind::Nmi,
        record: record.at,
        routine: record.pointer(nmi_record::ROUTINE)?,
        context: Some(record.pointer(nmi_record::CONTEXT)?),
        detail: None,
    })
}
