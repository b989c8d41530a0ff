//! Return slots whose place the kernel's own structures give away.

use super::{Search, Segment};
use crate::unwind::chain::Candidate;
use crate::unwind::score::Evidence;
use crate::unwind::structures::LiveTrap;
use crate::unwind::trap::{EXCEPTION_FRAME_RETURN, TrapCause};
use crate::util::order::Order;

/// Bytes of the kernel's exception dispatcher's frame: exception frame, exception record, alignment; its return
/// address follows.
const DISPATCHER_FRAME: u64 = 0x1d8;
/// Bytes that a system call with arguments in memory sets aside below its trap frame.
pub(super) const CALL_ARGUMENTS: u64 = 0x70;
/// The parts of the system call's entry code lie within this distance of one another.
const ENTRY_CODE: u64 = 0x1000;

impl Search<'_> {
    /// Slots whose place is known: below the trap frame, below the dispatcher's frame, on top of the stack.
    pub(super) fn fixed_slots(&self, segment: &Segment, trap: Option<&LiveTrap>) -> Vec<Candidate> {
        let mut fixed = Vec::new();
        if let Some(trap) = trap {
            self.trap_slots(segment, trap, &mut fixed);
        }
        self.top_slot(segment, &mut fixed);
        self.saved_register_frames(segment, &mut fixed);
        fixed.order_by_key(|candidate: &Candidate| candidate.slot);
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
}
