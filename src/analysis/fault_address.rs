//! Which address an instruction could not access, as the processor reported it.
//!
//! The exception record tells it best, then the bug check. FaultAddress of a trap frame is left over from before for all
//! faults but page faults, so it counts only where something else says the same.

use super::bugcheck::{ParameterKind, Windows, explain, plain_code};
use super::context::{record_below, trap_frame_at};
use super::status::low_half;
use crate::debuggee::Target;
use crate::dump::{ExceptionRecord, Header};
use crate::memory::Memory;

/// STATUS_ACCESS_VIOLATION and STATUS_IN_PAGE_ERROR: their records have the kind of access and the address.
const ACCESS_VIOLATION: u32 = 0xc000_0005;
const IN_PAGE_ERROR: u32 = 0xc000_0006;
/// What stands where the processor reported no address: a general protection fault has none.
const NO_ADDRESS: u64 = u64::MAX;
/// An instruction has fewer bytes: a fault so close to it is one of fetching it.
const INSTRUCTION: u64 = 16;
/// Smaller numbers may stand among a bug check's parameters for any reason.
const TELLING: u64 = 0x1_0000;

/// The address that the instruction at `ip` could not access, where the crash tells it; `trap_frame` is the address of the
/// KTRAP_FRAME that the registers come from, if they do. `None` for what is no such fault, and for an instruction that
/// could not be fetched.
pub fn fault_address(target: &Target, ip: u64, trap_frame: Option<u64>) -> Option<u64> {
    let header = target.header().ok()?;
    let frame = trap_frame.and_then(|address| trap_frame_at(target, address));
    let below = frame.as_ref().and_then(|frame| record_below(target, frame));
    let named = of_parameter(header, ParameterKind::ExceptionRecord);
    let in_memory = [below, named].into_iter().flatten().filter_map(|address| read(target, address));
    let about = |record: &ExceptionRecord| record.address == ip && record.parameters().len() >= 2;
    let is_access =
        |record: &ExceptionRecord| matches!(record.code, ACCESS_VIOLATION | IN_PAGE_ERROR) && about(record);
    if let Some(record) = in_memory.chain(header.exception).find(is_access) {
        return record.parameters().get(1).copied().filter(|&address| is_of_access(address, ip));
    }
    let parameter = in_parameters(target, header, ip).or_else(|| {
        let frame = frame.filter(|frame| frame.machine.rip == ip && frame.fault_address >= TELLING)?;
        header.bug_check_parameters.contains(&frame.fault_address).then_some(frame.fault_address)
    });
    parameter.filter(|&address| is_of_access(address, ip))
}

fn is_of_access(address: u64, ip: u64) -> bool {
    address != NO_ADDRESS && address.wrapping_sub(ip) >= INSTRUCTION
}

/// The address among the parameters of a bug check about the instruction at `ip` (the pages of these bug checks in the
/// public driver documentation).
fn in_parameters(target: &Target, header: &Header, ip: u64) -> Option<u64> {
    let [first, second, third, fourth] = header.bug_check_parameters;
    let (instruction, address) = match plain_code(header.bug_check_code) {
        0xa | 0xd1 => (fourth, first),
        // Special pool and memory that a driver left behind: the same parameters.
        0x50 | 0xcc | 0xcd | 0xce | 0xd5 | 0xd6 => (third, first),
        0x1e if low_half(first) == Some(ACCESS_VIOLATION) => (second, fourth),
        0xbe => {
            let frame = of_parameter(header, ParameterKind::TrapFrame)?;
            (trap_frame_at(target, frame)?.machine.rip, first)
        }
        _ => return None,
    };
    (instruction == ip).then_some(address)
}

/// The parameter of that kind.
fn of_parameter(header: &Header, kind: ParameterKind) -> Option<u64> {
    let windows = Windows { build: header.minor_version, machine: header.machine };
    let explained = explain(header.bug_check_code, header.bug_check_parameters, windows)?;
    explained.arguments.iter().find(|argument| argument.kind == kind).map(|argument| argument.value)
}

fn read(target: &Target, address: u64) -> Option<ExceptionRecord> {
    ExceptionRecord::of_bytes(&target.memory().array(address).ok()?)
}
