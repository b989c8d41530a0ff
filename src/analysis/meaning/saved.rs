//! What the processor's state was saved in: trap frames, exception records, contexts.

use super::object::shown;
use super::place::offset;
use super::{Certainty, Meanings, Question, is_stack};
use crate::analysis::facts::modules::place;
use crate::analysis::facts::{Fact, Value};
use crate::analysis::{exception_name, status_name};
use crate::dump::{ExceptionRecord, Machine};
use crate::kernel::AddressUse;
use crate::memory::Memory;
use crate::output::Action;
use crate::unwind::exception_record::is_record;
use crate::unwind::{CONTEXT_SIZE, TRAP_FRAME_SIZE, TargetHost, TrapFrame};

/// How these structures are aligned on a stack.
const ALIGNMENT: u64 = 16;
/// Where a CONTEXT has its flags, selectors, stack pointer and instruction pointer (public `winnt.h`).
const FLAGS: u64 = 0x30;
const SELECTORS: u64 = 0x38;
const SP: u64 = 0x98;
const IP: u64 = 0xf8;
/// CONTEXT_AMD64 with CONTROL, and all parts that the flags can name.
const CONTEXT: u32 = 0x10_0001;
const PARTS: u32 = 0xd800_007f;

pub(super) fn add(question: &Question<'_>, used: Option<&AddressUse<'_>>, found: &mut Meanings) {
    let target = question.scope.target();
    // Where nothing tells what an address is, a triage dump may hold a saved stack there.
    let may_be = is_stack(used) || used.is_none() && question.value >> 63 == 1;
    if target.machine() != Machine::Amd64 || !may_be {
        return;
    }
    let record = question.value.is_multiple_of(8).then(|| exception(question)).flatten();
    let context = question.value.is_multiple_of(ALIGNMENT).then(|| context(question)).flatten();
    let facts = record.or(context).or_else(|| trap(question));
    facts.into_iter().for_each(|fact| found.add(Certainty::Likely, fact));
}

/// The trap frame that begins at the address, or that it lies in.
fn trap(question: &Question<'_>) -> Option<Fact> {
    let host = TargetHost::in_scope(question.scope, None);
    let first = question.value & !(ALIGNMENT - 1);
    let places = (0..TRAP_FRAME_SIZE).step_by(ALIGNMENT as usize).filter_map(|back| first.checked_sub(back));
    let frame = places.filter_map(|at| TrapFrame::read(&host, at)).find(is_trap)?;
    let fact = Fact::new("trap_frame")
        .with("address", Value::Address(frame.address))
        .with("place", place(question.scope.target(), frame.machine.rip))
        .worded("what.trap_frame");
    Some(offset(fact, question.value, frame.address).link(Action::Trap(frame.address)))
}

/// Of interrupted kernel code the stack pointer is right above the frame, of user code a user address.
fn is_trap(frame: &TrapFrame) -> bool {
    let machine = &frame.machine;
    let end = frame.address.wrapping_add(TRAP_FRAME_SIZE);
    machine.is_plausible()
        && match machine.from_user_mode() {
            true => machine.rip >= 0x1_0000 && machine.rsp >= 0x1_0000 && machine.rsp >> 47 == 0,
            // What was called through a bad pointer is in no module.
            false => machine.rsp & !15 == end,
        }
}

fn exception(question: &Question<'_>) -> Option<Fact> {
    let bytes = question.scope.memory().array(question.value).ok()?;
    let record = ExceptionRecord::of_bytes(&bytes)?;
    let target = question.scope.target();
    let is_one = is_record(record.code, record.flags, record.number_parameters)
        && (target.modules().at(record.address).is_some()
            || record.address >> 47 == 0 && record.address >= 0x1_0000);
    let name = status_name(record.code).or_else(|| exception_name(record.code).map(str::to_owned));
    is_one.then(|| {
        Fact::new("exception_record")
            .with("code", Value::Hex(record.code.into()))
            .with("shown_name", shown(name.as_deref()))
            .maybe("name", name)
            .with("place", place(target, record.address))
            .worded("what.exception_record")
            .link(Action::ExceptionRecord(question.value))
    })
}

fn context(question: &Question<'_>) -> Option<Fact> {
    let memory = question.scope.memory();
    let at = |offset: u64| question.value.wrapping_add(offset);
    let flags = memory.u32(at(FLAGS)).ok()?;
    let selector = memory.u16(at(SELECTORS)).ok()?;
    let (sp, ip) = (memory.u64(at(SP)).ok()?, memory.u64(at(IP)).ok()?);
    memory.u8(at(CONTEXT_SIZE as u64 - 1)).ok()?;
    let target = question.scope.target();
    let is_code = match selector {
        0x10 => target.modules().at(ip).is_some() && sp >> 47 == 0x1_ffff,
        0x33 | 0x23 => ip >= 0x1_0000 && ip >> 47 == 0,
        _ => false,
    };
    (flags & CONTEXT == CONTEXT && flags & !(CONTEXT | PARTS) == 0 && is_code).then(|| {
        Fact::new("context")
            .with("place", place(target, ip))
            .worded("what.context")
            .link(Action::Context(question.value))
    })
}
