//! The registers of the fault behind a bug check: where the crash itself says that they were saved.
//!
//! What the bug check names comes first, then what the stack shows. A frame that may belong to something else, as that of
//! a system call on the way to the fault, is no answer.

use super::bugcheck::{Argument, ParameterKind, Windows, explain};
use super::status::low_half;
use crate::debuggee::{RegisterContext, Target};
use crate::dump::{Header, Machine};
use crate::memory::Memory;
use crate::unwind::exception_record::{is_about, is_record, record_place};
use crate::unwind::{FrameKind, Note, Stack, TRAP_FRAME_SIZE, TargetHost, TrapCause, TrapFrame};

/// Where the registers of the fault are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrashContext {
    /// How they were found.
    pub source: ContextSource,
    /// As what they were saved.
    pub kind: ContextKind,
    /// Address of the CONTEXT or KTRAP_FRAME.
    pub address: u64,
    /// Address of the EXCEPTION_RECORD that belongs to it, where one is known.
    pub record: Option<u64>,
}

/// How the registers of a fault were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextSource {
    /// The parameter with this index, from 0, is their address.
    Parameter(usize),
    /// They stand on the stack with the instruction that the parameter with this index names.
    Instruction(usize),
    /// They are those of the innermost exception on the stack.
    Stack,
}

/// As what registers were saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContextKind {
    /// A CONTEXT.
    ContextRecord,
    /// A KTRAP_FRAME.
    TrapFrame,
}

/// STATUS_BREAKPOINT: the trap frame stands behind the instruction that the parameter names.
const BREAKPOINT: u32 = 0x8000_0003;
/// Bytes of a stack that are searched at most: more than the largest kernel stack has.
const MAX_STACK: u64 = 0x2_0000;
/// What no instruction lies below.
const LOWEST_CODE: u64 = 0x1_0000;

/// The registers of the fault behind the bug check; `None` where neither the bug check nor the stack of the processor that
/// crashed, which `walk` gives, shows a fault.
pub fn crash_context(target: &Target, walk: impl FnOnce() -> Option<Stack>) -> Option<CrashContext> {
    let header = target.header().ok()?;
    let windows = Windows { build: header.minor_version, machine: header.machine };
    let explained = explain(header.bug_check_code, header.bug_check_parameters, windows);
    let arguments = explained.map(|explained| explained.arguments).unwrap_or_default();
    let search = Search { target, host: TargetHost::new(target, target.current_thread()) };
    if let Some(found) = search.among_parameters(header, &arguments) {
        return Some(found);
    }
    if header.machine != Machine::Amd64 {
        return None;
    }
    let on_stack = search.of_stack(&walk()?);
    search.with_instruction(&arguments, &on_stack).or_else(|| search.innermost_exception(&on_stack))
}

struct Search<'t> {
    target: &'t Target,
    host: TargetHost<'t>,
}

impl Search<'_> {
    /// What a parameter is the address of, if that is there.
    fn among_parameters(&self, header: &Header, arguments: &[Argument; 4]) -> Option<CrashContext> {
        let record = arguments.iter().find(|argument| argument.kind == ParameterKind::ExceptionRecord);
        let record = record.map(|argument| argument.value).filter(|&address| record_at(self.target, address));
        arguments.iter().enumerate().find_map(|(index, argument)| {
            let source = ContextSource::Parameter(index);
            let found = |kind, address, record| Some(CrashContext { source, kind, address, record });
            match &argument.kind {
                ParameterKind::ContextRecord if self.is_context(header.machine, argument.value) => {
                    found(ContextKind::ContextRecord, argument.value, record)
                }
                ParameterKind::TrapFrame if header.machine == Machine::Amd64 => {
                    let frame = self.trap_frame(argument.value)?;
                    found(
                        ContextKind::TrapFrame,
                        frame.address,
                        record.or_else(|| record_below(self.target, &frame)),
                    )
                }
                ParameterKind::Structure(name) if name == "nt!_EXCEPTION_POINTERS" => {
                    // Two pointers: the record, the context (winnt.h).
                    let pointer = |offset| self.target.memory().u64(argument.value.wrapping_add(offset)).ok();
                    let context = pointer(8).filter(|&address| self.is_context(header.machine, address))?;
                    let record = pointer(0).filter(|&address| record_at(self.target, address));
                    found(ContextKind::ContextRecord, context, record)
                }
                _ => None,
            }
        })
    }

    /// The trap frame on the stack that stands at the instruction which a parameter names.
    fn with_instruction(&self, arguments: &[Argument; 4], on_stack: &[TrapFrame]) -> Option<CrashContext> {
        let is_breakpoint = arguments.iter().any(|argument| {
            argument.kind == ParameterKind::Ntstatus && low_half(argument.value) == Some(BREAKPOINT)
        });
        let named = arguments.iter().enumerate().filter(|(_, it)| it.kind == ParameterKind::Code);
        for (index, argument) in named {
            let stands_there = |frame: &TrapFrame| {
                let past = frame.machine.rip.wrapping_sub(argument.value);
                past == 0 || is_breakpoint && past == 1
            };
            // The walk knows what is part of the stack; where it lost its way, the bytes still tell.
            let walked =
                on_stack.iter().find(|frame| stands_there(frame) && self.is_of_fault(frame)).cloned();
            let frame = walked.or_else(|| {
                (argument.value >= LOWEST_CODE).then(|| self.in_stack_bytes(&stands_there)).flatten()
            });
            if let Some(frame) = frame {
                return Some(self.found(ContextSource::Instruction(index), &frame));
            }
        }
        None
    }

    /// The innermost trap frame of the stack, if it is that of an exception: outside an interrupt or a system call lies
    /// what the processor did before.
    fn innermost_exception(&self, on_stack: &[TrapFrame]) -> Option<CrashContext> {
        for frame in on_stack {
            if self.is_of_fault(frame) {
                return Some(self.found(ContextSource::Stack, frame));
            }
            if !matches!(frame.cause, TrapCause::Unknown(_)) {
                return None;
            }
        }
        None
    }

    fn found(&self, source: ContextSource, frame: &TrapFrame) -> CrashContext {
        let record = record_below(self.target, frame);
        CrashContext { source, kind: ContextKind::TrapFrame, address: frame.address, record }
    }

    /// The trap frames that a walk met, innermost first.
    fn of_stack(&self, stack: &Stack) -> Vec<TrapFrame> {
        let mut found: Vec<TrapFrame> = Vec::new();
        for frame in &stack.frames {
            if frame.kind == FrameKind::Interrupted {
                found.extend(self.below(frame.sp).filter(|it| found.iter().all(|other| other != it)));
            }
            let noted = frame.notes.iter().find_map(|note| match note {
                Note::TrapFrame { address, .. } => Some(*address),
                _ => None,
            });
            found.extend(noted.and_then(|address| self.trap_frame(address)));
        }
        found
    }

    /// The trap frame of code that was interrupted with that stack pointer, right below it on its own stack. The walk may
    /// have come from another stack, to which the kernel went on after it had built the frame.
    fn below(&self, sp: u64) -> Option<TrapFrame> {
        let address = (sp & !15).checked_sub(TRAP_FRAME_SIZE)?;
        self.trap_frame(address).filter(|frame| frame.machine.rsp == sp)
    }

    /// The first trap frame of a fault among the bytes of the stack of which that holds.
    fn in_stack_bytes(&self, holds: &dyn Fn(&TrapFrame) -> bool) -> Option<TrapFrame> {
        let crashed = self.target.processors().get(self.target.crashed_processor() as usize)?;
        let start = crashed.context.as_ref().ok()?.get("rsp")?.checked_add(15)? & !15;
        let places = (start..start.checked_add(MAX_STACK)?).step_by(16);
        let there = places.map_while(|address| TrapFrame::read(&self.host, address));
        there
            .filter(|frame| frame.machine.is_plausible())
            .find(|frame| holds(frame) && self.is_of_fault(frame))
    }

    /// Whether an exception made the frame: the kernel's mark in it says so, or the dispatcher's record below it.
    fn is_of_fault(&self, frame: &TrapFrame) -> bool {
        frame.cause == TrapCause::Exception || record_below(self.target, frame).is_some()
    }

    fn trap_frame(&self, address: u64) -> Option<TrapFrame> {
        TrapFrame::read(&self.host, address).filter(|frame| frame.machine.is_plausible())
    }

    fn is_context(&self, machine: Machine, address: u64) -> bool {
        let mut bytes = vec![0u8; RegisterContext::size_of(machine).unwrap_or(0)];
        self.target.memory().read(address, &mut bytes).is_ok()
            && RegisterContext::new(machine, &bytes).is_some_and(|context| context.is_plausible())
    }
}

/// The KTRAP_FRAME at an address, if the bytes there can be one.
pub fn trap_frame_at(target: &Target, address: u64) -> Option<TrapFrame> {
    let host = TargetHost::new(target, target.current_thread());
    TrapFrame::read(&host, address).filter(|frame| frame.machine.is_plausible())
}

/// The dispatcher's record about the instruction of a trap frame, or about the breakpoint before it.
pub fn record_below(target: &Target, frame: &TrapFrame) -> Option<u64> {
    let record = record_place(frame.address)?;
    let address = target.memory().u64(record.wrapping_add(0x10)).ok()?;
    (is_about(address, frame.machine.rip) && record_at(target, record)).then_some(record)
}

/// Whether the bytes can be an EXCEPTION_RECORD.
fn record_at(target: &Target, address: u64) -> bool {
    let word = |offset| target.memory().u32(address.wrapping_add(offset)).ok();
    let members = || Some((word(0)?, word(4)?, word(0x18)?));
    members().is_some_and(|(code, flags, parameters)| is_record(code, flags, parameters))
}
