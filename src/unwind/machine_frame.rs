//! The machine frame: what an x64 processor pushes when it is interrupted.

use super::error::UnwindError;
use super::host::UnwindHost;
use super::registers::{Origin, Registers};
use crate::util::bounded;

/// Size of RIP, CS, EFLAGS, RSP, SS as pushed.
pub(crate) const SIZE: u64 = 0x28;

/// A machine frame on the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MachineFrame {
    /// Where the interrupted rip stands; CS, EFLAGS, RSP and SS follow, the error code (if any) lies below.
    pub address: u64,
    /// Interrupted instruction.
    pub rip: u64,
    /// Its code selector; the low two bits are the privilege it ran with.
    pub cs: u16,
    /// Its flags.
    pub eflags: u64,
    /// Its stack pointer.
    pub rsp: u64,
    /// Its stack selector.
    pub ss: u16,
    /// The error code, where the processor pushed one.
    pub error_code: Option<u64>,
}

impl MachineFrame {
    /// The frame whose RIP stands at `address`.
    pub fn read(host: &dyn UnwindHost, address: u64) -> Option<MachineFrame> {
        let mut raw = [0u8; SIZE as usize];
        if !host.read(address, &mut raw) {
            return None;
        }
        Some(MachineFrame {
            address,
            rip: bounded::u64_at(&raw, 0)?,
            cs: bounded::u16_at(&raw, 8)?,
            eflags: bounded::u64_at(&raw, 0x10)?,
            rsp: bounded::u64_at(&raw, 0x18)?,
            ss: bounded::u16_at(&raw, 0x20)?,
            error_code: None,
        })
    }

    /// Whether user-mode code was interrupted.
    pub fn from_user_mode(&self) -> bool {
        self.cs & 3 == 3
    }

    /// Whether the fields can be what a 64-bit Windows processor pushes: canonical addresses, flags with their fixed
    /// bits, and the selectors of the Windows descriptor table (STRUCTS section 7 and the values in real dumps).
    pub fn is_plausible(&self) -> bool {
        let selectors = match self.cs {
            0x10 => matches!(self.ss, 0 | 0x18),
            0x33 | 0x23 => self.ss == 0x2b,
            _ => false,
        };
        let kernel_rip = self.rip >= 0xffff_8000_0000_0000;
        // Bit 1 is always set; bits 3, 5, 15 and those above 21 never are.
        let flags = self.eflags & 0xffff_ffff_ffc0_802a == 2;
        let canonical = |va: u64| va.wrapping_add(0x0080_0000_0000_0000) < 0x0100_0000_0000_0000;
        let stack = match self.cs {
            0x10 => self.rsp >= 0xffff_8000_0000_0000,
            _ => self.rsp < 0x0000_8000_0000_0000 && !kernel_rip,
        };
        selectors && flags && stack && canonical(self.rip)
    }
}

/// Leaves through the machine frame at rsp: rip, rsp, flags and selectors become the interrupted ones.
pub(crate) fn take(
    host: &dyn UnwindHost,
    registers: &mut Registers,
    error_code: bool,
) -> Result<MachineFrame, UnwindError> {
    let bottom = registers.rsp();
    let address = match error_code {
        true => bottom.wrapping_add(8),
        false => bottom,
    };
    let mut frame = MachineFrame::read(host, address).ok_or(UnwindError::StackUnreadable { address })?;
    if error_code {
        frame.error_code = host.read_u64(bottom);
    }
    enter(registers, &frame);
    Ok(frame)
}

/// Sets rip, rsp, flags and selectors from a machine frame.
pub(crate) fn enter(registers: &mut Registers, frame: &MachineFrame) {
    let saved = |offset: u64| Origin::Saved(frame.address.wrapping_add(offset));
    registers.set_rip(frame.rip, saved(0));
    registers.set_general(super::registers::RSP, frame.rsp, saved(0x18));
    registers.cs = super::registers::Slot { value: frame.cs, origin: saved(8), unchanged: false };
    registers.eflags = super::registers::Slot { value: frame.eflags, origin: saved(0x10), unchanged: false };
    registers.ss = super::registers::Slot { value: frame.ss, origin: saved(0x20), unchanged: false };
}
