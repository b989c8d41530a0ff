//! Where the crash happened: the fault behind the bug check, with its registers, and the true stack above it.
//!
//! An exception that is raised while another is handled hides the first: the one that lies deepest on the stack came
//! first, and is the fault that is looked at. (A page fault that is merely being resolved was not dispatched to anyone, so
//! no exception record lies below its trap frame.)

use super::{Crash, code};
use crate::analysis::context::{ContextKind, ContextSource, record_below, trap_frame_at};
use crate::analysis::fault_address::fault_address;
use crate::analysis::status::low_half;
use crate::debuggee::RegisterContext;
use crate::dump::{ExceptionRecord, Machine};
use crate::memory::Memory;
use crate::unwind::exception_record::{is_about, is_record};
use crate::unwind::{Frame, FrameKind, Origin, Registers, Stack, TrapFrame};
use crate::util::bounded;
use iced_x86::Instruction;

/// What was done to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It was read.
    Read,
    /// It was written.
    Write,
    /// Code was to be fetched from it.
    Execute,
    /// The processor forbade something without naming an address: a general protection fault.
    Protection,
    /// Something else: an illegal instruction, a breakpoint, a division.
    Other,
}

/// The fault.
pub struct Fault {
    /// The instruction that faulted; where code was to be fetched from.
    pub ip: u64,
    /// The stack pointer then.
    pub sp: u64,
    /// The registers, with what is not known of them.
    pub registers: Registers,
    /// The instruction, where its bytes are known and are one.
    pub instruction: Option<Instruction>,
    /// The memory that it accesses, as far as one operand tells.
    pub operand: Option<code::Operand>,
    /// What could not be accessed.
    pub address: Option<u64>,
    /// What was done to it.
    pub access: Access,
    /// The exception's status.
    pub status: Option<u32>,
    /// The status of the read that failed, where a page could not be read in.
    pub read_status: Option<u32>,
    /// Whether another exception was raised while this one was handled.
    pub is_first_of_several: bool,
}

/// The fault and the stack.
pub struct Scene {
    /// The fault; `None` where something else called KeBugCheckEx.
    pub fault: Option<Fault>,
    /// The true stack, innermost first: the frame of the fault, or the caller of KeBugCheckEx. Without inlined functions.
    pub frames: Vec<Frame>,
}

/// STATUS_ACCESS_VIOLATION.
pub const ACCESS_VIOLATION: u32 = 0xc000_0005;
/// STATUS_IN_PAGE_ERROR: a page could not be read in, whoever needed it.
pub const IN_PAGE_ERROR: u32 = 0xc000_0006;
/// What stands for the address of a general protection fault.
const NO_ADDRESS: u64 = u64::MAX;

impl Scene {
    /// The scene of a crash.
    pub fn of(crash: &Crash<'_>) -> Scene {
        let Some(stack) = &crash.stack else { return Scene { fault: None, frames: Vec::new() } };
        let Some((saved, trap)) = saved_registers(crash) else {
            return Scene { fault: None, frames: physical(stack, 1) };
        };
        let (ip, sp) = (saved.rip.value, saved.rsp());
        let stands = |stack: &Stack| stack.physical().position(|frame| frame.ip == ip && frame.sp == sp);
        let (frames, trap) = match stands(stack) {
            Some(position) => (physical(stack, position), trap),
            None => (physical(&(crash.walk)(saved.clone()), 0), trap),
        };
        let (first, frames, trap) = match earlier(crash, &frames) {
            Some((at, trap)) => (true, frames.into_iter().skip(at).collect(), Some(trap)),
            None => (false, frames, trap),
        };
        let Some(frame) = frames.first() else { return Scene { fault: None, frames } };
        // The walk knows the nonvolatile registers too, which a trap frame has not.
        let registers =
            if frame.ip == ip && !first { merged(saved, &frame.registers) } else { frame.registers.clone() };
        let fault = fault(crash, registers, trap, first);
        Scene { fault: Some(fault), frames }
    }
}

fn physical(stack: &Stack, skip: usize) -> Vec<Frame> {
    stack.physical().skip(skip).cloned().collect()
}

/// What was saved, and what the walk found besides.
fn merged(mut saved: Registers, walked: &Registers) -> Registers {
    saved.take_nonvolatile(walked);
    saved
}

/// Bug checks that are about no exception: what they found is the machine's, the memory manager's, the pool's, a process's. An
/// exception that stands on the stack, as that of a page that was being read in, is where they were met.
const ABOUT_NO_EXCEPTION: [u32; 34] = [
    0x18,
    0x19,
    0x1a,
    0x4e,
    0x51,
    0x77,
    0x7a,
    0x7b,
    0x80,
    0x9a,
    0x9c,
    0x9f,
    0xa5,
    0xc2,
    0xc5,
    0xc7,
    0xed,
    0xef,
    0xf4,
    0x101,
    0x109,
    0x122,
    0x124,
    0x127,
    0x12b,
    0x133,
    0x13a,
    0x14f,
    0x154,
    0x1c7,
    0x1ca,
    0x1d5,
    0x1db,
    0xc000_021a,
];

/// The registers that the crash itself points to, and the trap frame if they are one's.
fn saved_registers(crash: &Crash<'_>) -> Option<(Registers, Option<u64>)> {
    let target = crash.scope.target();
    let found = crash.context.as_ref()?;
    if found.source == ContextSource::Stack && ABOUT_NO_EXCEPTION.contains(&crash.code()) {
        return None;
    }
    match found.kind {
        ContextKind::TrapFrame => {
            let frame = trap_frame_at(target, found.address)?;
            // What user code did is the business of its process.
            (!frame.machine.from_user_mode()).then(|| (frame.registers(), Some(found.address)))
        }
        ContextKind::ContextRecord => {
            let mut bytes = vec![0u8; RegisterContext::size_of(crash.header.machine)?];
            crash.scope.memory().read(found.address, &mut bytes).ok()?;
            let saved = |at: usize| Origin::Saved(found.address.wrapping_add(at as u64));
            Some((Registers::from_context(&bytes, saved)?, None))
        }
    }
}

/// The deepest exception above the first frame that was dispatched, and its trap frame: the one that came first.
fn earlier(crash: &Crash<'_>, frames: &[Frame]) -> Option<(usize, u64)> {
    let target = crash.scope.target();
    let mut found = None;
    for (index, pair) in frames.windows(2).enumerate() {
        let [builder, interrupted] = pair else { break };
        if interrupted.kind != FrameKind::Interrupted {
            continue;
        }
        let Some(trap) = builder.trap_frame().and_then(|at| trap_frame_at(target, at)) else { continue };
        if trap.machine.from_user_mode() {
            break;
        }
        if record_of(crash, &trap).is_some() {
            found = Some((index + 1, trap.address));
        }
    }
    found
}

/// The dispatcher's record about what a trap frame interrupted: at its place below the frame, or somewhere near.
fn record_of(crash: &Crash<'_>, trap: &TrapFrame) -> Option<ExceptionRecord> {
    let memory = crash.scope.memory();
    let own = record_below(crash.scope.target(), trap);
    let own = own.and_then(|at| ExceptionRecord::of_bytes(&memory.array(at).ok()?));
    own.or_else(|| record_about(crash, trap.machine.rip, trap.address.saturating_sub(NEAR), trap.address))
}

/// How far below a trap frame the frame of the routine lies that dispatches its exception.
const NEAR: u64 = 0x200;
/// Bytes of a stack that are searched at most.
const MOST: usize = 0x8000;

/// A record about the instruction at `ip`, somewhere between two places of the stack.
pub fn record_about(crash: &Crash<'_>, ip: u64, start: u64, end: u64) -> Option<ExceptionRecord> {
    let length = usize::try_from(end.checked_sub(start)?).ok()?.min(MOST);
    let mut bytes = vec![0u8; length];
    let (read, _) = crash.scope.memory().read_partial(start, &mut bytes);
    let bytes = bytes.get(..read)?;
    let word = |at| bounded::u32_at(bytes, at);
    let mut places =
        (0..read / 8).map(|index| index * 8).filter(|at| bounded::u64_at(bytes, at + 0x10) == Some(ip));
    places.find_map(|at| {
        let is_one = is_record(word(at)?, word(at + 4)?, word(at + 0x18)?);
        is_one.then(|| ExceptionRecord::of_bytes(&bounded::array(bytes, at)?)).flatten()
    })
}

fn fault(crash: &Crash<'_>, registers: Registers, trap: Option<u64>, is_first_of_several: bool) -> Fault {
    let target = crash.scope.target();
    let (ip, sp) = (registers.rip.value, registers.rsp());
    let below = trap.and_then(|at| trap_frame_at(target, at)).and_then(|frame| record_of(crash, &frame));
    let named = crash.context.as_ref().and_then(|found| found.record);
    let named = named.and_then(|at| ExceptionRecord::of_bytes(&target.memory().array(at).ok()?));
    let records = below.into_iter().chain(named).chain(crash.header.exception);
    let record = records.into_iter().find(|record| is_about(record.address, ip));
    let told = record
        .as_ref()
        .filter(|record| record.code == ACCESS_VIOLATION)
        .map(|record| record.parameters().to_vec());
    let address = match told.as_deref() {
        Some([_, NO_ADDRESS, ..]) => None,
        Some([_, address, ..]) => Some(*address),
        _ if is_first_of_several => None,
        _ => fault_address(target, ip, trap),
    };
    let access = match told.as_deref() {
        Some([_, NO_ADDRESS, ..]) => Access::Protection,
        Some([kind, ..]) => of_kind(*kind),
        _ if is_first_of_several => Access::Other,
        _ => of_check(crash, ip, address),
    };
    // The third parameter of such a record (winnt.h).
    let read_status = record.as_ref().filter(|record| record.code == IN_PAGE_ERROR);
    let read_status = read_status.and_then(|record| low_half(*record.parameters().get(2)?));
    let by_check = || match crash.code() {
        0x1e | 0x3b | 0x7e | 0x8e if !is_first_of_several => low_half(crash.header.bug_check_parameters[0]),
        _ => None,
    };
    let status = record.as_ref().map(|record| record.code).or_else(by_check);
    let instruction = code::at(target, ip);
    let operand = instruction.as_ref().and_then(|instruction| code::operand(instruction, &registers));
    let (address, access) = match (address, access) {
        // Neither a record nor the bug check tells what was accessed: the instruction does.
        (None, Access::Other) if status == Some(ACCESS_VIOLATION) => by_operand(crash, operand.as_ref()),
        told => told,
    };
    Fault {
        ip,
        sp,
        registers,
        instruction,
        operand,
        address,
        access,
        status,
        read_status,
        is_first_of_several,
    }
}

/// What the instruction accesses by its registers, where that cannot be read.
fn by_operand(crash: &Crash<'_>, operand: Option<&code::Operand>) -> (Option<u64>, Access) {
    match operand.and_then(|operand| Some((operand.address?, operand.is_write))) {
        Some((address, is_write)) if crash.scope.memory().read(address, &mut [0]).is_err() => {
            (Some(address), if is_write { Access::Write } else { Access::Read })
        }
        _ => (None, Access::Other),
    }
}

/// The kind of access of an exception's first parameter (winnt.h: EXCEPTION_READ_FAULT and so on).
fn of_kind(kind: u64) -> Access {
    match kind {
        0 => Access::Read,
        1 => Access::Write,
        _ => Access::Execute,
    }
}

/// Whether the second parameter of PAGE_FAULT_IN_NONPAGED_AREA holds the processor's bits of a page fault.
pub fn has_fault_bits(crash: &Crash<'_>) -> bool {
    const TEN: u32 = 10_240;
    crash.header.minor_version >= TEN && crash.header.machine == Machine::Amd64
}

/// What the bug check's own parameters say (the pages of these bug checks in the public driver documentation).
fn of_check(crash: &Crash<'_>, ip: u64, address: Option<u64>) -> Access {
    let [p1, p2, p3, p4] = crash.header.bug_check_parameters;
    match crash.code() {
        0xa | 0xd1 | 0x50 if p1 == ip => Access::Execute,
        0xa | 0xd1 => of_kind(p3 & 0x9),
        // Bits since Windows 10 on x64: 8 alone says that a reserved bit of the entry was set.
        0x50 if has_fault_bits(crash) => match p2 {
            _ if p2 & 0x10 != 0 => Access::Execute,
            _ if p2 & 2 != 0 => Access::Write,
            _ => Access::Read,
        },
        0x50 => match p2 {
            0 => Access::Read,
            1 | 2 => Access::Write,
            _ => Access::Execute,
        },
        0xcc | 0xcd | 0xce | 0xd5 | 0xd6 if p1 == ip => Access::Execute,
        0xcc | 0xcd | 0xce | 0xd5 | 0xd6 => of_kind(p2 & 1),
        0xbe => Access::Write,
        0xfc => Access::Execute,
        0x1e if low_half(p1) == Some(ACCESS_VIOLATION) && p4 == NO_ADDRESS => Access::Protection,
        0x1e if low_half(p1) == Some(ACCESS_VIOLATION) => of_kind(p3),
        _ if address == Some(ip) => Access::Execute,
        _ => Access::Other,
    }
}
