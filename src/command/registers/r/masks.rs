//! Parts of the register set: `rM MASK`, `rF`, `rX`. Bits of the mask: WinDbg's `rm`.

use super::current;
use super::forms::register;
use crate::command::show::registers::{NOT_RECOVERED, Segments, block};
use crate::command::{CommandError, Context};
use crate::output::{Cell, Field, Line, Record, Role};
use crate::util::hex;

/// ContextFlags: the floating-point and XMM registers were saved.
const FLOATING_POINT: u32 = 0x8;
/// ContextFlags: the debug registers were saved.
const DEBUG: u32 = 0x10;

/// Why control registers are not known.
pub const NO_SPECIAL: &str = "the dump holds no control registers for this processor";

/// Shows the parts of the register set that a mask asks for.
///
/// # Errors
/// Registers that the context does not hold.
pub fn masked(mask: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    let registers = current(context.session)?.clone();
    if mask & 0x3 != 0 {
        let segments = if mask & 0x8 != 0 { Segments::Shown } else { Segments::Hidden };
        let block = block(&registers, segments, context.session);
        context.out.emit(block)?;
    } else if mask & 0x8 != 0 {
        row(&["cs", "ss", "ds", "es", "fs", "gs"], "  ", context)?;
    }
    let saved = |part: u32, what: &str| match registers.flags() & part {
        0 => Err(CommandError::Missing(format!("the {what} registers were not saved in this context"))),
        _ => Ok(()),
    };
    if mask & 0x4 != 0 {
        saved(FLOATING_POINT, "floating-point")?;
        row(&["fpcw", "fpsw", "fptw"], " ", context)?;
    }
    if mask & 0x40 != 0 {
        saved(FLOATING_POINT, "XMM")?;
        wide(context)?;
    }
    if mask & 0x20 != 0 {
        saved(DEBUG, "debug")?;
        row(&["dr0", "dr1", "dr2"], " ", context)?;
        row(&["dr3", "dr6", "dr7"], " ", context)?;
    }
    if mask & 0x80 != 0 {
        let special = context.session.processor().is_some_and(|processor| processor.special.is_some());
        if !special {
            return Err(CommandError::Missing(NO_SPECIAL.into()));
        }
        row(&["cr0", "cr2", "cr3"], " ", context)?;
        row(&["cr4", "cr8", "gdtr"], " ", context)?;
    }
    Ok(())
}

/// Some registers on one line.
fn row(names: &[&'static str], between: &str, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut record = Record::new("registers");
    for name in names {
        let added = register(record, between, name, None, context.session);
        record = added.map_err(|_| CommandError::Missing(format!("this processor has no {name}")))?;
    }
    context.out.emit(record)
}

/// The XMM registers, each as two halves.
fn wide(context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut record = Record::new("registers");
    let registers = current(context.session)?;
    let lost = context.session.lost_registers();
    for number in 0..16 {
        let name = format!("xmm{number}");
        let Some(bytes) = registers.bytes_of(&name) else {
            continue;
        };
        let half = |at| crate::util::bounded::u64_at(bytes, at).unwrap_or(0);
        let (high, low) = (hex::plain(half(8)), hex::plain(half(0)));
        let cell = match lost.contains(&name) {
            true => Cell::new(Field::unreadable(NOT_RECOVERED)).mark(format!("{high} {low}")),
            false => Cell::new(format!("0x{high}{low}")).shown(format!("{high} {low}")).role(Role::Value),
        };
        record =
            record.line(Line::new()).role(Role::Register, format!("{name:>5}")).text("=").cell(name, cell);
    }
    context.out.emit(record)
}
