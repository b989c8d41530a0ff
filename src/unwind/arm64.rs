//! ARM64 stacks by frame records.
//!
//! Windows code for ARM64 keeps a chain of frame records (x29 points to the caller's x29 and the return address), so a
//! stack can be walked without images. Stack pointers other than the first are those of the records, which is where
//! nearly every prolog leaves sp. Other registers are not recovered: that takes the images' unwind data, which this walk
//! does not read.

use super::frame::{End, Frame, FrameKind, Note, Stack, Trust};
use super::host::UnwindHost;
use super::registers::{Origin, RBP, Registers};
use super::walk::{Frames, Options};

/// Addresses from here on belong to the kernel.
const KERNEL: u64 = 0xffff_0000_0000_0000;
/// Bits that a signed kernel pointer may carry.
const SIGNATURE: u64 = 0xffff_0000_0000_0000;

/// Where an ARM64 walk starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arm64Start {
    /// Program counter.
    pub pc: u64,
    /// Stack pointer.
    pub sp: u64,
    /// x29.
    pub fp: u64,
    /// x30.
    pub lr: u64,
}

/// Walks outwards along the frame records.
pub fn walk_arm64(host: &dyn UnwindHost, start: Arm64Start, options: &Options) -> Stack {
    let mut frames = Frames::new(host, options);
    let mut kind = FrameKind::First;
    let mut trust = Trust::Context;
    let (mut pc, mut sp, mut fp) = (start.pc, start.sp, start.fp);
    let mut from_context = true;
    // In a leaf function, or before the record is made, the return address is still in lr only.
    let mut in_lr = in_lr(host, start);
    let mut physical = 0usize;
    let end = loop {
        if physical >= options.max_frames {
            break End::Limit(physical);
        }
        physical += 1;
        let mut frame = Frame::new(registers(pc, sp, fp, from_context), kind, trust);
        from_context = false;
        if host.module_at(pc).is_none() {
            frame.notes.push(Note::NotInModule);
        }
        let next = match in_lr.take() {
            Some(lr) => Ok((lr, sp, fp, None)),
            None => record(host, fp, sp),
        };
        match next {
            Ok((return_address, caller_sp, caller_fp, slot)) => {
                frame.return_address = return_address;
                frame.return_slot = slot;
                frame.caller_sp = Some(caller_sp);
                frames.push(frame);
                (pc, sp, fp) = (return_address, caller_sp, caller_fp);
                (kind, trust) = (FrameKind::Caller, Trust::FramePointer);
            }
            Err(end) => {
                frames.push(frame);
                break end;
            }
        }
    };
    frames.finish(end)
}

/// lr, where it and not the frame record has the return address: it points into another function than pc does, and the
/// record does not repeat it.
fn in_lr(host: &dyn UnwindHost, start: Arm64Start) -> Option<u64> {
    let lr = strip(start.lr);
    if lr == 0 || host.module_at(lr).is_none() {
        return None;
    }
    let recorded = host.read_u64(start.fp.wrapping_add(8)).map(strip);
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
    let lr = strip(lr);
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
    let caller_sp = if caller_fp == 0 {
        fp.wrapping_add(16)
    } else {
        caller_fp
    };
    Ok((lr, caller_sp, caller_fp, Some(slot)))
}

/// A return address without the signature of pointer authentication.
fn strip(address: u64) -> u64 {
    match address >> 55 & 1 {
        1 => address | SIGNATURE,
        _ => address & !SIGNATURE,
    }
}

/// pc, sp and x29 in the places of rip, rsp and rbp.
fn registers(pc: u64, sp: u64, fp: u64, from_context: bool) -> Registers {
    let origin = match from_context {
        true => Origin::Context,
        false => Origin::Computed,
    };
    let mut registers = Registers::default();
    registers.set_rip(pc, origin);
    registers.set_rsp(sp);
    registers.set_general(RBP, fp, origin);
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
        flat.put_u64(
            SP + 0x18,
            (NT + 0x1234) & 0x00ff_ffff_ffff_ffff | 0xab80_0000_0000_0000,
        );
        flat.put_u64(SP + 0x80, 0);
        flat.put_u64(SP + 0x88, NT + 0x5678);
        let start = Arm64Start {
            pc: NT + 0x1000,
            sp: SP,
            fp: SP + 0x10,
            lr: 0,
        };
        let stack = walk_arm64(&flat, start, &Options::default());
        let rows: Vec<_> = stack.frames.iter().map(|frame| (frame.ip, frame.sp)).collect();
        assert_eq!(
            rows,
            [
                (NT + 0x1000, SP),
                (NT + 0x1234, SP + 0x80),
                (NT + 0x5678, SP + 0x90)
            ]
        );
        assert_eq!(stack.frames[1].trust, Trust::FramePointer);
        assert_eq!(stack.end, End::Complete);
        // A record that points down is damage.
        flat.put_u64(SP + 0x10, SP);
        let stack = walk_arm64(&flat, start, &Options::default());
        assert_eq!(stack.end, End::NoProgress { sp: SP + 0x10 });
    }
}
