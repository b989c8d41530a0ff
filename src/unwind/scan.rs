//! Searches a stack for frames where unwind data is missing (triage dumps without images).
//!
//! Raw stack words are never frames. The search first recognises what the kernel itself puts on stacks (trap frames,
//! the exception dispatcher's frame, contexts, exception records), which fixes parts of the chain with near certainty
//! and rules out the words inside those structures; then it chooses, between the fixed points, the most credible
//! sequence of return addresses (see [`super::chain`]).

use super::chain::{self, Candidate};
use super::frame::{Frame, FrameKind, Note, Trust};
use super::host::{StackRange, UnwindHost};
use super::machine_frame;
use super::registers::{Origin, Registers};
use super::score::Evidence;
use super::stack_bytes::StackBytes;
use super::structures::{self, LiveTrap, Mask};
use super::trap::{EXCEPTION_FRAME_RETURN, TrapCause};

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
    let traps = structures::trap_frames(host, &stack);
    let search = Search { host, stack: &stack, masks: structures::masks(host, &stack), traps };
    let links = search.links(frame);
    Found { links, from: frame.sp, to: stack.end() }
}

struct Search<'a> {
    host: &'a dyn UnwindHost,
    stack: &'a StackBytes,
    masks: Vec<Mask>,
    traps: Vec<LiveTrap>,
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
            let trap = self
                .traps
                .iter()
                .find(|trap| trap.frame.address >= segment.from);
            let fixed = self.fixed_slots(&segment, trap);
            let end = trap.map_or(self.stack.end(), |trap| trap.frame.address);
            let chosen = chain::choose(&chain::Input {
                host: self.host,
                stack: self.stack,
                masks: &self.masks,
                from: segment.from,
                to: end,
                exact: segment.exact,
                interrupted: &interrupted,
                fixed,
            });
            links.extend(chosen.into_iter().map(link));
            let Some(trap) = trap else { break };
            let Some(next) = self.through(trap, &mut links) else {
                break;
            };
            segment = next;
        }
        links
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
        if self.is_named(trap) {
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
        let registers = trap.frame.registers();
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

    fn is_named(&self, trap: &LiveTrap) -> bool {
        use super::host::Hint;
        self.host.hints().iter().any(|hint| match *hint {
            Hint::TrapFrame(address) => address == trap.frame.address,
            Hint::FaultingIp(ip) => ip == trap.frame.machine.rip,
            Hint::Context(_) => false,
        })
    }

    fn is_code(&self, va: u64) -> bool {
        self.host
            .module_at(va)
            .is_some_and(|module| va.wrapping_sub(module.base) >= 0x1000)
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
        fixed.push(Candidate::fixed(slot, ip, 97, evidence));
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
        let values: Vec<u64> = SAVED
            .iter()
            .map_while(|&number| segment.registers.general(number).known())
            .collect();
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
            let evidence = vec![Evidence::ExceptionFrameLayout, Evidence::SavedRegisters];
            fixed.push(Candidate::fixed(slot, ip, 99, evidence));
        }
    }
}

fn link(candidate: Candidate) -> Link {
    let mut registers = Registers::default();
    registers.set_rip(candidate.ip, Origin::Saved(candidate.slot));
    registers.set_rsp(candidate.slot.wrapping_add(8));
    Link {
        slot: Some(candidate.slot),
        registers,
        kind: FrameKind::Caller,
        trust: Trust::Scan { score: candidate.score, evidence: candidate.evidence },
        notes: Vec::new(),
    }
}

/// Kept for readers of trap frames: the machine frame's size is part of the layout above.
const _: () = assert!(super::trap::TRAP_FRAME_RIP + machine_frame::SIZE == super::trap::TRAP_FRAME_SIZE);
