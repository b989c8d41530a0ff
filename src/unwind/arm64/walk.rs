//! ARM64 stacks: by unwind data where an image gives it, else by frame records.
//!
//! Windows code for ARM64 keeps a chain of frame records (x29 points to the caller's x29 and the return address), so a
//! stack can be walked without images. Stack pointers behind such a step are those of the records, which is where
//! nearly every prolog leaves sp, and other registers are lost; unwind data is used again only where it starts from x29.

use super::apply;
use super::pdata::{self, Arm64Position};
use super::registers::Arm64Register::{D, X};
use super::registers::{Arm64Registers, FP, LR};
use super::xdata::Arm64Code;
use crate::unwind::error::UnwindError;
use crate::unwind::frame::{End, Frame, FrameKind, Note, Stack, Trust};
use crate::unwind::host::{FunctionEntry, Lookup, UnwindHost};
use crate::unwind::registers::{Origin, RBP, Registers};
use crate::unwind::walk::{Frames, WalkOptions};

/// Addresses from here on belong to the kernel.
const KERNEL: u64 = 0xffff_0000_0000_0000;
/// Bits that a signed kernel pointer may carry.
const SIGNATURE: u64 = 0xffff_0000_0000_0000;

/// Where an ARM64 walk starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Arm64Start {
    /// Program counter.
    pub pc: u64,
    /// Stack pointer.
    pub sp: u64,
    /// x29.
    pub fp: u64,
    /// x30; 0 where it is not known.
    pub lr: u64,
    /// x19 to x28, where known.
    pub general: [Option<u64>; 10],
    /// d8 to d15, where known.
    pub vector: [Option<u64>; 8],
}

impl From<Arm64Start> for Arm64Registers {
    fn from(start: Arm64Start) -> Arm64Registers {
        let mut registers = Arm64Registers { pc: start.pc, sp: start.sp, ..Arm64Registers::default() };
        let general = (19u8..).map(X).zip(start.general);
        let vector = (8u8..).map(D).zip(start.vector);
        let frame = [(X(FP), Some(start.fp)), (X(LR), Some(start.lr).filter(|&lr| lr != 0))];
        for (register, value) in general.chain(vector).chain(frame) {
            if let Some(value) = value {
                registers.set(register, value, Origin::Context);
            }
        }
        registers
    }
}

/// A step out of a frame.
struct Step {
    registers: Arm64Registers,
    trust: Trust,
    /// Where the return address stood.
    slot: Option<u64>,
    /// Whether sp is where the caller had it, not only near it.
    exact: bool,
}

/// Walks outwards by unwind data and frame records.
pub fn walk_arm64(host: &dyn UnwindHost, start: Arm64Start, options: &WalkOptions) -> Stack {
    let mut frames = Frames::new(host, options);
    let mut kind = FrameKind::First;
    let mut trust = Trust::Context;
    let mut current = Arm64Registers::from(start);
    let mut exact = true;
    let mut physical = 0usize;
    let end = loop {
        if physical >= options.max_frames {
            break End::Limit(physical);
        }
        physical += 1;
        let mut frame = Frame::new(registers(&current, kind), kind, trust);
        frame.arm64 = Some(Box::new(current.clone()));
        if host.module_at(current.pc).is_none() {
            frame.notes.push(Note::NotInModule);
        }
        let step = match by_data(host, &current, exact, &mut frame) {
            Some(step) => step,
            None if kind == FrameKind::First => {
                by_lr(host, start, &current).map_or_else(|| by_record(host, &current), Ok)
            }
            None => by_record(host, &current),
        };
        let step = step.and_then(|step| {
            let (from, to) = (current.sp, step.registers.sp);
            // Only the innermost function may have no frame.
            let stuck = to < from || (to == from && kind != FrameKind::First);
            if stuck && step.trust == Trust::Unwind {
                return Err(End::NoProgress { sp: from });
            }
            Ok(step)
        });
        match step {
            Ok(step) => {
                frame.return_address = step.registers.pc;
                frame.return_slot = step.slot;
                frame.caller_sp = Some(step.registers.sp);
                frames.push(frame);
                (kind, trust) = (FrameKind::Caller, step.trust);
                (current, exact) = (step.registers, step.exact);
            }
            Err(end) => {
                frames.push(frame);
                break end;
            }
        }
    };
    frames.finish(end)
}

/// The step that unwind data gives; `None` where frame records have to do.
fn by_data(
    host: &dyn UnwindHost,
    current: &Arm64Registers,
    exact: bool,
    frame: &mut Frame,
) -> Option<Result<Step, End>> {
    // A call that does not come back may be a function's last instruction.
    let inside = match frame.kind {
        FrameKind::Caller => current.pc.wrapping_sub(4),
        _ => current.pc,
    };
    let entry = match host.function_entry(inside) {
        Lookup::Entry(entry) => entry,
        // A function without unwind data calls nothing, so the return address never left lr.
        Lookup::Leaf if frame.kind == FrameKind::First => {
            let lr = current.known(X(LR))?;
            host.module_at(strip(host, lr))?;
            return Some(returned(host, current.clone(), Trust::Leaf));
        }
        _ => return None,
    };
    match undo(host, &entry, current, exact) {
        Ok(None) => None,
        Ok(Some((registers, position))) => {
            match position {
                Arm64Position::Prolog => frame.notes.push(Note::InProlog),
                Arm64Position::Epilog => frame.notes.push(Note::InEpilog),
                Arm64Position::Body => {}
            }
            Some(returned(host, registers, Trust::Unwind))
        }
        Err(UnwindError::StackUnreadable { address }) if address < KERNEL => {
            Some(Err(End::UserModeMissing { sp: address }))
        }
        Err(error @ (UnwindError::Arm64Custom { .. } | UnwindError::StackUnreadable { .. })) => {
            Some(Err(End::Failed(error)))
        }
        Err(error) => {
            frame.notes.push(Note::UnwindFailed(error));
            None
        }
    }
}

/// The registers after the codes of `entry`; `None` where they count from an sp that is not exact, or do not give lr.
fn undo(
    host: &dyn UnwindHost,
    entry: &FunctionEntry,
    current: &Arm64Registers,
    exact: bool,
) -> Result<Option<(Arm64Registers, Arm64Position)>, UnwindError> {
    let (codes, position) = pdata::codes_at(host, entry, current.pc)?;
    let anchor = codes.iter().find(|code| {
        matches!(code, Arm64Code::SetFp | Arm64Code::AddFp(_) | Arm64Code::Save { .. } | Arm64Code::Custom(_))
    });
    if !exact && matches!(anchor, None | Some(Arm64Code::Save { .. })) {
        return Ok(None);
    }
    let mut registers = current.clone();
    apply::apply(host, &mut registers, &codes, entry.begin_va())?;
    Ok(registers.known(X(LR)).is_some().then_some((registers, position)))
}

/// The step to the address in lr, whose registers are the caller's already.
fn returned(host: &dyn UnwindHost, mut registers: Arm64Registers, trust: Trust) -> Result<Step, End> {
    let slot = registers.get(X(LR)).unwrap_or_default();
    let pc = strip(host, slot.value);
    if pc == 0 {
        return Err(End::Complete);
    }
    if host.module_at(pc).is_none() {
        return Err(End::NotCode { ip: pc });
    }
    registers.pc = pc;
    // The caller's own return address was overwritten by the call.
    registers.set(X(LR), 0, Origin::NotRecovered);
    Ok(Step {
        registers,
        trust,
        slot: match slot.origin {
            Origin::Saved(at) => Some(at),
            _ => None,
        },
        exact: true,
    })
}

/// The step to lr in a leaf function, or before the record is made, where only symbols tell.
fn by_lr(host: &dyn UnwindHost, start: Arm64Start, current: &Arm64Registers) -> Option<Step> {
    let lr = in_lr(host, start)?;
    let mut registers = current.clone();
    registers.lose_all();
    registers.set(X(FP), start.fp, Origin::Context);
    registers.pc = lr;
    Some(Step { registers, trust: Trust::FramePointer, slot: None, exact: false })
}

/// The step along the frame record.
fn by_record(host: &dyn UnwindHost, current: &Arm64Registers) -> Result<Step, End> {
    let fp = current.known(X(FP)).unwrap_or(0);
    let (pc, sp, caller_fp, slot) = record(host, fp, current.sp)?;
    let mut registers = current.clone();
    registers.lose_all();
    registers.set(X(FP), caller_fp, Origin::Saved(fp));
    (registers.pc, registers.sp) = (pc, sp);
    Ok(Step { registers, trust: Trust::FramePointer, slot, exact: false })
}

/// lr, where it and not the frame record has the return address: it points into another function than pc does, and the
/// record does not repeat it.
fn in_lr(host: &dyn UnwindHost, start: Arm64Start) -> Option<u64> {
    let lr = strip(host, start.lr);
    if lr == 0 || host.module_at(lr).is_none() {
        return None;
    }
    let recorded = host.read_u64(start.fp.wrapping_add(8)).map(|lr| strip(host, lr));
    // A call that came back leaves lr pointing into the function itself; its bounds are those of the symbol.
    let own = host.symbol(start.pc)?;
    let inside = own.address <= lr && own.end.is_some_and(|end| lr <= end);
    (!inside && recorded != Some(lr)).then_some(lr)
}

/// Return address, stack pointer and x29 of the caller, and where the return address stands.
fn record(host: &dyn UnwindHost, fp: u64, sp: u64) -> Result<(u64, u64, u64, Option<u64>), End> {
    if fp == 0 {
        return Err(End::Complete);
    }
    if fp < sp || !fp.is_multiple_of(8) {
        return Err(End::NoProgress { sp });
    }
    let slot = fp.wrapping_add(8);
    let (Some(caller_fp), Some(lr)) = (host.read_u64(fp), host.read_u64(slot)) else {
        return Err(match fp < KERNEL {
            true => End::UserModeMissing { sp: fp },
            false => End::OutsideStack { sp: fp },
        });
    };
    let lr = strip(host, lr);
    if lr == 0 {
        return Err(End::Complete);
    }
    if caller_fp != 0 && caller_fp <= fp {
        return Err(End::NoProgress { sp: fp });
    }
    if host.module_at(lr).is_none() {
        return Err(End::NotCode { ip: lr });
    }
    // The caller's own record lies at its stack pointer.
    let caller_sp = if caller_fp == 0 { fp.wrapping_add(16) } else { caller_fp };
    Ok((lr, caller_sp, caller_fp, Some(slot)))
}

/// A return address without the signature of pointer authentication.
fn strip(host: &dyn UnwindHost, address: u64) -> u64 {
    let mask = host.pointer_auth_mask().unwrap_or(SIGNATURE);
    match address >> 55 & 1 {
        1 => address | mask,
        _ => address & !mask,
    }
}

/// pc, sp and x29 in the places of rip, rsp and rbp.
fn registers(current: &Arm64Registers, kind: FrameKind) -> Registers {
    let origin = match kind {
        FrameKind::First => Origin::Context,
        _ => Origin::Computed,
    };
    let mut registers = Registers::default();
    registers.set_rip(current.pc, origin);
    registers.set_rsp(current.sp);
    if let Some(fp) = current.get(X(FP)).filter(|slot| slot.known().is_some()) {
        registers.set_general(RBP, fp.value, fp.origin);
    }
    registers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unwind::testing::Flat;

    const NT: u64 = 0xffff_f800_0000_0000;
    const SP: u64 = 0xffff_e000_0000_1000;

    #[test]
    fn records_are_followed_and_signatures_taken_off() {
        let mut flat = Flat::default();
        flat.module("nt", NT, 0x10000, false);
        flat.put(SP, &[0; 0x200]);
        flat.put_u64(SP + 0x10, SP + 0x80);
        flat.put_u64(SP + 0x18, (NT + 0x1234) & 0x00ff_ffff_ffff_ffff | 0xab80_0000_0000_0000);
        flat.put_u64(SP + 0x80, 0);
        flat.put_u64(SP + 0x88, NT + 0x5678);
        let start = Arm64Start { pc: NT + 0x1000, sp: SP, fp: SP + 0x10, ..Arm64Start::default() };
        let stack = walk_arm64(&flat, start, &WalkOptions::default());
        let rows: Vec<_> = stack.frames.iter().map(|frame| (frame.ip, frame.sp)).collect();
        assert_eq!(rows, [(NT + 0x1000, SP), (NT + 0x1234, SP + 0x80), (NT + 0x5678, SP + 0x90)]);
        assert_eq!(stack.frames[1].trust, Trust::FramePointer);
        assert_eq!(stack.end, End::Complete);
        // A record that points down is damage.
        flat.put_u64(SP + 0x10, SP);
        let stack = walk_arm64(&flat, start, &WalkOptions::default());
        assert_eq!(stack.end, End::NoProgress { sp: SP + 0x10 });
    }
}
