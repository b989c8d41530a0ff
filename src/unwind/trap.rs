//! Trap frames and exception frames: what the kernel's entry code builds below a machine frame.

use super::host::UnwindHost;
use super::machine_frame::MachineFrame;
use super::registers::{Origin, R8, R11, RAX, RBP, RBX, RCX, RDI, RDX, RSI, Registers};
use super::x64::Step;
use crate::util::bounded;

/// Size of KTRAP_FRAME.
pub const TRAP_FRAME_SIZE: u64 = 0x190;
/// Offset of `Rip` in KTRAP_FRAME: there the processor's machine frame begins.
pub(crate) const TRAP_FRAME_RIP: u64 = 0x168;
/// Offset of `Return` in KEXCEPTION_FRAME.
pub(crate) const EXCEPTION_FRAME_RETURN: u64 = 0x138;

/// What entered the kernel, as the trap frame's `ExceptionActive` byte says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrapCause {
    /// A hardware interrupt.
    Interrupt,
    /// A processor exception: fault, trap, breakpoint.
    Exception,
    /// A system call; volatile registers are not in the frame.
    SystemCall,
    /// The byte holds something else.
    Unknown(u8),
}

/// A KTRAP_FRAME. Offsets from STRUCTS section 7; they are the same in every 64-bit Windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrapFrame {
    /// Its address.
    pub address: u64,
    /// What made it.
    pub cause: TrapCause,
    /// The processor's part.
    pub machine: MachineFrame,
    /// `FaultAddress`: meaningful for page faults.
    pub fault_address: u64,
    /// rbp of the interrupted code.
    pub rbp: u64,
    raw: [u8; TRAP_FRAME_SIZE as usize],
}

impl TrapFrame {
    /// Reads the bytes at `address` as a trap frame, whatever they are.
    pub fn read(host: &dyn UnwindHost, address: u64) -> Option<TrapFrame> {
        let mut raw = [0u8; TRAP_FRAME_SIZE as usize];
        if !host.read(address, &mut raw) {
            return None;
        }
        let cause = match bounded::u8_at(&raw, 0x2b)? {
            0 => TrapCause::Interrupt,
            1 => TrapCause::Exception,
            2 => TrapCause::SystemCall,
            other => TrapCause::Unknown(other),
        };
        let mut machine = MachineFrame::read(host, address.wrapping_add(TRAP_FRAME_RIP))?;
        machine.error_code = bounded::u64_at(&raw, 0x160);
        Some(TrapFrame {
            address,
            cause,
            machine,
            fault_address: bounded::u64_at(&raw, 0xd0)?,
            rbp: bounded::u64_at(&raw, 0x158)?,
            raw,
        })
    }

    /// The frame that ends in this machine frame, if the bytes below it can be one and lie above `lowest`, the stack
    /// pointer of the code that built it (a bare machine frame has no room below it).
    pub fn around(host: &dyn UnwindHost, machine: &MachineFrame, lowest: u64) -> Option<TrapFrame> {
        let address = machine.address.checked_sub(TRAP_FRAME_RIP)?;
        if address < lowest || address & 15 != 0 {
            return None;
        }
        TrapFrame::read(host, address)
    }

    /// Sets the volatile registers that the entry code stored: rax, rcx, rdx, r8-r11 and xmm0-xmm5. System calls
    /// store none of them, so then nothing is set.
    pub fn restore_volatile(&self, registers: &mut Registers) {
        if self.cause == TrapCause::SystemCall {
            return;
        }
        let general =
            [(RAX, 0x30), (RCX, 0x38), (RDX, 0x40)].into_iter().chain((R8..=R11).zip((0x48..).step_by(8)));
        for (number, at) in general {
            if let Some(value) = bounded::u64_at(&self.raw, at) {
                registers.set_general(number, value, self.saved(at));
            }
        }
        for (number, at) in (0u8..6).zip((0x70..).step_by(16)) {
            if let Some(raw) = bounded::array(&self.raw, at) {
                registers.set_xmm(number, u128::from_le_bytes(raw), self.saved(at));
            }
        }
    }

    /// The registers that the frame alone can tell: what `.trap` shows. Nonvolatile ones other than rbp are in it
    /// only for system calls (rbx, rdi, rsi).
    pub fn registers(&self) -> Registers {
        let mut registers = Registers::default();
        super::machine_frame::enter(&mut registers, &self.machine);
        registers.set_general(RBP, self.rbp, self.saved(0x158));
        if self.cause == TrapCause::SystemCall {
            for (number, at) in [(RBX, 0x140), (RDI, 0x148), (RSI, 0x150)] {
                if let Some(value) = bounded::u64_at(&self.raw, at) {
                    registers.set_general(number, value, self.saved(at));
                }
            }
        }
        self.restore_volatile(&mut registers);
        registers
    }

    fn saved(&self, offset: usize) -> Origin {
        Origin::Saved(self.address.wrapping_add(offset as u64))
    }
}

/// General registers in KEXCEPTION_FRAME (STRUCTS section 7).
const EXCEPTION_FRAME: [(u8, u64); 8] = [
    (RBP, 0xf8),
    (RBX, 0x100),
    (RDI, 0x108),
    (RSI, 0x110),
    (12, 0x118),
    (13, 0x120),
    (14, 0x128),
    (15, 0x130),
];
/// `Xmm6` in KEXCEPTION_FRAME; xmm7 to xmm15 follow.
const EXCEPTION_FRAME_XMM6: u64 = 0x30;

/// Sets the nonvolatile registers that a KEXCEPTION_FRAME holds. rbp is not taken: whether the code that built the
/// frame stored it differs from one entry point to the next.
pub(crate) fn restore_exception_frame(host: &dyn UnwindHost, address: u64, registers: &mut Registers) {
    for (register, offset) in EXCEPTION_FRAME {
        let slot = address.wrapping_add(offset);
        if register != RBP
            && let Some(value) = host.read_u64(slot)
        {
            registers.set_general(register, value, Origin::Saved(slot));
        }
    }
    for (register, offset) in (6u8..16).zip((EXCEPTION_FRAME_XMM6..).step_by(16)) {
        let slot = address.wrapping_add(offset);
        let mut raw = [0u8; 16];
        if host.read(slot, &mut raw) {
            registers.set_xmm(register, u128::from_le_bytes(raw), Origin::Saved(slot));
        }
    }
}

/// The address of the KEXCEPTION_FRAME that a step undid: its nonvolatile registers lie at fixed distances from one
/// another, which no compiler's prolog produces by chance.
pub(crate) fn exception_frame(step: &Step) -> Option<u64> {
    let slot_of = |register| step.saves.iter().find(|(saved, _)| *saved == register).map(|&(_, slot)| slot);
    let address = slot_of(RBX)?.checked_sub(0x100)?;
    // rbp may still be the handler's own when the exception frame is built, and is then not part of it.
    let matches = |&(register, offset): &(u8, u64)| match slot_of(register) {
        Some(slot) => slot == address.wrapping_add(offset),
        None => register == RBP,
    };
    EXCEPTION_FRAME.iter().all(matches).then_some(address)
}
