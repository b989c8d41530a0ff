//! The x64 registers of one frame, and for each of them where its value was found.

use crate::util::bounded;

/// Register numbers as unwind codes and instruction encodings count them.
pub(crate) const RAX: u8 = 0;
/// rcx.
pub(crate) const RCX: u8 = 1;
/// rdx.
pub(crate) const RDX: u8 = 2;
/// rbx.
pub(crate) const RBX: u8 = 3;
/// rsp.
pub(crate) const RSP: u8 = 4;
/// rbp.
pub(crate) const RBP: u8 = 5;
/// rsi.
pub(crate) const RSI: u8 = 6;
/// rdi.
pub(crate) const RDI: u8 = 7;
/// r8.
pub(crate) const R8: u8 = 8;
/// r11, the last volatile general register.
pub(crate) const R11: u8 = 11;

/// The sixteen general registers in encoding order.
pub const GENERAL_NAMES: [&str; 16] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
    "r15",
];

/// Whether a called function must give this general register back unchanged (rsp counts: it is always known).
pub fn is_nonvolatile(general: u8) -> bool {
    matches!(general, RBX | RSP | RBP | RSI | RDI | 12..=15)
}

/// Whether a called function must give this XMM register back unchanged.
pub fn is_nonvolatile_xmm(xmm: u8) -> bool {
    (6..=15).contains(&xmm)
}

/// Where the value of a register was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// Nobody saved it: the value beside this mark belongs to an inner frame and says nothing about this one.
    #[default]
    NotRecovered,
    /// In the processor context the walk started from.
    Context,
    /// In memory at this address (a slot of a prolog, a trap frame, a machine frame).
    Saved(u64),
    /// Follows from the layout of the frame (rsp after a return, a frame pointer).
    Computed,
}

/// A value with its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Slot<T> {
    /// The value; stale when `origin` is [`Origin::NotRecovered`].
    pub value: T,
    /// Where it was found.
    pub origin: Origin,
    /// Every function between this frame and the frame inside it left the register alone, so the value is also
    /// the inner frame's.
    pub unchanged: bool,
}

impl<T: Copy> Slot<T> {
    /// The value, unless it was not recovered.
    pub fn known(&self) -> Option<T> {
        (self.origin != Origin::NotRecovered).then_some(self.value)
    }

    fn set(&mut self, value: T, origin: Origin) {
        *self = Slot { value, origin, unchanged: false };
    }
}

/// The x64 registers as they were when a frame's instruction pointer was current.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registers {
    general: [Slot<u64>; 16],
    xmm: [Slot<u128>; 16],
    /// The instruction pointer.
    pub rip: Slot<u64>,
    /// The flags; known at the context and at machine frames only.
    pub eflags: Slot<u64>,
    /// The code selector; known at the context and at machine frames only. Its low two bits are the privilege.
    pub cs: Slot<u16>,
    /// The stack selector.
    pub ss: Slot<u16>,
}

/// Offset of `Rax` in CONTEXT; the general registers follow in encoding order, then `Rip`.
const CONTEXT_RAX: usize = 0x78;
/// Offset of `Xmm0` in CONTEXT.
const CONTEXT_XMM0: usize = 0x1a0;
/// Size of CONTEXT.
pub const CONTEXT_SIZE: usize = 0x4d0;

impl Registers {
    /// The registers of an x64 CONTEXT (STRUCTS section 7); `None` when the bytes end before `Rip`. XMM registers
    /// beyond the end of the bytes stay not recovered.
    pub fn from_context(bytes: &[u8], origin: impl Fn(usize) -> Origin) -> Option<Registers> {
        let mut registers = Registers::default();
        for (at, slot) in (CONTEXT_RAX..).step_by(8).zip(registers.general.iter_mut()) {
            slot.set(bounded::u64_at(bytes, at)?, origin(at));
        }
        registers.rip.set(bounded::u64_at(bytes, 0xf8)?, origin(0xf8));
        registers.cs.set(bounded::u16_at(bytes, 0x38)?, origin(0x38));
        registers.ss.set(bounded::u16_at(bytes, 0x42)?, origin(0x42));
        registers.eflags.set(u64::from(bounded::u32_at(bytes, 0x44)?), origin(0x44));
        for (at, slot) in (CONTEXT_XMM0..).step_by(16).zip(registers.xmm.iter_mut()) {
            let Some(raw) = bounded::array(bytes, at) else {
                break;
            };
            slot.set(u128::from_le_bytes(raw), origin(at));
        }
        Some(registers)
    }

    /// The registers of a thread that waits, from its KSWITCH_FRAME (STRUCTS section 7): rip, rsp and rbp; the others
    /// lie in the frames of the functions that switched.
    pub fn of_switch_frame(kernel_stack: u64, read: impl Fn(u64) -> Option<u64>) -> Option<Registers> {
        let mut registers = Registers::default();
        let at = kernel_stack.wrapping_add(0x30);
        registers.set_general(RBP, read(at)?, Origin::Saved(at));
        let at = kernel_stack.wrapping_add(0x38);
        let rip = read(at).filter(|&rip| rip != 0)?;
        registers.set_rip(rip, Origin::Saved(at));
        registers.set_rsp(kernel_stack.wrapping_add(0x40));
        Some(registers)
    }

    /// General register `number` (encoding order, only the low four bits count).
    pub fn general(&self, number: u8) -> Slot<u64> {
        self.general.get(usize::from(number & 15)).copied().unwrap_or_default()
    }

    /// XMM register `number` (only the low four bits count).
    pub fn xmm(&self, number: u8) -> Slot<u128> {
        self.xmm.get(usize::from(number & 15)).copied().unwrap_or_default()
    }

    /// Sets general register `number`.
    pub fn set_general(&mut self, number: u8, value: u64, origin: Origin) {
        if let Some(slot) = self.general.get_mut(usize::from(number & 15)) {
            slot.set(value, origin);
        }
    }

    /// Sets XMM register `number`.
    pub fn set_xmm(&mut self, number: u8, value: u128, origin: Origin) {
        if let Some(slot) = self.xmm.get_mut(usize::from(number & 15)) {
            slot.set(value, origin);
        }
    }

    /// The stack pointer.
    pub fn rsp(&self) -> u64 {
        self.general(RSP).value
    }

    /// Sets the stack pointer as computed.
    pub fn set_rsp(&mut self, value: u64) {
        self.set_general(RSP, value, Origin::Computed);
    }

    /// Sets the instruction pointer.
    pub fn set_rip(&mut self, value: u64, origin: Origin) {
        self.rip.set(value, origin);
    }

    /// Takes over the nonvolatile registers that `other` knows and this does not.
    pub fn take_nonvolatile(&mut self, other: &Registers) {
        let known = |slot: &Origin| *slot != Origin::NotRecovered;
        for number in (0..16).filter(|&number| is_nonvolatile(number) && number != RSP) {
            let theirs = other.general(number);
            if known(&theirs.origin) && !known(&self.general(number).origin) {
                self.set_general(number, theirs.value, theirs.origin);
            }
        }
        for number in (0..16).filter(|&number| is_nonvolatile_xmm(number)) {
            let theirs = other.xmm(number);
            if known(&theirs.origin) && !known(&self.xmm(number).origin) {
                self.set_xmm(number, theirs.value, theirs.origin);
            }
        }
    }

    /// Sets flags and selectors as a context has them.
    pub(crate) fn set_flags(&mut self, eflags: u64, cs: u64, ss: u64) {
        let low = |value: u64| u16::try_from(value & 0xffff).unwrap_or(0);
        self.eflags.set(eflags, Origin::Context);
        self.cs.set(low(cs), Origin::Context);
        self.ss.set(low(ss), Origin::Context);
    }

    /// Marks a general register as lost, keeping its stale value.
    pub fn lose_general(&mut self, number: u8) {
        if let Some(slot) = self.general.get_mut(usize::from(number & 15)) {
            slot.origin = Origin::NotRecovered;
            slot.unchanged = false;
        }
    }

    /// Marks an XMM register as lost, keeping its stale value.
    pub fn lose_xmm(&mut self, number: u8) {
        if let Some(slot) = self.xmm.get_mut(usize::from(number & 15)) {
            slot.origin = Origin::NotRecovered;
            slot.unchanged = false;
        }
    }

    /// A register by its name in lower case (`rax`, `r10`, `rip`); sub-registers and flags are not looked up here.
    pub fn by_name(&self, name: &str) -> Option<Slot<u64>> {
        if name == "rip" {
            return Some(self.rip);
        }
        let number = GENERAL_NAMES.iter().position(|&known| known == name)?;
        Some(self.general(u8::try_from(number).ok()?))
    }

    /// Before a step out of a frame: everything that is carried over is `unchanged` until a code restores it.
    pub(crate) fn begin_step(&mut self) {
        for slot in &mut self.general {
            slot.unchanged = true;
        }
        for slot in &mut self.xmm {
            slot.unchanged = true;
        }
    }

    /// After a step over a call: a called function may have changed every volatile register, and the flags.
    pub(crate) fn lose_volatile(&mut self) {
        for number in (0..16).filter(|&number| !is_nonvolatile(number)) {
            self.lose_general(number);
        }
        for number in (0..16).filter(|&number| !is_nonvolatile_xmm(number)) {
            self.lose_xmm(number);
        }
        self.eflags.origin = Origin::NotRecovered;
        // Selectors of flat code survive a call: they change at machine frames only.
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_fields_come_from_their_offsets() {
        let mut bytes = vec![0u8; CONTEXT_SIZE];
        bytes[0x90..0x98].copy_from_slice(&0x1122_3344_5566_7788u64.to_le_bytes());
        bytes[0x98..0xa0].copy_from_slice(&0xffff_8000_0000_1000u64.to_le_bytes());
        bytes[0xf8..0x100].copy_from_slice(&0xffff_f800_0000_2000u64.to_le_bytes());
        bytes[0x1a0 + 16 * 6] = 0x66;
        bytes[0x38] = 0x10;
        let registers = Registers::from_context(&bytes, |_| Origin::Context).unwrap();
        assert_eq!(registers.general(RBX).value, 0x1122_3344_5566_7788);
        assert_eq!(registers.rsp(), 0xffff_8000_0000_1000);
        assert_eq!(registers.rip.value, 0xffff_f800_0000_2000);
        assert_eq!(registers.xmm(6).value, 0x66);
        assert_eq!(registers.cs.known(), Some(0x10));
        assert!(Registers::from_context(&bytes[..0xf9], |_| Origin::Context).is_none());
    }

    #[test]
    fn volatile_registers_are_lost_but_keep_their_stale_value() {
        let mut registers = Registers::default();
        registers.set_general(RAX, 7, Origin::Context);
        registers.set_general(RBX, 8, Origin::Context);
        registers.set_xmm(6, 9, Origin::Context);
        registers.set_xmm(5, 9, Origin::Context);
        registers.begin_step();
        registers.lose_volatile();
        assert_eq!((registers.general(RAX).value, registers.general(RAX).known()), (7, None));
        assert_eq!(registers.general(RBX).known(), Some(8));
        assert!(registers.general(RBX).unchanged);
        assert_eq!(registers.xmm(6).known(), Some(9));
        assert_eq!(registers.xmm(5).known(), None);
    }
}
