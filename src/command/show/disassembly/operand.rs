//! What an instruction's memory operand holds, and whether its branch is taken: the note after the instruction in
//! register displays.

use super::decode::MAX_LENGTH;
use super::x64;
use crate::analysis::fault_address;
use crate::command::Context;
use crate::debuggee;
use crate::dump::Machine;
use crate::memory::Memory;
use crate::session::Session;
use crate::util::hex;
use iced_x86::{ConditionCode, FlowControl, Instruction, Mnemonic, OpKind, Register};

/// The note on the instruction at `address` with these registers, of which those in `lost` are not known:
/// `ss:0018:fffff803`11a8b160=000000000000001e`, `[br=1]`, `(rsi not saved)`. `None` where there is nothing to note. The
/// selector is left out where the registers have none, as in a trap frame. ARM64 instructions have no note.
pub fn operand_note(
    context: &Context<'_>,
    registers: &debuggee::RegisterContext,
    lost: &[String],
    address: u64,
) -> Option<String> {
    if registers.machine() != Machine::Amd64 {
        return None;
    }
    let memory = context.session.target.memory();
    let mut bytes = [0u8; MAX_LENGTH];
    let (read, _) = memory.read_partial(address, &mut bytes);
    let instruction = x64::instruction(bytes.get(..read)?, address, 64)?;
    if instruction.is_invalid() {
        return None;
    }
    if instruction.flow_control() == FlowControl::ConditionalBranch {
        if lost.iter().any(|name| name == "efl" || name == "rcx" && instruction.is_jcx_short()) {
            return None;
        }
        let taken = taken(&instruction, registers)?;
        return Some(format!("[br={}]", u8::from(taken)));
    }
    let symbol = |address| context.symbol_text(address);
    let session = &context.session;
    let seen = Seen {
        registers,
        lost,
        gs: kernel_gs(session, registers),
        fault: fault_address(&session.target, address, session.focus.trap_frame),
    };
    note(&instruction, &seen, memory, &symbol)
}

/// What is known at the instruction.
struct Seen<'r> {
    registers: &'r debuggee::RegisterContext,
    /// Those of `registers` whose values are not this instruction's.
    lost: &'r [String],
    /// The base of gs.
    gs: Option<u64>,
    /// The address that the processor could not access.
    fault: Option<u64>,
}

/// The base of gs, which is not in a CONTEXT: known for a processor's own registers in kernel code. Those that were
/// found elsewhere may be another processor's.
fn kernel_gs(session: &Session, registers: &debuggee::RegisterContext) -> Option<u64> {
    let focus = &session.focus;
    let own = focus.context.is_none() && focus.frame.is_none() && focus.thread.is_none();
    let own = own && session.context().is_ok_and(|context| context.ip() == registers.ip());
    let kernel = registers.get("cs").is_some_and(|cs| cs != 0 && cs & 3 == 0);
    session.processor().filter(|_| own && kernel)?.kernel_gs()
}

fn note(
    instruction: &Instruction,
    seen: &Seen<'_>,
    memory: &dyn Memory,
    symbol: &dyn Fn(u64) -> Option<String>,
) -> Option<String> {
    // They name an address and do not read it.
    if matches!(instruction.mnemonic(), Mnemonic::Lea | Mnemonic::Nop | Mnemonic::Invlpg) {
        return None;
    }
    let operand = (0..instruction.op_count()).find(|&operand| is_memory(instruction.op_kind(operand)))?;
    let segment = segment(instruction, operand);
    let size = instruction.memory_size().size();
    let lost = lost_of(instruction, operand, seen.lost);
    let solved = solved(instruction, operand, &lost, seen);
    if solved.is_none() && !lost.is_empty() {
        return Some(format!("({} not saved)", lost.join(", ")));
    }
    let address = match solved {
        Some(address) => address,
        None => effective_address(instruction, operand, |name| seen.registers.get(name))?,
    };
    let name = format!("{segment:?}").to_lowercase();
    let selector = match seen.registers.get(&name) {
        Some(selector) if selector != 0 => format!("{selector:04x}:"),
        _ => String::new(),
    };
    let base = match segment {
        // Kernel code has no use for it, and the TEB that it may point at is not known.
        Register::FS => None,
        Register::GS => seen.gs,
        _ => Some(0),
    };
    let value = base.and_then(|base| bytes(memory, base.wrapping_add(address), size));
    let is_readable = value.is_some();
    let text = match value {
        None => "??".repeat(size),
        Some(value) => match pointed(instruction, &value).and_then(|to| Some((to, symbol(to)?))) {
            Some((to, symbol)) => format!("{{{symbol} ({})}}", hex::tick(to)),
            None => value.iter().rev().map(|byte| format!("{byte:02x}")).collect(),
        },
    };
    let elsewhere = seen.fault.filter(|fault| is_readable && fault.wrapping_sub(address) >= size as u64);
    let remark = match (lost.first(), elsewhere) {
        (Some(register), _) => format!(" ({register} solved from the fault address)"),
        (None, Some(fault)) => format!(" (the processor reported {})", hex::tick(fault)),
        (None, None) => String::new(),
    };
    Some(format!("{name}:{selector}{}={text}{remark}", hex::tick(address)))
}

/// The registers that the operand's address is made of and that are not known.
fn lost_of(instruction: &Instruction, operand: u32, lost: &[String]) -> Vec<String> {
    let mut used = Vec::new();
    let _ = effective_address(instruction, operand, |name| {
        let full = full(name);
        if lost.contains(&full) && !used.contains(&full) {
            used.push(full);
        }
        Some(0)
    });
    used
}

/// The operand's address where it is the one that the processor could not access: if one register of it is not known,
/// there is but one value of that which leads there.
fn solved(instruction: &Instruction, operand: u32, lost: &[String], seen: &Seen<'_>) -> Option<u64> {
    let ([unknown], Some(fault)) = (lost, seen.fault) else {
        return None;
    };
    // At the start of a page it may be the second page of an operand that begins before.
    let of_second_page = fault & 0xfff == 0 && instruction.memory_size().size() > 1;
    if of_second_page || matches!(segment(instruction, operand), Register::FS | Register::GS) {
        return None;
    }
    let with = |value: u64| {
        effective_address(instruction, operand, |name| match full(name) == *unknown {
            true => Some(value),
            false => seen.registers.get(name),
        })
    };
    let (start, factor) = (with(0)?, with(1)?.wrapping_sub(with(0)?));
    let value = fault.wrapping_sub(start).cast_signed().checked_div(factor.cast_signed())?;
    (with(value.cast_unsigned())? == fault).then_some(fault)
}

/// The whole register: `rsi` of `esi`.
fn full(name: &str) -> String {
    let whole = Register::values().find(|register| format!("{register:?}").eq_ignore_ascii_case(name));
    whole.map_or_else(|| name.to_owned(), |it| format!("{:?}", it.full_register()).to_lowercase())
}

/// Where an indirect call or jump goes.
fn pointed(instruction: &Instruction, value: &[u8]) -> Option<u64> {
    let indirect =
        matches!(instruction.flow_control(), FlowControl::IndirectCall | FlowControl::IndirectBranch);
    let bytes: [u8; 8] = value.try_into().ok()?;
    indirect.then(|| u64::from_le_bytes(bytes))
}

fn bytes(memory: &dyn Memory, address: u64, size: usize) -> Option<Vec<u8>> {
    let mut value = vec![0u8; size];
    memory.read(address, &mut value).ok()?;
    Some(value)
}

fn is_memory(kind: OpKind) -> bool {
    matches!(
        kind,
        OpKind::Memory
            | OpKind::MemorySegSI
            | OpKind::MemorySegESI
            | OpKind::MemorySegRSI
            | OpKind::MemorySegDI
            | OpKind::MemorySegEDI
            | OpKind::MemorySegRDI
            | OpKind::MemoryESDI
            | OpKind::MemoryESEDI
            | OpKind::MemoryESRDI
    )
}

fn segment(instruction: &Instruction, operand: u32) -> Register {
    match instruction.op_kind(operand) {
        OpKind::MemoryESDI | OpKind::MemoryESEDI | OpKind::MemoryESRDI => Register::ES,
        _ => instruction.memory_segment(),
    }
}

fn effective_address(
    instruction: &Instruction,
    operand: u32,
    mut register: impl FnMut(&str) -> Option<u64>,
) -> Option<u64> {
    instruction.virtual_address(operand, 0, |named, _, _| {
        if named.is_segment_register() {
            return Some(0);
        }
        register(&format!("{named:?}").to_lowercase())
    })
}

/// Whether a conditional branch is taken with these flags.
fn taken(instruction: &Instruction, registers: &debuggee::RegisterContext) -> Option<bool> {
    let flag = |name| registers.get(name).map(|bit| bit == 1);
    let (carry, zero, sign) = (flag("cf")?, flag("zf")?, flag("sf")?);
    let (overflow, parity) = (flag("of")?, flag("pf")?);
    let count = registers.get("rcx")?;
    Some(match instruction.condition_code() {
        ConditionCode::o => overflow,
        ConditionCode::no => !overflow,
        ConditionCode::b => carry,
        ConditionCode::ae => !carry,
        ConditionCode::e => zero,
        ConditionCode::ne => !zero,
        ConditionCode::be => carry || zero,
        ConditionCode::a => !carry && !zero,
        ConditionCode::s => sign,
        ConditionCode::ns => !sign,
        ConditionCode::p => parity,
        ConditionCode::np => !parity,
        ConditionCode::l => sign != overflow,
        ConditionCode::ge => sign == overflow,
        ConditionCode::le => zero || sign != overflow,
        ConditionCode::g => !zero && sign == overflow,
        ConditionCode::None => match instruction.mnemonic() {
            Mnemonic::Jrcxz => count == 0,
            Mnemonic::Jecxz => count & 0xffff_ffff == 0,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests;
