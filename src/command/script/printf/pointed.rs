//! What an address leads to: text in memory, a line of source.

use super::format::TextKind;
use crate::command::Context;
use crate::debuggee::Place;
use crate::eval::EvalHost;
use crate::util::hex;

/// The longest text that is read, in characters.
const MAX_CHARACTERS: u64 = 16 << 10;

/// What the debugger says where a text cannot be read.
const UNREADABLE: &str = "<Win32 error 0n30>";

/// The text at an address; `None` where it cannot be read.
pub fn pointed(address: u64, kind: TextKind, context: &Context<'_>) -> Option<String> {
    match kind.counted {
        true => counted(address, kind.wide, context),
        false => characters(address, kind.wide, None, context),
    }
}

/// The text at an address as the debugger shows it.
pub fn shown(address: u64, kind: TextKind, context: &Context<'_>) -> String {
    pointed(address, kind, context).unwrap_or_else(|| UNREADABLE.to_owned())
}

/// The text of an ANSI_STRING or a UNICODE_STRING.
fn counted(address: u64, wide: bool, context: &Context<'_>) -> Option<String> {
    let session = &*context.session;
    let pointer = session.target.pointer_size();
    let bytes = session.read(&Place::memory(address), 2).ok()?;
    // Both lengths stand before the pointer, which is aligned.
    let buffer = session.read(&Place::memory(address.wrapping_add(pointer as u64)), pointer).ok()?;
    characters(buffer, wide, Some(if wide { bytes / 2 } else { bytes }), context)
}

/// So many characters, or those up to a zero; `None` if not even the first can be read.
fn characters(address: u64, wide: bool, count: Option<u64>, context: &Context<'_>) -> Option<String> {
    let size = if wide { 2 } else { 1 };
    let mut units = Vec::new();
    for index in 0..count.unwrap_or(MAX_CHARACTERS).min(MAX_CHARACTERS) {
        let at = address.wrapping_add(index * size);
        match context.session.read(&Place::memory(at), size as usize) {
            Err(_) if index == 0 => return None,
            Err(_) | Ok(0) => break,
            Ok(unit) => units.push(unit as u16),
        }
    }
    Some(match wide {
        true => String::from_utf16_lossy(&units),
        false => units.iter().map(|unit| if *unit < 0x80 { char::from(*unit as u8) } else { '.' }).collect(),
    })
}

/// `FILE(LINE)` of an address; the address where that is not known.
pub fn source(address: u64, context: &Context<'_>) -> String {
    let target = &context.session.target;
    let line = || {
        let module = target.modules().at(address)?;
        let rva = u32::try_from(address.checked_sub(module.base)?).ok()?;
        let line = target.module_symbols(module).names.as_ref()?.line(rva)?;
        Some(format!("{}({})", line.file, line.line))
    };
    line().unwrap_or_else(|| hex::tick(address))
}
