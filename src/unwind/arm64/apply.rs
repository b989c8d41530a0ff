//! Undoes unwind codes: from the registers in a function to those of its caller.

use super::registers::Arm64Register::{self, D, Q, X};
use super::registers::{Arm64Registers, FP, LR};
use super::xdata::Arm64Code;
use crate::unwind::error::UnwindError;
use crate::unwind::host::UnwindHost;
use crate::unwind::registers::Origin;

/// Undoes `codes` on `registers`, which then are the caller's but for pc: the return address is in lr.
pub fn apply(
    host: &dyn UnwindHost,
    registers: &mut Arm64Registers,
    codes: &[Arm64Code],
    function: u64,
) -> Result<(), UnwindError> {
    registers.begin_step();
    // Further pairs that stand above the next one.
    let mut more = 0u8;
    for code in codes {
        match *code {
            Arm64Code::End => break,
            Arm64Code::EndChained | Arm64Code::Nop | Arm64Code::SignLr => {}
            Arm64Code::Allocate(size) => registers.sp = registers.sp.wrapping_add(u64::from(size)),
            Arm64Code::SetFp => registers.sp = frame_pointer(registers, function)?,
            Arm64Code::AddFp(above) => {
                registers.sp = frame_pointer(registers, function)?.wrapping_sub(u64::from(above));
            }
            Arm64Code::SaveNext => more = more.saturating_add(1),
            Arm64Code::Custom(layout) => return Err(UnwindError::Arm64Custom { function, layout }),
            Arm64Code::Save { first, second, offset, push } => {
                let at = match push {
                    true => registers.sp,
                    false => registers.sp.wrapping_add(u64::from(offset)),
                };
                restore(host, registers, first, at)?;
                if let Some(second) = second {
                    restore(host, registers, second, at.wrapping_add(width(first)))?;
                    if !matches!(first, X(FP)) && second != X(LR) {
                        let mut pair = first;
                        for step in 1..=u64::from(std::mem::take(&mut more)) {
                            let Some(following) = after(pair) else { break };
                            pair = following;
                            let at = at.wrapping_add(16 * step);
                            restore(host, registers, pair, at)?;
                            restore(host, registers, partner(pair), at.wrapping_add(8))?;
                        }
                    }
                }
                if push {
                    registers.sp = registers.sp.wrapping_add(u64::from(offset));
                }
            }
        }
    }
    Ok(())
}

fn frame_pointer(registers: &Arm64Registers, function: u64) -> Result<u64, UnwindError> {
    registers.known(X(FP)).ok_or(UnwindError::FrameRegisterUnknown { function, register: "fp" })
}

fn restore(
    host: &dyn UnwindHost,
    registers: &mut Arm64Registers,
    register: Arm64Register,
    at: u64,
) -> Result<(), UnwindError> {
    match host.read_u64(at) {
        Some(value) => registers.set(register, value, Origin::Saved(at)),
        None if matches!(register, X(FP | LR)) => return Err(UnwindError::StackUnreadable { address: at }),
        // The walk can go on without it.
        None => registers.set(register, 0, Origin::NotRecovered),
    }
    Ok(())
}

fn width(register: Arm64Register) -> u64 {
    if matches!(register, Q(_)) { 16 } else { 8 }
}

/// The first register of the pair after this one's.
fn after(first: Arm64Register) -> Option<Arm64Register> {
    match first {
        X(number @ 19..=25) => Some(X(number + 2)),
        X(26..=28) => Some(D(8)),
        D(number @ 8..=12) => Some(D(number + 2)),
        _ => None,
    }
}

fn partner(first: Arm64Register) -> Arm64Register {
    match first {
        X(number) => X(number + 1),
        D(number) => D(number + 1),
        Q(number) => Q(number + 1),
    }
}
