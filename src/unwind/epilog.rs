//! Recognises that the processor stands in an epilog, and finishes it.
//!
//! Version 1 of the unwind data says nothing about epilogs; the calling convention restricts their form instead:
//! an optional `add rsp, constant` or `lea rsp, [frame register + displacement]`, pops of 64-bit registers, then a
//! return or a jump out of the function. Version 2 lists where the epilogs are.

use iced_x86::{Code as X86, Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};

use super::codes::{self, Operation, UnwindInfo};
use super::host::{FunctionEntry, Lookup, UnwindHost};
use super::registers::{Origin, Registers};

/// Longest epilog: `lea` (8 bytes), 15 pops of 2 bytes, `jmp [rip+disp]` with a prefix (7).
const WINDOW: usize = 48;
/// Pops that an epilog can have: one for each register but rsp.
const MAX_POPS: usize = 15;

/// What remained of an epilog, done.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The registers after the return.
    pub registers: Registers,
    /// Where the return address stood.
    pub return_slot: u64,
}

/// Finishes the epilog that rip stands in; `None` when it stands in none, or the stack bytes are missing.
pub(crate) fn finish(
    host: &dyn UnwindHost,
    registers: &Registers,
    entry: &FunctionEntry,
    info: &UnwindInfo,
) -> Option<Finished> {
    let rip = registers.rip.value;
    if listed(info, entry, rip) == Some(false) {
        return None;
    }
    let mut code = [0u8; WINDOW];
    let code = readable_prefix(host, rip, &mut code)?;
    let mut decoder = Decoder::with_ip(64, code, rip, DecoderOptions::NONE);
    let mut after = registers.clone();
    let mut instruction = next(&mut decoder)?;
    if let Some(rsp) = released(&instruction, &after, info) {
        after.set_rsp(rsp);
        instruction = next(&mut decoder)?;
    }
    for _ in 0..=MAX_POPS {
        let Some(number) = popped(&instruction) else { break };
        let rsp = after.rsp();
        let value = host.read_u64(rsp)?;
        after.set_general(number, value, Origin::Saved(rsp));
        after.set_rsp(rsp.wrapping_add(8));
        instruction = next(&mut decoder)?;
    }
    if !leaves(host, &instruction, entry) {
        return None;
    }
    let return_slot = after.rsp();
    let target = host.read_u64(return_slot)?;
    after.set_rip(target, Origin::Saved(return_slot));
    let extra = match instruction.code() {
        X86::Retnq_imm16 => u64::from(instruction.immediate16()),
        _ => 0,
    };
    after.set_rsp(return_slot.wrapping_add(8).wrapping_add(extra));
    Some(Finished { registers: after, return_slot })
}

/// Whether version 2 data lists an epilog around `rip`; `None` when the data lists none at all (version 1).
fn listed(info: &UnwindInfo, entry: &FunctionEntry, rip: u64) -> Option<bool> {
    let mut size = None;
    let mut inside = false;
    for code in info.codes().map_while(Result::ok) {
        let Operation::Epilog { value, info } = code.operation else {
            break;
        };
        let distance = match size {
            None => {
                size = Some(u64::from(value));
                if info & 1 == 0 {
                    continue;
                }
                u64::from(value)
            }
            Some(_) => u64::from(info) << 8 | u64::from(value),
        };
        let start = entry.end_va().wrapping_sub(distance);
        let past = rip.wrapping_sub(start);
        inside |= distance != 0 && past < size.unwrap_or(0);
    }
    size.map(|_| inside)
}

/// The bytes at `rip` up to the window's size, or as many as are there in halves.
fn readable_prefix<'a>(host: &dyn UnwindHost, rip: u64, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    let mut length = buffer.len();
    while length > 0 {
        if host.read(rip, buffer.get_mut(..length)?) {
            return buffer.get(..length);
        }
        length /= 2;
    }
    None
}

fn next(decoder: &mut Decoder<'_>) -> Option<Instruction> {
    let instruction = decoder.can_decode().then(|| decoder.decode())?;
    (!instruction.is_invalid()).then_some(instruction)
}

/// rsp after an instruction that frees the frame, if this is one.
fn released(instruction: &Instruction, registers: &Registers, info: &UnwindInfo) -> Option<u64> {
    if instruction.op0_kind() != OpKind::Register || instruction.op0_register() != Register::RSP {
        return None;
    }
    match instruction.mnemonic() {
        Mnemonic::Add if instruction.op1_kind() != OpKind::Register => {
            let amount = instruction.try_immediate(1).ok()?;
            Some(registers.rsp().wrapping_add(amount))
        }
        Mnemonic::Lea => {
            let frame_register = info.frame_register?;
            if general_number(instruction.memory_base())? != frame_register
                || instruction.memory_index() != Register::None
            {
                return None;
            }
            let base = registers.general(frame_register).known()?;
            Some(base.wrapping_add(instruction.memory_displacement64()))
        }
        _ => None,
    }
}

/// The register that this instruction pops, if it is a 64-bit pop of a register other than rsp.
fn popped(instruction: &Instruction) -> Option<u8> {
    let number =
        (instruction.code() == X86::Pop_r64).then(|| general_number(instruction.op0_register()))??;
    (number != super::registers::RSP).then_some(number)
}

fn general_number(register: Register) -> Option<u8> {
    (register.is_gpr64()).then(|| u8::try_from(register.number()).ok())?
}

/// Whether this instruction ends an epilog: a return, or a jump out of the function.
fn leaves(host: &dyn UnwindHost, instruction: &Instruction, entry: &FunctionEntry) -> bool {
    match instruction.code() {
        X86::Retnq | X86::Retnq_imm16 => true,
        // Through memory: an import. Through a register: compilers mark a tail call with REX.W, because a jump
        // without it belongs to a switch.
        X86::Jmp_rm64 if instruction.op0_kind() == OpKind::Memory => {
            instruction.memory_base() == Register::RIP
        }
        X86::Jmp_rm64 => instruction.len() == 3,
        X86::Jmp_rel8_64 | X86::Jmp_rel32_64 => {
            let target = instruction.near_branch_target();
            if entry.covers(target) {
                return false;
            }
            let Lookup::Entry(other) = host.function_entry(target) else {
                return true;
            };
            // Another fragment of the same function is no exit, unless the jump restarts the function.
            match (codes::primary(host, *entry), codes::primary(host, other)) {
                (Ok(here), Ok(there)) => here != there || target == there.begin_va(),
                _ => true,
            }
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unwind::registers::{RBP, RBX, RDI, RSI};
    use crate::unwind::testing::Flat;

    const BASE: u64 = 0xffff_f800_1000_0000;
    const SP: u64 = 0xffff_a000_0000_1000;

    struct Case {
        flat: Flat,
        entry: FunctionEntry,
        info: UnwindInfo,
    }

    /// A function of 0x40 bytes whose last bytes are `tail`; the stack holds 1, 2, 3 ... in its slots.
    fn case(info: &[u8], tail: &[u8]) -> Case {
        let mut flat = Flat::default();
        flat.module("driver", BASE, 0x10000, true);
        flat.function(BASE, 0x1000, 0x1040, 0x2000, info);
        flat.put(BASE + 0x1040 - tail.len() as u64, tail);
        flat.put(BASE + 0x1040, &[0xcc; 64]);
        for slot in 0..32u64 {
            flat.put_u64(SP + slot * 8, slot + 1);
        }
        let entry = flat.entries[0];
        let info = UnwindInfo::read(&flat, &entry).unwrap();
        Case { flat, entry, info }
    }

    fn run(case: &Case, back: u64) -> Option<Finished> {
        let mut registers = Registers::default();
        registers.set_general(4, SP, Origin::Context);
        registers.set_general(RBP, SP + 0x40, Origin::Context);
        registers.set_rip(BASE + 0x1040 - back, Origin::Context);
        finish(&case.flat, &registers, &case.entry, &case.info)
    }

    const PLAIN: &[u8] = &[1, 6, 2, 0, 6, 0x32, 2, 0x30];

    #[test]
    fn add_pops_and_return_are_followed_from_each_instruction() {
        // add rsp,20h; pop rdi; pop r14; ret
        let case = case(PLAIN, &[0x48, 0x83, 0xc4, 0x20, 0x5f, 0x41, 0x5e, 0xc3]);
        let whole = run(&case, 8).unwrap();
        assert_eq!(whole.registers.general(RDI).value, 5);
        assert_eq!(whole.registers.general(14).origin, Origin::Saved(SP + 0x28));
        assert_eq!(whole.registers.rip.value, 7);
        assert_eq!(whole.return_slot, SP + 0x30);
        assert_eq!(whole.registers.rsp(), SP + 0x38);
        let late = run(&case, 3).unwrap();
        assert_eq!((late.registers.general(14).value, late.registers.rip.value), (1, 2));
        let last = run(&case, 1).unwrap();
        assert_eq!((last.registers.rip.value, last.registers.rsp()), (1, SP + 8));
    }

    #[test]
    fn lea_counts_only_from_the_frame_register() {
        // lea rsp,[rbp-20h]; pop rsi; ret
        let tail = [0x48, 0x8d, 0x65, 0xe0, 0x5e, 0xc3];
        assert!(run(&case(PLAIN, &tail), 6).is_none());
        let framed = case(&[1, 6, 2, 0x25, 6, 0x03, 2, 0x50], &tail);
        let done = run(&framed, 6).unwrap();
        assert_eq!((done.registers.general(RSI).value, done.registers.rip.value), (5, 6));
    }

    #[test]
    fn jumps_leave_unless_they_stay_in_the_function() {
        // jmp +0x100 (out of the function, to no known entry)
        assert!(run(&case(PLAIN, &[0xe9, 0, 1, 0, 0]), 5).is_some());
        // jmp -0x20 (inside)
        assert!(run(&case(PLAIN, &[0xeb, 0xde]), 2).is_none());
        // jmp rax: a switch; rex.w jmp rax: a tail call; jmp [rip+0]: an import
        assert!(run(&case(PLAIN, &[0xff, 0xe0]), 2).is_none());
        assert!(run(&case(PLAIN, &[0x48, 0xff, 0xe0]), 3).is_some());
        assert!(run(&case(PLAIN, &[0x48, 0xff, 0x25, 0, 0, 0, 0]), 7).is_some());
    }

    #[test]
    fn a_jump_to_a_fragment_of_the_same_function_is_no_exit() {
        let mut case = case(PLAIN, &[0xe9, 0xc0, 0, 0, 0]); // to begin + 0x100
        let mut info = vec![0x21, 0, 0, 0];
        for part in [0x1000u32, 0x1040, 0x2000] {
            info.extend(part.to_le_bytes());
        }
        case.flat.function(BASE, 0x1100, 0x1120, 0x2100, &info);
        assert!(run(&case, 5).is_none());
        case.flat.entries[1].unwind = 0x2200;
        case.flat.put(BASE + 0x2200, &[1, 0, 0, 0]);
        assert!(run(&case, 5).is_some());
    }

    #[test]
    fn version_2_believes_its_list() {
        // Epilogs of 2 bytes: one at the end, one 0x20 bytes before the end.
        let info = [2, 1, 3, 0, 0x02, 0x16, 0x20, 0x06, 0x01, 0x30, 0, 0];
        let mut case = case(&info, &[0x5b, 0xc3]); // pop rbx; ret
        assert_eq!(run(&case, 2).unwrap().registers.general(RBX).value, 1);
        assert_eq!(run(&case, 1).unwrap().registers.rip.value, 1);
        case.flat.put(BASE + 0x1020, &[0x5b, 0xc3, 0x5b, 0xc3]);
        assert_eq!(run(&case, 0x20).unwrap().registers.rip.value, 2);
        // The same bytes outside the listed ranges are part of the body.
        assert!(run(&case, 0x1e).is_none());
    }

    #[test]
    fn missing_code_or_stack_is_no_epilog() {
        let case = case(PLAIN, &[0xc3]);
        assert!(run(&case, 0x30).is_none());
        let mut registers = Registers::default();
        registers.set_general(4, 0x10, Origin::Context);
        registers.set_rip(BASE + 0x103f, Origin::Context);
        assert!(finish(&case.flat, &registers, &case.entry, &case.info).is_none());
    }
}
