//! Stacks that go on elsewhere: an exception or interrupt that is handled on a stack of its own.

use super::{Link, Search};
use crate::unwind::frame::{FrameKind, Note, Trust};
use crate::unwind::machine_frame::{self, MachineFrame};
use crate::unwind::registers::{CONTEXT_SIZE, Origin, Registers};
use crate::unwind::score::Evidence;
use crate::unwind::trap::{TRAP_FRAME_SIZE, TrapFrame};

/// Distances from the end of an interrupt's or DPC's stack at which the kernel leaves the address of the trap frame that
/// it came from (builds 9600 to 22000: 0x10; the slot above is free).
const LEFT_AT: [u64; 2] = [0x10, 0x8];

impl Search<'_> {
    /// An exception that is dispatched on a stack of its own: the interrupted stack is told by the context record
    /// that the dispatcher keeps on this one.
    pub(super) fn exception_elsewhere(&self, from: u64) -> Option<Link> {
        let read = |address: &u64| {
            let mut raw = [0u8; CONTEXT_SIZE];
            (*address >= from && self.host.read(*address, &mut raw)).then_some(())?;
            let base = *address;
            let registers = Registers::from_context(&raw, |at| Origin::Saved(base.wrapping_add(at as u64)))?;
            Some((base, registers))
        };
        // The dispatcher's own working copy lies below the record and may have been unwound already.
        let (address, registers) = self.contexts.iter().rev().filter_map(read).find(|(_, registers)| {
            let (ip, sp) = (registers.rip.value, registers.rsp());
            self.is_code(ip)
                && registers.cs.value & 3 == 0
                && !(self.stack.start..=self.stack.end()).contains(&sp)
        })?;
        let mut evidence = vec![Evidence::ContextRecord(address)];
        if self.is_named(address, registers.rip.value) {
            evidence.push(Evidence::NamedByBugCheck);
        }
        Some(Link {
            slot: None,
            registers,
            kind: FrameKind::Interrupted,
            trust: Trust::TrapFrame(evidence),
            notes: vec![Note::StackSwitch { to: None }],
        })
    }

    /// A stack of an interrupt or a DPC keeps, at its very end, where it came from: the trap frame of the interrupted
    /// code, on another stack.
    pub(super) fn interrupted_elsewhere(&self) -> Option<Link> {
        let end = self.stack.end();
        let trap = LEFT_AT.into_iter().find_map(|below| {
            let address = self.stack.u64_at(end.wrapping_sub(below))?;
            let outside = !(self.stack.start..end).contains(&address);
            if address & 15 != 0 || address >> 47 == 0 || !outside {
                return None;
            }
            let trap = TrapFrame::read(self.host, address)?;
            let machine = &trap.machine;
            // The processor aligned rsp down to 16 and pushed the frame right below it.
            let exact =
                machine.from_user_mode() || machine.rsp & !15 == address.wrapping_add(TRAP_FRAME_SIZE);
            let code = machine.from_user_mode() || self.is_code(machine.rip);
            (machine.is_plausible() && exact && code).then_some(trap)
        })?;
        let mut notes = vec![
            Note::TrapFrame { address: trap.address, cause: trap.cause },
            Note::StackSwitch { to: None },
        ];
        if trap.machine.from_user_mode() {
            notes.push(Note::ToUserMode);
        }
        Some(Link {
            slot: None,
            registers: trap.registers(),
            kind: FrameKind::Interrupted,
            trust: Trust::TrapFrame(vec![Evidence::LeftAtStackEnd, Evidence::ExactStackPointer]),
            notes,
        })
    }

    /// Code that was stopped at its very entry, by what an interrupt or exception pushed: the machine frame is on top of
    /// the stack, and nothing has been built below it.
    pub(super) fn entered(&self, from: u64) -> Option<Link> {
        let machine = [0u64, 8].into_iter().find_map(|error_code| {
            let address = from.wrapping_add(error_code);
            let machine = MachineFrame::read(self.host, address)?;
            let exact = machine.rsp & !15 == address.wrapping_add(machine_frame::SIZE);
            // Entry code that interrupts entry code leaves no stack selector.
            let judged = MachineFrame { ss: if machine.ss == 0 { 0x18 } else { machine.ss }, ..machine };
            let kernel = judged.cs == 0x10 && exact && self.is_code(judged.rip);
            (kernel && judged.is_plausible()).then_some(machine)
        })?;
        let mut registers = Registers::default();
        machine_frame::enter(&mut registers, &machine);
        Some(Link {
            slot: None,
            registers,
            kind: FrameKind::Interrupted,
            trust: Trust::TrapFrame(vec![Evidence::ExactStackPointer]),
            notes: vec![Note::MachineFrame { address: machine.address }],
        })
    }
}
