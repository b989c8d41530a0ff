//! One step of the x64 walk: from the registers in a function to the registers at its caller.

use super::codes::{self, Code, MAX_CHAIN, Operation, UnwindInfo};
use super::epilog;
use super::error::UnwindError;
use super::host::{FunctionEntry, UnwindHost};
use super::machine_frame::{self, MachineFrame};
use super::registers::{GENERAL_NAMES, Origin, Registers};

/// What a step out of a function found besides the registers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Step {
    /// Where the return address stood; `None` when a machine frame ended the function's frame.
    pub return_slot: Option<u64>,
    /// The machine frame that ended the function's frame.
    pub machine_frame: Option<MachineFrame>,
    /// The base that the function's saves are counted from.
    pub frame_base: u64,
    /// The processor stood in the prolog, so part of the frame did not exist yet.
    pub in_prolog: bool,
    /// The processor stood in an epilog, so part of the frame was gone.
    pub in_epilog: bool,
    /// Where nonvolatile registers were stored, as (register, address), for recognising exception frames.
    pub saves: Vec<(u8, u64)>,
}

/// Whether rip is the address of the instruction that runs next, or where a call will come back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// The context's or a machine frame's instruction pointer: may stand anywhere, also in an epilog.
    Exact,
    /// A return address: the call before it cannot be part of an epilog.
    ReturnAddress,
}

/// Steps out of the function that `entry` describes. On success `registers` are the caller's.
pub(crate) fn step(
    host: &dyn UnwindHost,
    registers: &mut Registers,
    entry: FunctionEntry,
    position: Position,
) -> Result<Step, UnwindError> {
    let entry = codes::resolve(host, entry)?;
    let info = UnwindInfo::read(host, &entry)?;
    registers.begin_step();
    if position == Position::Exact
        && let Some(done) = epilog::finish(host, registers, &entry, &info)
    {
        *registers = done.registers;
        registers.lose_volatile();
        return Ok(Step { return_slot: Some(done.return_slot), in_epilog: true, ..Step::default() });
    }
    let offset = registers.rip.value.wrapping_sub(entry.begin_va());
    let mut step = Step { in_prolog: offset < u64::from(info.prolog_size), ..Step::default() };
    step.frame_base = frame_base(registers, &entry, &info, offset)?;
    apply(host, registers, &info, Some(offset), step.frame_base, &mut step)?;

    // The fragment's prolog is undone; the functions it belongs to have run theirs to the end.
    let mut parent = info.chained;
    for _ in 0..MAX_CHAIN {
        let Some(entry) = parent.filter(|_| step.machine_frame.is_none()) else {
            break;
        };
        let entry = codes::resolve(host, entry)?;
        let info = UnwindInfo::read(host, &entry)?;
        let base = frame_base(registers, &entry, &info, u64::MAX)?;
        apply(host, registers, &info, None, base, &mut step)?;
        parent = info.chained;
    }
    if parent.is_some() && step.machine_frame.is_none() {
        return Err(UnwindError::Chain { function: entry.begin_va(), limit: MAX_CHAIN });
    }
    if step.machine_frame.is_none() {
        return_from(host, registers)?;
        step.return_slot = Some(registers.rsp().wrapping_sub(8));
        registers.lose_volatile();
    }
    Ok(step)
}

/// Steps out of a function without unwind data of its own: it moved neither rsp nor a nonvolatile register.
pub(crate) fn step_leaf(host: &dyn UnwindHost, registers: &mut Registers) -> Result<Step, UnwindError> {
    registers.begin_step();
    let slot = registers.rsp();
    return_from(host, registers)?;
    registers.lose_volatile();
    Ok(Step { return_slot: Some(slot), frame_base: slot, ..Step::default() })
}

fn return_from(host: &dyn UnwindHost, registers: &mut Registers) -> Result<(), UnwindError> {
    let slot = registers.rsp();
    let target = host.read_u64(slot).ok_or(UnwindError::StackUnreadable { address: slot })?;
    registers.set_rip(target, Origin::Saved(slot));
    registers.set_rsp(slot.wrapping_add(8));
    Ok(())
}

/// What saves are counted from: the frame register less its offset once it is set, else rsp.
fn frame_base(
    registers: &Registers,
    entry: &FunctionEntry,
    info: &UnwindInfo,
    offset: u64,
) -> Result<u64, UnwindError> {
    let Some(register) = info.frame_register else {
        return Ok(registers.rsp());
    };
    let is_set = offset >= u64::from(info.prolog_size)
        || info
            .codes()
            .map_while(Result::ok)
            .any(|code| code.operation == Operation::SetFrameRegister && u64::from(code.offset) <= offset);
    if !is_set {
        return Ok(registers.rsp());
    }
    match registers.general(register).known() {
        Some(value) => Ok(value.wrapping_sub(u64::from(info.frame_offset))),
        None => Err(UnwindError::FrameRegisterUnknown {
            function: entry.begin_va(),
            register: GENERAL_NAMES.get(usize::from(register)).copied().unwrap_or("?"),
        }),
    }
}

/// Undoes the codes of one UNWIND_INFO: those that have happened at `offset`, or all.
fn apply(
    host: &dyn UnwindHost,
    registers: &mut Registers,
    info: &UnwindInfo,
    offset: Option<u64>,
    base: u64,
    step: &mut Step,
) -> Result<(), UnwindError> {
    for code in info.codes() {
        let Code { offset: at, operation, .. } = code?;
        if offset.is_some_and(|offset| u64::from(at) > offset)
            && !matches!(operation, Operation::Epilog { .. } | Operation::Spare)
        {
            continue;
        }
        match operation {
            Operation::Push(register) => {
                let slot = registers.rsp();
                registers.set_rsp(slot.wrapping_add(8));
                restore(host, registers, register, slot, step);
            }
            Operation::Allocate(size) => {
                registers.set_rsp(registers.rsp().wrapping_add(u64::from(size)));
            }
            Operation::SetFrameRegister => registers.set_rsp(base),
            Operation::Save { register, offset } => {
                restore(host, registers, register, base.wrapping_add(u64::from(offset)), step);
            }
            Operation::SaveXmm { register, offset } => {
                let slot = base.wrapping_add(u64::from(offset));
                let mut raw = [0u8; 16];
                match host.read(slot, &mut raw) {
                    true => registers.set_xmm(register, u128::from_le_bytes(raw), Origin::Saved(slot)),
                    false => registers.lose_xmm(register),
                }
            }
            Operation::SaveXmmLow { register, .. } => registers.lose_xmm(register),
            Operation::Epilog { .. } | Operation::Spare => {}
            Operation::MachineFrame { error_code } => {
                step.machine_frame = Some(machine_frame::take(host, registers, error_code)?);
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Restores a general register from its slot; one whose slot is missing is lost, which does not end the walk.
fn restore(host: &dyn UnwindHost, registers: &mut Registers, register: u8, slot: u64, step: &mut Step) {
    step.saves.push((register, slot));
    match host.read_u64(slot) {
        Some(value) => registers.set_general(register, value, Origin::Saved(slot)),
        None => registers.lose_general(register),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unwind::host::Lookup;
    use crate::unwind::registers::{RAX, RBP, RBX, RCX, RDI, RSI};
    use crate::unwind::testing::Flat;

    const BASE: u64 = 0xffff_f800_2000_0000;
    const SP: u64 = 0xffff_b000_0000_4000;

    /// A module with one function at 0x1000..0x1100 and its unwind data; the stack's qword at SP + 8n is 0x1000 + n.
    fn flat(info: &[u8]) -> Flat {
        let mut flat = Flat::default();
        flat.module("driver", BASE, 0x10000, true);
        flat.function(BASE, 0x1000, 0x1100, 0x2000, info);
        flat.put(BASE + 0x1000, &[0x90; 0x140]);
        for n in 0..0x400u64 {
            flat.put_u64(SP + 8 * n, 0x1000 + n);
        }
        flat
    }

    fn at(offset: u64) -> Registers {
        let mut registers = Registers::default();
        for number in 0..16 {
            registers.set_general(number, 0xaaaa_0000 + u64::from(number), Origin::Context);
            registers.set_xmm(number, 0xbbbb_0000 + u128::from(number), Origin::Context);
        }
        registers.set_general(4, SP, Origin::Context);
        registers.set_rip(BASE + 0x1000 + offset, Origin::Context);
        registers
    }

    fn run(flat: &Flat, registers: &mut Registers, position: Position) -> Result<Step, UnwindError> {
        let Lookup::Entry(entry) = flat.function_entry(registers.rip.value) else {
            panic!("no entry");
        };
        step(flat, registers, entry, position)
    }

    // mov [rsp+8],rbx (5); push rdi (1); sub rsp,20h (4): rbx is stored into the home area.
    const HOME: &[u8] = &[1, 10, 4, 0, 10, 0x34, 6, 0, 10, 0x32, 6, 0x70];

    #[test]
    fn saves_pushes_and_allocations_are_undone() {
        let flat = flat(HOME);
        let mut registers = at(0x40);
        let step = run(&flat, &mut registers, Position::ReturnAddress).unwrap();
        // 0x20 allocated, then rdi, then the return address, then the home slot of rcx with rbx.
        assert_eq!(registers.general(RDI).value, 0x1004);
        assert_eq!(registers.general(RDI).origin, Origin::Saved(SP + 0x20));
        assert_eq!(registers.general(RBX).origin, Origin::Saved(SP + 0x30));
        assert_eq!(registers.general(RBX).value, 0x1006);
        assert_eq!(registers.rip.value, 0x1005);
        assert_eq!(step.return_slot, Some(SP + 0x28));
        assert_eq!(registers.rsp(), SP + 0x30);
        // rsi was not touched: same as in the callee. rax is volatile: not known.
        assert_eq!(registers.general(RSI).value, 0xaaaa_0006);
        assert!(registers.general(RSI).unchanged && !registers.general(RBX).unchanged);
        assert_eq!(registers.general(RAX).known(), None);
        assert_eq!(registers.general(RCX).known(), None);
        assert!(!step.in_prolog && !step.in_epilog);
    }

    #[test]
    fn in_the_prolog_only_what_has_happened_is_undone() {
        let flat = flat(HOME);
        // Before the first instruction: nothing.
        let mut registers = at(0);
        let step = run(&flat, &mut registers, Position::Exact).unwrap();
        assert!(step.in_prolog);
        assert_eq!((registers.rip.value, registers.rsp()), (0x1000, SP + 8));
        assert_eq!(registers.general(RDI).value, 0xaaaa_0007);
        // After the push: rdi is on top; rbx is in its home slot already but still in the register as well.
        let mut registers = at(6);
        run(&flat, &mut registers, Position::Exact).unwrap();
        assert_eq!((registers.general(RDI).value, registers.rip.value), (0x1000, 0x1001));
        assert_eq!(registers.general(RBX).value, 0xaaaa_0003);
        assert_eq!(registers.rsp(), SP + 0x10);
    }

    #[test]
    fn a_frame_register_outlives_dynamic_allocation() {
        // push rbp (1); sub rsp,50h (4); lea rbp,[rsp+20h] (5); saves counted from rbp - 20h.
        let info = [1, 10, 5, 0x25, 10, 0x64, 4, 0, 10, 0x03, 5, 0x92, 1, 0x50, 0, 0];
        let flat = flat(&info);
        let mut registers = at(0x60);
        registers.set_general(RBP, SP + 0x220, Origin::Context); // rsp moved 0x200 down afterwards
        let step = run(&flat, &mut registers, Position::ReturnAddress).unwrap();
        assert_eq!(step.frame_base, SP + 0x200);
        assert_eq!(registers.general(RSI).origin, Origin::Saved(SP + 0x220));
        assert_eq!(registers.general(RBP).origin, Origin::Saved(SP + 0x250));
        assert_eq!(registers.rip.origin, Origin::Saved(SP + 0x258));
        // Before the lea the frame register is the caller's and must not be used.
        let mut registers = at(5);
        registers.set_general(RBP, 0x1234, Origin::Context);
        run(&flat, &mut registers, Position::Exact).unwrap();
        assert_eq!(registers.general(RBP).origin, Origin::Saved(SP + 0x50));
        // A frame register that nobody saved cannot be used either.
        let mut registers = at(0x60);
        registers.lose_general(RBP);
        let error = run(&flat, &mut registers, Position::ReturnAddress).unwrap_err();
        assert!(matches!(error, UnwindError::FrameRegisterUnknown { register: "rbp", .. }));
    }

    #[test]
    fn xmm_registers_come_back_whole_from_near_and_far() {
        // sub rsp,1030h; movaps [rsp+20h],xmm6; movaps [rsp+1000h],xmm15
        let info = [1, 30, 7, 0, 30, 0xf9, 0x00, 0x10, 0, 0, 20, 0x68, 2, 0, 7, 0x01, 0x06, 0x02, 0, 0];
        let flat = flat(&info);
        let mut registers = at(0x80);
        run(&flat, &mut registers, Position::ReturnAddress).unwrap();
        assert_eq!(registers.xmm(6).value, (0x1005u128 << 64) | 0x1004);
        assert_eq!(registers.xmm(15).origin, Origin::Saved(SP + 0x1000));
        assert_eq!(registers.xmm(7).value, 0xbbbb_0007);
        assert!(registers.xmm(7).unchanged);
        assert_eq!(registers.rip.origin, Origin::Saved(SP + 0x1030));
    }

    #[test]
    fn a_fragment_is_undone_before_its_function() {
        // The fragment stores rsi at rsp+28h; its function pushed rbx and allocated 0x20.
        let mut info = vec![0x21, 5, 2, 0, 5, 0x64, 5, 0];
        for part in [0x1000u32, 0x1100, 0x2100] {
            info.extend(part.to_le_bytes());
        }
        let mut flat = flat(&[]);
        flat.put(BASE + 0x2000, &info);
        flat.put(BASE + 0x2100, &[1, 6, 2, 0, 6, 0x32, 2, 0x30]);
        let mut registers = at(2); // in the fragment's own prolog: its store has not happened
        run(&flat, &mut registers, Position::Exact).unwrap();
        assert_eq!(registers.general(RSI).value, 0xaaaa_0006);
        assert_eq!(registers.general(RBX).origin, Origin::Saved(SP + 0x20));
        let mut registers = at(5);
        run(&flat, &mut registers, Position::Exact).unwrap();
        assert_eq!(registers.general(RSI).origin, Origin::Saved(SP + 0x28));
        assert_eq!(registers.rip.origin, Origin::Saved(SP + 0x28));
    }

    #[test]
    fn forwarded_entries_use_the_other_entrys_begin() {
        let mut flat = flat(&[]);
        flat.entries[0].unwind = 0x3001;
        let mut record = Vec::new();
        for part in [0x1020u32, 0x1100, 0x2000] {
            record.extend(part.to_le_bytes());
        }
        flat.put(BASE + 0x3000, &record);
        flat.put(BASE + 0x2000, HOME);
        let mut registers = at(0x26); // six bytes into the entry that counts
        let step = run(&flat, &mut registers, Position::Exact).unwrap();
        assert!(step.in_prolog);
        assert_eq!(registers.rip.value, 0x1001);
    }

    #[test]
    fn machine_frames_give_rip_rsp_flags_and_selectors() {
        for (code, below) in [(0x0au8, 0u64), (0x1a, 8)] {
            // sub rsp,18h after the machine frame
            let mut flat = flat(&[1, 4, 2, 0, 4, 0x22, 0, code]);
            let frame = SP + 0x18 + below;
            flat.put_u64(SP + 0x18, 0xe0); // an error code, or rip
            flat.put_u64(frame, BASE + 0x5000);
            flat.put_u64(frame + 8, 0x10);
            flat.put_u64(frame + 0x10, 0x202);
            flat.put_u64(frame + 0x18, SP + 0x800);
            flat.put_u64(frame + 0x20, 0x18);
            let mut registers = at(0x20);
            let step = run(&flat, &mut registers, Position::Exact).unwrap();
            let machine = step.machine_frame.unwrap();
            assert_eq!(machine.error_code, (below == 8).then_some(0xe0));
            assert_eq!(step.return_slot, None);
            assert_eq!((registers.rip.value, registers.rsp()), (BASE + 0x5000, SP + 0x800));
            assert_eq!(registers.rip.origin, Origin::Saved(frame));
            assert_eq!((registers.cs.value, registers.eflags.value), (0x10, 0x202));
            assert!(machine.is_plausible() && !machine.from_user_mode());
        }
    }

    #[test]
    fn missing_stack_loses_the_register_but_not_the_frame() {
        let mut flat = flat(&[1, 2, 2, 0, 2, 0x32, 1, 0x30]);
        let mut registers = at(0x40);
        registers.set_general(4, SP - 0x28, Origin::Context); // rbx's slot lies below the stack bytes
        run(&flat, &mut registers, Position::ReturnAddress).unwrap();
        assert_eq!(registers.general(RBX).known(), None);
        assert_eq!(registers.rip.value, 0x1000);
        // Without a return address the step fails and names the slot.
        flat.put(BASE + 0x2000, &[1, 0, 0, 0]);
        let mut registers = at(0x40);
        registers.set_general(4, 0x10, Origin::Context);
        let error = run(&flat, &mut registers, Position::ReturnAddress).unwrap_err();
        assert_eq!(error, UnwindError::StackUnreadable { address: 0x10 });
    }

    #[test]
    fn epilogs_count_only_where_the_processor_stands() {
        let mut flat = flat(&[1, 5, 2, 0, 5, 0x32, 1, 0x30]);
        flat.put(BASE + 0x1050, &[0x5b, 0xc3]); // pop rbx; ret
        let mut registers = at(0x50);
        let step = run(&flat, &mut registers, Position::Exact).unwrap();
        assert!(step.in_epilog);
        assert_eq!(registers.rsp(), SP + 0x10);
        // The same address as a return address: a call that never returns stands before the epilog's label.
        let mut registers = at(0x50);
        let step = run(&flat, &mut registers, Position::ReturnAddress).unwrap();
        assert!(!step.in_epilog);
        assert_eq!(registers.rsp(), SP + 0x30);
    }
}
