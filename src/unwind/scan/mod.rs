//! Searches a stack for frames where unwind data is missing (triage dumps without images).
//!
//! Raw stack words are never frames. The search first recognises what the kernel itself puts on stacks (trap frames,
//! the exception dispatcher's frame, contexts, exception records), which fixes parts of the chain with near certainty
//! and rules out the words inside those structures; then it chooses, between the fixed points, the most credible
//! sequence of return addresses (see [`super::chain`]).

mod distances;
mod fixed;
mod leftovers;
mod switch;

use std::collections::HashSet;

use super::chain::{self, Candidate};
use super::frame::{Frame, FrameKind, Note, Trust};
use super::host::{StackRange, UnwindHost};
use super::machine_frame;
use super::poison::is_poison;
use super::registers::{Origin, R11, RBP, Registers};
use super::score::Evidence;
use super::stack_bytes::StackBytes;
use super::structures::{self, LiveTrap, Mask};
use super::trap::{self, TRAP_FRAME_SIZE, TrapCause};
use fixed::CALL_ARGUMENTS;

/// A stack overflows by this much at most before the processor notices: a page.
const OVERFLOW: u64 = 0x1000;
/// How often a chain is chosen anew without what was left over in it.
const MAX_ROUNDS: usize = 8;
/// Services of the kernel have smaller frames, but for a few that set aside whole pages.
const SERVICE_FRAME: u64 = 0x800;
/// Trap frames that one search passes through at most.
const MAX_SEGMENTS: usize = 64;
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
    let start = first_readable(host, stacks, frame.sp);
    let stack = StackBytes::read(host, stacks, start);
    let traps = structures::trap_frames(host, &stack);
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
    // Lowest first: a trap frame may be live because one below it is.
    for trap in traps {
        if search.is_live(&trap, frame) {
            search.traps.push(trap);
        }
    }
    search.mask_pushed();
    let entered = (frame.kind != FrameKind::Caller).then(|| search.entered(frame.sp)).flatten();
    match entered {
        // What lies further out is looked at from there.
        Some(link) => Found { from: frame.sp, to: link.registers.rsp(), links: vec![link] },
        None => Found { links: search.links(frame), from: frame.sp, to: stack.end() },
    }
}

/// Where the stack of `sp` can be read from: code that has used up its stack was interrupted with its stack pointer just
/// below the limit.
fn first_readable(host: &dyn UnwindHost, stacks: &[StackRange], sp: u64) -> u64 {
    if host.read_u64(sp & !7).is_some() {
        return sp;
    }
    let limits = stacks.iter().map(|range| range.limit);
    limits.filter(|limit| (1..=OVERFLOW).contains(&limit.wrapping_sub(sp))).min().unwrap_or(sp)
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
    fn links(&mut self, frame: &Frame) -> Vec<Link> {
        let mut links = Vec::new();
        let mut segment = Segment {
            from: self.stack.start.max(frame.sp),
            exact: frame.kind != FrameKind::Caller && self.stack.holds(frame.sp),
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
            let elsewhere = match trap {
                Some(_) => None,
                None => self.exception_elsewhere(segment.from).or_else(|| self.interrupted_elsewhere()),
            };
            let outer = self.outer_values(trap, elsewhere.as_ref());
            let Some(chosen) = self.chosen(&segment, trap, frame, &interrupted, &outer) else {
                let stale = trap.map(|trap| trap.frame.address);
                self.traps.retain(|trap| Some(trap.frame.address) != stale);
                // What its entry code was to return to is as old.
                let slots = [8, CALL_ARGUMENTS + 8];
                let old = |at: u64| slots.map(|below| Mask::of(at.wrapping_sub(below), 8));
                self.masks.extend(stale.into_iter().flat_map(old));
                continue;
            };
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

    /// The frames between a segment's start and the next trap frame, without those that cannot be; `None` where it is the
    /// trap frame that cannot be.
    fn chosen(
        &self,
        segment: &Segment,
        trap: Option<&LiveTrap>,
        frame: &Frame,
        interrupted: &[u64],
        outer: &HashSet<u64>,
    ) -> Option<Vec<Candidate>> {
        let end = trap.map_or(self.stack.end(), |trap| trap.frame.address);
        let mut input = chain::Input {
            host: self.host,
            stack: self.stack,
            masks: &self.masks,
            from: segment.from,
            to: end,
            exact: segment.exact,
            interrupted,
            outer,
            fixed: self.fixed_slots(segment, trap),
            kernel_only: trap.is_some_and(|trap| self.stops_the_system(segment, trap, frame)),
            pointed: self.pointed(segment, end),
            vouched: HashSet::new(),
            excluded: HashSet::new(),
        };
        let is_service = trap.is_some_and(|trap| trap.is_call_of_the_kernel);
        let mut no_service = false;
        let mut chosen = chain::choose(&input);
        for _ in 0..MAX_ROUNDS {
            let mut leftover = leftovers::strangers(self.host, &chosen);
            if is_service && let Some(slot) = leftovers::no_service(self.host, &chosen) {
                no_service = true;
                leftover.push(slot);
            }
            let distances = distances::judge(&input, &chosen);
            leftover.extend(distances.contradicted);
            let vouched = distances.vouched.into_iter().filter(|slot| !input.vouched.contains(slot));
            let vouched: Vec<u64> = vouched.collect();
            if leftover.is_empty() && vouched.is_empty() {
                break;
            }
            input.excluded.extend(leftover);
            input.vouched.extend(vouched);
            chosen = chain::choose(&input);
        }
        // The call has returned, and what stands there now was called by whoever made it.
        let stale = no_service && leftovers::service_frame(&chosen).is_none_or(|size| size > SERVICE_FRAME);
        (!stale).then_some(chosen)
    }

    /// Rules out what processors pushed: the first word is an interrupted instruction's address. Where the interruption is
    /// over, what the interrupted code was called by is as old.
    fn mask_pushed(&mut self) {
        for machine in structures::pushed(self.stack) {
            self.masks.push(Mask::of(machine.address, machine_frame::SIZE));
            let live = self.traps.iter().any(|trap| trap.frame.machine.address == machine.address);
            if !live && machine.rsp.wrapping_sub(machine.address) <= machine_frame::SIZE + 8 {
                self.masks.push(Mask::of(machine.rsp & !7, 8));
            }
        }
    }

    /// Whether a part of the stack leads from a bug check in the kernel to the fault that it is about: the kernel's own
    /// handlers stand between, and nobody else's code.
    fn stops_the_system(&self, segment: &Segment, trap: &LiveTrap, frame: &Frame) -> bool {
        let from_bug_check = frame.kind == FrameKind::First
            && segment.from == frame.sp
            && self.host.module_at(frame.ip).is_some_and(|module| module.is_kernel());
        let fault = trap.frame.fault_address;
        let named = self.is_named(trap.frame.address, trap.frame.machine.rip)
            || (fault != 0 && self.named.contains(&fault));
        from_bug_check && named && trap.frame.cause == TrapCause::Exception
    }

    /// Return slots that registers of the interrupted code point at: a function that keeps its caller's stack pointer
    /// in r11 or rbp has its return address there.
    fn pointed(&self, segment: &Segment, end: u64) -> Vec<u64> {
        if !segment.exact {
            return Vec::new();
        }
        let points = |number: &u8| {
            let slot = segment.registers.general(*number).known()?;
            let inside = slot >= segment.from && slot < end && slot % 16 == 8;
            (inside && self.stack.u64_at(slot).is_some_and(|value| self.is_code(value))).then_some(slot)
        };
        [R11, RBP].iter().filter_map(points).collect()
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
        // Entry code that is interrupted itself, as soon as it has built its trap frame.
        let nested = self.traps.last().is_some_and(|inner| {
            let sp = inner.frame.machine.rsp;
            at >= sp && at - sp <= CALL_ARGUMENTS + 8
        });
        in_handler || below || nested
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
        !is_poison(va) && self.host.module_at(va).is_some_and(|module| va.wrapping_sub(module.base) >= 0x1000)
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
mod tests;
