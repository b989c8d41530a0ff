//! Searches a stack for frames where unwind data is missing (triage dumps without images).
//!
//! Raw stack words are never frames. The search first recognises what the kernel itself puts on stacks (trap frames,
//! the exception dispatcher's frame, contexts, exception records), which fixes parts of the chain with near certainty
//! and rules out the words inside those structures; then it chooses, between the fixed points, the most credible
//! sequence of return addresses (see [`super::chain`]).

use std::collections::HashSet;

use super::chain::{self, Candidate};
use super::frame::{Frame, FrameKind, Note, Trust};
use super::host::{StackRange, UnwindHost};
use super::registers::{CONTEXT_SIZE, Origin, Registers};
use super::score::Evidence;
use super::stack_bytes::StackBytes;
use super::structures::{self, LiveTrap, Mask};
use super::trap::{self, EXCEPTION_FRAME_RETURN, TRAP_FRAME_SIZE, TrapCause};

/// Trap frames that one search passes through at most.
const MAX_SEGMENTS: usize = 64;
/// Bytes of the kernel's exception dispatcher's frame: exception frame, exception record, alignment; its return
/// address follows.
const DISPATCHER_FRAME: u64 = 0x1d8;
/// Bytes that a system call with arguments in memory sets aside below its trap frame.
const CALL_ARGUMENTS: u64 = 0x70;
/// The parts of the system call's entry code lie within this distance of one another.
const ENTRY_CODE: u64 = 0x1000;

/// A frame that a search found.
#[derive(Debug)]
pub(crate) struct Link {
    /// Where its return address stands; `None` for interrupted code.
    pub(crate) slot: Option<u64>,
    /// Its registers, as far as known.
    pub(crate) registers: Registers,
    pub(crate) kind: FrameKind,
    pub(crate) trust: Trust,
    /// Notes for the frame before it.
    pub(crate) notes: Vec<Note>,
}

/// What one search found, and where it looked.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) links: Vec<Link>,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// The frames outwards of `frame`, up to the end of its stack or to user mode.
pub(crate) fn search(host: &dyn UnwindHost, stacks: &[StackRange], frame: &Frame) -> Found {
    let stack = StackBytes::read(host, stacks, frame.sp);
    let mut traps = structures::trap_frames(host, &stack);
    let contexts = structures::contexts(&stack);
    let mut masks = structures::masks(host, &stack, &contexts);
    masks.extend(traps.iter().map(|trap| Mask::of(trap.frame.address, TRAP_FRAME_SIZE)));
    let mut search = Search {
        host,
        stacks,
        stack: &stack,
        masks,
        traps: Vec::new(),
        contexts,
        named: host.named_addresses(),
    };
    traps.retain(|trap| search.is_live(trap, frame));
    search.traps = traps;
    let links = search.links(frame);
    Found { links, from: frame.sp, to: stack.end() }
}

struct Search<'a> {
    host: &'a dyn UnwindHost,
    stacks: &'a [StackRange],
    stack: &'a StackBytes,
    masks: Vec<Mask>,
    traps: Vec<LiveTrap>,
    contexts: Vec<u64>,
    named: Vec<u64>,
}

/// A part of the stack between two fixed points.
struct Segment {
    from: u64,
    exact: bool,
    registers: Registers,
}

impl Search<'_> {
    fn links(&self, frame: &Frame) -> Vec<Link> {
        let mut links = Vec::new();
        let mut segment = Segment {
            from: frame.sp,
            exact: frame.kind != FrameKind::Caller,
            registers: frame.registers.clone(),
        };
        let interrupted: Vec<u64> = self
            .traps
            .iter()
            .map(|trap| trap.frame.machine.rip)
            .chain((frame.kind != FrameKind::Caller).then_some(frame.ip))
            .collect();
        for _ in 0..MAX_SEGMENTS {
            let trap = self.traps.iter().find(|trap| trap.frame.address >= segment.from);
            let fixed = self.fixed_slots(&segment, trap);
            let elsewhere = match trap {
                Some(_) => None,
                None => self.exception_elsewhere(segment.from),
            };
            let outer = self.outer_values(trap, elsewhere.as_ref());
            let end = trap.map_or(self.stack.end(), |trap| trap.frame.address);
            let chosen = chain::choose(&chain::Input {
                host: self.host,
                stack: self.stack,
                masks: &self.masks,
                from: segment.from,
                to: end,
                exact: segment.exact,
                interrupted: &interrupted,
                outer: &outer,
                fixed,
            });
            links.extend(chosen.into_iter().map(|candidate| self.link(candidate)));
            let Some(trap) = trap else {
                links.extend(elsewhere);
                break;
            };
            let Some(next) = self.through(trap, &mut links) else {
                break;
            };
            segment = next;
        }
        links
    }

    /// Code addresses on the stack outside an exception that is being dispatched: the dispatcher, walking that stack,
    /// leaves copies of them in its own frames.
    fn outer_values(&self, trap: Option<&LiveTrap>, elsewhere: Option<&Link>) -> HashSet<u64> {
        let other;
        let (stack, from) = match (trap, elsewhere) {
            (Some(trap), _) if trap.record.is_some() => (self.stack, trap.frame.machine.rsp),
            (None, Some(link)) => {
                let from = link.registers.rsp();
                other = StackBytes::read(self.host, self.stacks, from);
                (&other, other.start)
            }
            _ => return HashSet::new(),
        };
        if !stack.holds(from) {
            return HashSet::new();
        }
        (from & !7..stack.end())
            .step_by(8)
            .filter_map(|at| stack.u64_at(at))
            .filter(|&value| self.is_code(value))
            .collect()
    }

    /// Whether a trap frame is part of the stack and not left over from something that has returned: the code that
    /// handles it has called on, so its return address stands below (unless `frame` is that code).
    fn is_live(&self, trap: &LiveTrap, frame: &Frame) -> bool {
        let at = trap.frame.address;
        let in_handler = at >= frame.sp && at - frame.sp <= CALL_ARGUMENTS + 8;
        let below = [8, CALL_ARGUMENTS + 8].into_iter().any(|distance| {
            let slot = at.wrapping_sub(distance);
            slot >= frame.sp && self.stack.u64_at(slot).is_some_and(|value| self.is_code(value))
        });
        in_handler || below
    }

    /// An exception that is dispatched on a stack of its own: the interrupted stack is told by the context record
    /// that the dispatcher keeps on this one.
    fn exception_elsewhere(&self, from: u64) -> Option<Link> {
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

    /// Adds the interrupted frame of a trap; the segment that follows it, unless it is elsewhere.
    fn through(&self, trap: &LiveTrap, links: &mut Vec<Link>) -> Option<Segment> {
        let machine = &trap.frame.machine;
        let mut evidence = Vec::new();
        if trap.exact {
            evidence.push(Evidence::ExactStackPointer);
        }
        if trap.record.is_some() {
            evidence.push(Evidence::ExceptionRecord);
        }
        if self.is_named(trap.frame.address, machine.rip) {
            evidence.push(Evidence::NamedByBugCheck);
        }
        let mut notes = Vec::new();
        let by_handler = |link: &Link| match &link.trust {
            Trust::Scan { evidence, .. } => evidence.contains(&Evidence::BelowTrapFrame),
            _ => false,
        };
        // Without a return address below the trap frame, the frame before belongs to some other function.
        if links.last().is_some_and(by_handler) {
            notes.push(Note::TrapFrame { address: trap.frame.address, cause: trap.frame.cause });
        }
        if machine.from_user_mode() {
            notes.push(Note::ToUserMode);
        }
        let mut registers = trap.frame.registers();
        // The handler leaves nonvolatile registers alone: what its callee saved of them is the interrupted code's.
        if let Some(handler) = links.last().filter(|link| by_handler(link)) {
            registers.take_nonvolatile(&handler.registers);
        }
        links.push(Link {
            slot: None,
            registers: registers.clone(),
            kind: FrameKind::Interrupted,
            trust: Trust::TrapFrame(evidence),
            notes,
        });
        let goes_on = self.stack.holds(machine.rsp) && machine.rsp > trap.frame.address;
        goes_on.then_some(Segment { from: machine.rsp, exact: true, registers })
    }

    fn is_named(&self, address: u64, ip: u64) -> bool {
        self.named.contains(&address) || self.named.contains(&ip)
    }

    fn is_code(&self, va: u64) -> bool {
        self.host.module_at(va).is_some_and(|module| va.wrapping_sub(module.base) >= 0x1000)
    }

    fn same_module(&self, a: u64, b: u64) -> bool {
        match (self.host.module_at(a), self.host.module_at(b)) {
            (Some(a), Some(b)) => a.base == b.base,
            _ => false,
        }
    }

    /// The code address in `slot`, if the slot lies in the segment and holds one.
    fn code_in(&self, segment: &Segment, slot: u64) -> Option<u64> {
        let value = (slot >= segment.from).then(|| self.stack.u64_at(slot))??;
        self.is_code(value).then_some(value)
    }

    /// Slots whose place is known: below the trap frame, below the dispatcher's frame, on top of the stack.
    fn fixed_slots(&self, segment: &Segment, trap: Option<&LiveTrap>) -> Vec<Candidate> {
        let mut fixed = Vec::new();
        if let Some(trap) = trap {
            self.trap_slots(segment, trap, &mut fixed);
        }
        self.top_slot(segment, &mut fixed);
        self.saved_register_frames(segment, &mut fixed);
        fixed.sort_by_key(|candidate: &Candidate| candidate.slot);
        fixed.dedup_by_key(|candidate| candidate.slot);
        fixed
    }

    /// A function that was just entered, and a leaf function, have their return address on top of the stack; rsp is
    /// then 8 off a multiple of 16, as the calling convention has it everywhere between a call and the next push.
    fn top_slot(&self, segment: &Segment, fixed: &mut Vec<Candidate>) {
        if !segment.exact || segment.from % 16 != 8 {
            return;
        }
        if let Some(ip) = self.code_in(segment, segment.from) {
            let evidence = vec![Evidence::AtFunctionStart];
            fixed.push(Candidate::fixed(segment.from, ip, 97, evidence));
        }
    }

    fn trap_slots(&self, segment: &Segment, trap: &LiveTrap, fixed: &mut Vec<Candidate>) {
        let at = trap.frame.address;
        let plain = at.wrapping_sub(8);
        let mut handler = self.code_in(segment, plain).map(|ip| (plain, ip));
        if trap.frame.cause == TrapCause::SystemCall {
            // With arguments in memory the entry code's frame starts lower. A stale word there would be a chance
            // hit, so both words must belong to the same stretch of entry code, or only the lower one be code.
            let lower = plain.wrapping_sub(CALL_ARGUMENTS);
            if let Some(ip) = self.code_in(segment, lower)
                && handler.is_none_or(|(_, other)| other.abs_diff(ip) < ENTRY_CODE)
            {
                handler = Some((lower, ip));
            }
        }
        let Some((slot, ip)) = handler else { return };
        let mut evidence = vec![Evidence::BelowTrapFrame];
        if trap.exact {
            evidence.push(Evidence::ExactStackPointer);
        }
        let mut candidate = Candidate::fixed(slot, ip, 97, evidence);
        candidate.exception_frame = trap.record.map(|record| record.wrapping_sub(EXCEPTION_FRAME_RETURN));
        fixed.push(candidate);
        if trap.record.is_none() {
            return;
        }
        let dispatcher = slot.wrapping_sub(DISPATCHER_FRAME + 8);
        if let Some(inner) = self.code_in(segment, dispatcher)
            && self.same_module(inner, ip)
        {
            let evidence = vec![Evidence::ExceptionFrameLayout, Evidence::ExceptionRecord];
            fixed.push(Candidate::fixed(dispatcher, inner, 96, evidence));
        }
    }

    /// A frame whose caller-saved image equals the registers at hand: right after entry code calls on (as before a
    /// bug check), rbx, rdi, rsi and r12-r15 lie in an exception frame just as they still are in the processor.
    fn saved_register_frames(&self, segment: &Segment, fixed: &mut Vec<Candidate>) {
        const SAVED: [u8; 7] = [3, 7, 6, 12, 13, 14, 15];
        if !segment.exact {
            return;
        }
        let values: Vec<u64> =
            SAVED.iter().map_while(|&number| segment.registers.general(number).known()).collect();
        // Zeros match anything.
        if values.len() != SAVED.len() || values.iter().filter(|&&value| value != 0).count() < 2 {
            return;
        }
        let Some(top) = fixed.iter().map(|candidate| candidate.slot).min() else {
            return;
        };
        let frame = top.wrapping_add(8);
        let slot = frame.wrapping_add(EXCEPTION_FRAME_RETURN);
        let matches = (0x100u64..)
            .step_by(8)
            .zip(&values)
            .all(|(offset, &value)| self.stack.u64_at(frame.wrapping_add(offset)) == Some(value));
        if let Some(ip) = self.code_in(segment, slot).filter(|_| matches) {
            fixed.retain(|candidate| !(top + 1..slot).contains(&candidate.slot));
            let mut evidence = vec![Evidence::ExceptionFrameLayout, Evidence::SavedRegisters];
            if let Some(at) = fixed.iter().position(|candidate| candidate.slot == slot) {
                evidence.extend(fixed.remove(at).evidence);
            }
            let mut candidate = Candidate::fixed(slot, ip, 99, evidence);
            candidate.exception_frame = Some(frame);
            fixed.push(candidate);
        }
    }

    fn link(&self, candidate: Candidate) -> Link {
        let mut registers = Registers::default();
        registers.set_rip(candidate.ip, Origin::Saved(candidate.slot));
        registers.set_rsp(candidate.slot.wrapping_add(8));
        if let Some(address) = candidate.exception_frame {
            trap::restore_exception_frame(self.host, address, &mut registers);
        }
        Link {
            slot: Some(candidate.slot),
            registers,
            kind: FrameKind::Caller,
            trust: Trust::Scan { score: candidate.score, evidence: candidate.evidence },
            notes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unwind::host::StackKind;
    use crate::unwind::testing::Flat;
    use crate::unwind::walk::{Options, walk};

    const NT: u64 = 0xffff_f800_0000_0000;
    const DRIVER: u64 = 0xffff_f800_1000_0000;
    const SP: u64 = 0xffff_b000_0000_2000;
    const TOP: u64 = 0xffff_b000_0000_4000;

    /// Two modules without function tables and an empty stack.
    fn host() -> Flat {
        let mut flat = Flat::default();
        flat.module("nt", NT, 0x1000000, false);
        flat.module("driver", DRIVER, 0x100000, false);
        flat.put(SP, &[0; (TOP - SP) as usize]);
        flat.stacks.push(StackRange { limit: SP, base: TOP, kind: StackKind::Saved });
        flat
    }

    fn rows(flat: &Flat, rip: u64, rsp: u64) -> Vec<(u64, u64, &'static str)> {
        let mut registers = Registers::default();
        registers.set_rip(rip, Origin::Context);
        registers.set_general(4, rsp, Origin::Context);
        let stack = walk(flat, registers, &Options::default());
        stack.frames.iter().map(|frame| (frame.ip, frame.sp, frame.trust.word())).collect()
    }

    #[test]
    fn words_that_cannot_be_return_addresses_are_no_frames() {
        let mut flat = host();
        flat.put_u64(SP + 0x18, NT + 0x5551); // right place
        flat.put_u64(SP + 0x50, NT + 0x6661); // rsp would be off by eight
        flat.put_u64(SP + 0x78, DRIVER + 0x10); // in the headers
        flat.put_u64(SP + 0xa8, DRIVER + 0x8000); // a pointer to something aligned
        flat.put_u64(SP + 0xd8, 0x4a); // nothing
        flat.put_u64(SP + 0x108, DRIVER + 0x3333);
        flat.put_u64(SP + 0x128, DRIVER + 0x4443); // too close to the one before: one of them is left over
        let found = rows(&flat, NT + 0x1001, SP);
        assert_eq!(found[0], (NT + 0x1001, SP, "context"));
        assert_eq!(found[1], (NT + 0x5551, SP + 0x20, "scan"));
        assert_eq!(found.len(), 3);
        assert!([DRIVER + 0x3333, DRIVER + 0x4443].contains(&found[2].0));
    }

    #[test]
    fn code_bytes_decide_where_they_are_there() {
        let mut flat = host();
        flat.put_u64(SP + 0x28, DRIVER + 0x3333);
        flat.put_u64(SP + 0x48, DRIVER + 0x4443);
        flat.put(DRIVER + 0x3333 - 8, &[0x90; 8]);
        flat.put(DRIVER + 0x4443 - 8, &[0x90, 0x90, 0x90, 0xe8, 0, 0, 0, 0]);
        assert_eq!(rows(&flat, NT + 0x1001, SP)[1..], [(DRIVER + 0x4443, SP + 0x50, "scan")]);
    }

    #[test]
    fn a_trap_frame_leads_to_the_interrupted_code_and_past_stale_words() {
        let mut flat = host();
        let trap = SP + 0x400;
        flat.put_u64(SP + 0x8, NT + 0x2221); // on top of a function just entered
        flat.put_u64(trap - 8, NT + 0x9991); // in the trap handler
        flat.put(trap + 0x2b, &[1]);
        flat.put_u64(trap + 0x30, 0xabc); // rax
        flat.put_u64(trap + 0x58, NT + 0x7777); // r10 happens to hold code
        for (offset, value) in
            [(0x168, DRIVER + 0x1234), (0x170, 0x10), (0x178, 0x10246), (0x180, trap + 0x190), (0x188, 0x18)]
        {
            flat.put_u64(trap + offset, value);
        }
        flat.put_u64(trap + 0x190 + 0x28, DRIVER + 0x5551);
        let found = rows(&flat, NT + 0x1001, SP + 8);
        assert_eq!(
            found,
            [
                (NT + 0x1001, SP + 8, "context"),
                (NT + 0x2221, SP + 0x10, "scan"),
                (NT + 0x9991, trap, "scan"),
                (DRIVER + 0x1234, trap + 0x190, "trap"),
                (DRIVER + 0x5551, trap + 0x1c0, "scan"),
            ]
        );
        // Without the handler's return address the frame is left over from something that has returned.
        flat.put_u64(trap - 8, 0);
        let found = rows(&flat, NT + 0x1001, SP + 8);
        assert!(found.iter().all(|row| row.2 != "trap" && row.0 != NT + 0x7777), "{found:x?}");
    }
}
