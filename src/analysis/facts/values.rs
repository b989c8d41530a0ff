//! What registers held at an instruction of a function that is on the stack: worked out backwards along its code, from what
//! the walk recovered, from the arguments that its caller passed, and from memory as the dump holds it.
//!
//! One way through the code is followed, straight back, and memory may have changed since: an answer is a candidate, which
//! something else must confirm.

use super::code::changes;
use crate::unwind::{Registers, is_nonvolatile};
use crate::util::bits::extend;
use iced_x86::{Instruction, Mnemonic, OpKind, Register};
use std::cell::Cell;

/// Steps of the working out, of a question at most.
const MOST: usize = 400;
/// The registers of the first four arguments: rcx, rdx, r8, r9 (x64 calling convention).
const ARGUMENTS: [u8; 4] = [1, 2, 8, 9];
/// rsp, in the order of encoding.
const RSP: u8 = 4;

/// A function on the stack.
pub struct Level {
    /// Its instructions, from its beginning.
    pub steps: Vec<Instruction>,
    /// Which of them is the call that its frame stands in.
    pub stands: usize,
    /// The registers behind that call.
    pub registers: Registers,
}

/// Functions on the stack, each called by the next; `None` for one whose code or place in it is not known.
pub struct Values<'v> {
    levels: Vec<Option<Level>>,
    read: &'v dyn Fn(u64, &mut [u8]) -> bool,
    steps: Cell<usize>,
}

impl<'v> Values<'v> {
    /// Values of these functions; `read` fills bytes from an address, or says that it cannot.
    pub fn new(levels: Vec<Option<Level>>, read: &'v dyn Fn(u64, &mut [u8]) -> bool) -> Values<'v> {
        Values { levels, read, steps: Cell::new(0) }
    }

    /// The functions.
    pub fn levels(&self) -> &[Option<Level>] {
        &self.levels
    }

    /// The address of the memory that instruction `at` of a function accesses.
    pub fn address(&self, level: usize, at: usize) -> Option<u64> {
        self.steps.set(0);
        self.place(level, at)
    }

    /// What an operand of instruction `at` is before that runs, without a sign.
    pub fn operand(&self, level: usize, at: usize, operand: u32) -> Option<u64> {
        self.steps.set(0);
        self.operand_of(level, at, operand)
    }

    fn place(&self, level: usize, at: usize) -> Option<u64> {
        let step = self.levels.get(level)?.as_ref()?.steps.get(at)?;
        if matches!(step.memory_segment(), Register::FS | Register::GS) || step.is_vsib() {
            return None;
        }
        if step.is_ip_rel_memory_operand() {
            return Some(step.ip_rel_memory_address());
        }
        let part = |register: Register, scale: u64| match register {
            Register::None => Some(0),
            _ if register.is_gpr64() => Some(self.register(level, at, register)?.wrapping_mul(scale)),
            _ => None,
        };
        let base = part(step.memory_base(), 1)?;
        let index = part(step.memory_index(), u64::from(step.memory_index_scale()))?;
        Some(step.memory_displacement64().wrapping_add(base).wrapping_add(index))
    }

    fn operand_of(&self, level: usize, at: usize, operand: u32) -> Option<u64> {
        let step = self.levels.get(level)?.as_ref()?.steps.get(at)?;
        match step.try_op_kind(operand).ok()? {
            OpKind::Register => {
                let register = step.try_op_register(operand).ok()?;
                let is_high = matches!(register, Register::AH | Register::BH | Register::CH | Register::DH);
                (register.is_gpr() && !is_high)
                    .then(|| Some(narrow(self.register(level, at, register)?, register.size())))?
            }
            OpKind::Memory => {
                let size = step.memory_size().size();
                let mut bytes = [0u8; 8];
                let into = bytes.get_mut(..size).filter(|into| !into.is_empty())?;
                (self.read)(self.place(level, at)?, into).then(|| u64::from_le_bytes(bytes))
            }
            _ => step.try_immediate(operand).ok(),
        }
    }

    /// What the 64 bits of a register are before instruction `at`.
    fn register(&self, level: usize, at: usize, register: Register) -> Option<u64> {
        let used = self.steps.get() + 1;
        self.steps.set(used);
        let here = self.levels.get(level)?.as_ref().filter(|_| used < MOST)?;
        let full = register.full_register();
        let number = u8::try_from(full.number()).ok().filter(|_| full.is_gpr64())?;
        // A call leaves rsp as it was.
        let end = if number == RSP { here.stands } else { here.stands + 1 };
        let stays =
            here.steps.get(at..end).is_some_and(|steps| !steps.iter().any(|step| changes(step, full)));
        if let Some(value) = here.registers.general(number).known().filter(|_| stays) {
            return Some(value);
        }
        let before = here.steps.get(..at)?.iter().rposition(|step| changes(step, full));
        if let Some(before) = before {
            return self.result(level, before, full);
        }
        let caller = self.levels.get(level + 1)?.as_ref()?;
        match () {
            () if number == RSP => None,
            () if is_nonvolatile(number) => caller.registers.general(number).known(),
            () if ARGUMENTS.contains(&number) => self.register(level + 1, caller.stands, full),
            () => None,
        }
    }

    /// What instruction `at` makes of a register.
    fn result(&self, level: usize, at: usize, full: Register) -> Option<u64> {
        let step = self.levels.get(level)?.as_ref()?.steps.get(at)?;
        let target = step.op0_register();
        if step.op0_kind() != OpKind::Register || target.full_register() != full || target.size() < 4 {
            return None;
        }
        let old = || self.operand_of(level, at, 0);
        let other = || self.operand_of(level, at, 1);
        let value = match step.mnemonic() {
            Mnemonic::Mov | Mnemonic::Movzx => other()?,
            Mnemonic::Movsx | Mnemonic::Movsxd => {
                let size = match step.op1_kind() {
                    OpKind::Memory => step.memory_size().size(),
                    _ => step.op1_register().size(),
                };
                extend(other()?, u32::try_from(size * 8).ok()?).cast_unsigned()
            }
            Mnemonic::Lea => self.place(level, at)?,
            Mnemonic::Xor if step.op1_kind() == OpKind::Register && step.op1_register() == target => 0,
            Mnemonic::Xor => old()? ^ other()?,
            Mnemonic::And => old()? & other()?,
            Mnemonic::Or => old()? | other()?,
            Mnemonic::Add => old()?.wrapping_add(other()?),
            Mnemonic::Sub => old()?.wrapping_sub(other()?),
            Mnemonic::Inc => old()?.wrapping_add(1),
            Mnemonic::Dec => old()?.wrapping_sub(1),
            // The processor takes the count modulo the width.
            Mnemonic::Shl => old()?.wrapping_shl(count(other()?, target.size())),
            Mnemonic::Shr => old()?.wrapping_shr(count(other()?, target.size())),
            _ => return None,
        };
        Some(narrow(value, target.size()))
    }
}

/// The lowest bytes of a value; the upper half of a register is zero where 32 bits of it are written.
fn narrow(value: u64, size: usize) -> u64 {
    match size {
        1 => value & 0xff,
        2 => value & 0xffff,
        4 => value & 0xffff_ffff,
        _ => value,
    }
}

fn count(value: u64, size: usize) -> u32 {
    let most = if size == 8 { 63 } else { 31 };
    (value & most) as u32
}

#[cfg(test)]
mod tests {
    use super::super::code;
    use super::*;
    use crate::unwind::Origin;

    const BEGIN: u64 = 0xffff_f800_0000_1000;
    /// Where memory holds 0x1234_5678_9abc_def0, and nothing else does.
    const KNOWN: u64 = 0xffff_8000_0000_0108;

    /// A function made of bytes, of which the last five are the call that it stands in; rbx behind that call.
    fn level(bytes: &[u8], rbx: u64) -> Option<Level> {
        let steps = code::steps(bytes, BEGIN);
        let mut registers = Registers::default();
        registers.set_general(3, rbx, Origin::Context);
        registers.set_general(4, 0xffff_9000_0000_0000, Origin::Context);
        Some(Level { stands: steps.len() - 1, steps, registers })
    }

    fn read(address: u64, into: &mut [u8]) -> bool {
        let is_known = address == KNOWN;
        if is_known {
            into.copy_from_slice(&0x1234_5678_9abc_def0u64.to_le_bytes()[..into.len()]);
        }
        is_known
    }

    const CALL: [u8; 5] = [0xe8, 0, 0, 0, 0];

    /// The address that the first instruction which writes memory writes to.
    fn written(functions: &[&[u8]]) -> Option<u64> {
        let levels = functions.iter().map(|bytes| level(bytes, 0xffff_8000_0000_0100)).collect();
        let values = Values::new(levels, &read);
        let steps = &values.levels()[0].as_ref().expect("a function").steps;
        let at = steps.iter().position(|step| step.op0_kind() == OpKind::Memory).expect("a write");
        values.address(0, at)
    }

    #[test]
    fn addresses_are_worked_out_from_registers_that_stay() {
        // mov [rbx+10h],rax; call
        assert_eq!(written(&[&[&[0x48, 0x89, 0x43, 0x10][..], &CALL].concat()]), Some(0xffff_8000_0000_0110));
        // mov [rsp+20h],rax; call
        assert_eq!(
            written(&[&[&[0x48, 0x89, 0x44, 0x24, 0x20][..], &CALL].concat()]),
            Some(0xffff_9000_0000_0020)
        );
        // mov rax,[rbx+8]; shl eax,4; mov [rax],rcx; call
        let code = [&[0x48, 0x8b, 0x43, 0x08, 0xc1, 0xe0, 0x04, 0x48, 0x89, 0x08][..], &CALL].concat();
        assert_eq!(written(&[&code]), Some(0xabcd_ef00));
    }

    #[test]
    fn arguments_are_the_callers() {
        // lea rcx,[rbx+8]; call, and there: mov rax,rcx; mov [rax],rdx; call
        let caller = [&[0x48, 0x8d, 0x4b, 0x08][..], &CALL].concat();
        let called = [&[0x48, 0x89, 0xc8, 0x48, 0x89, 0x10][..], &CALL].concat();
        assert_eq!(written(&[&called, &caller]), Some(KNOWN));
        // Without the caller nobody knows.
        assert_eq!(written(&[&called]), None);
        // Behind another call rcx is anything: call; mov [rcx],rdx; call
        let behind = [&CALL[..], &[0x48, 0x89, 0x11], &CALL].concat();
        assert_eq!(written(&[&behind, &caller]), None);
    }

    #[test]
    fn what_is_not_understood_gives_no_address() {
        // mul rbx; mov [rax],rcx; call
        assert_eq!(written(&[&[&[0x48, 0xf7, 0xe3, 0x48, 0x89, 0x08][..], &CALL].concat()]), None);
        // mov rax,gs:[rbx+8]; mov [rax],rcx; call
        let code = [&[0x65, 0x48, 0x8b, 0x43, 0x08, 0x48, 0x89, 0x08][..], &CALL].concat();
        assert_eq!(written(&[&code]), None);
        // mov rax,[rbx]: not in the dump; mov [rax],rcx; call
        assert_eq!(written(&[&[&[0x48, 0x8b, 0x03, 0x48, 0x89, 0x08][..], &CALL].concat()]), None);
    }
}
