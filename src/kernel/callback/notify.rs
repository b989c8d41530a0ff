//! Routines for processes, threads and images: a table of EX_FAST_REFs to EX_CALLBACK_ROUTINE_BLOCKs for each.

use super::record::{Record, variable};
use super::{Callback, CallbackKind, Callbacks};
use crate::debuggee::{Lack, Scope};

/// Slots of a table since Windows Vista; older ones have 8, and their counts are never more.
const SLOTS: u64 = 64;
/// Bits of an EX_FAST_REF that count references on x64.
const REFERENCES: u64 = 0xf;
/// EX_CALLBACK_ROUTINE_BLOCK: a run-down reference, the routine, its context. The same in every 64-bit Windows.
const FUNCTION: u64 = 8;
const CONTEXT: u64 = 0x10;

pub(super) fn processes(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    let counts = ["nt!PspCreateProcessNotifyRoutineCount", "nt!PspCreateProcessNotifyRoutineExCount"];
    table(scope, CallbackKind::Process, "nt!PspCreateProcessNotifyRoutine", &counts)
}

pub(super) fn threads(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    let counts = [
        "nt!PspCreateThreadNotifyRoutineCount",
        // Since build 15063 and before it.
        "nt!PspCreateThreadNotifyRoutineNonSystemCount",
        "nt!PspCreateThreadNotifyRoutineExCount",
    ];
    table(scope, CallbackKind::Thread, "nt!PspCreateThreadNotifyRoutine", &counts)
}

pub(super) fn images(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    let counts = ["nt!PspLoadImageNotifyRoutineCount"];
    table(scope, CallbackKind::Image, "nt!PspLoadImageNotifyRoutine", &counts)
}

/// The routines of a table. Windows counts them, so that what lies behind a shorter table is not taken for one.
fn table(scope: &Scope<'_>, kind: CallbackKind, name: &str, counts: &[&str]) -> Result<Callbacks, Lack> {
    let table = Record::new(scope, variable(scope, &[name])?, "table of routines");
    let known: Vec<u64> = counts.iter().filter_map(|count| variable(scope, &[count]).ok()).collect();
    let counted: Result<u64, Lack> =
        known.iter().map(|&at| Record::new(scope, at, "count of routines").ulong(0)).sum();
    let most = if known.is_empty() { SLOTS } else { counted.unwrap_or(SLOTS) };
    let mut found = Vec::new();
    for slot in 0..SLOTS {
        scope.check()?;
        if found.len() as u64 >= most {
            break;
        }
        match table.pointer(slot * 8) {
            // A table of which nothing can be read says so once.
            Err(why) if slot == 0 => return Err(why),
            Err(why) => found.push(Err(why)),
            Ok(reference) => match reference & !REFERENCES {
                0 => {}
                at => found.push(block(Record::new(scope, at, "block of a routine"), kind)),
            },
        }
    }
    Ok(found)
}

fn block(block: Record<'_>, kind: CallbackKind) -> Result<Callback, Lack> {
    Ok(Callback {
        kind,
        record: block.at,
        routine: block.pointer(FUNCTION)?,
        context: Some(block.pointer(CONTEXT)?),
        detail: None,
    })
}
