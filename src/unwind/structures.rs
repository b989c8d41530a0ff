//! Structures of the kernel that are recognised on a stack without symbols: trap frames, contexts, exception records.
//!
//! They serve twice: trap frames carry the walk to the interrupted code, and words inside any of them are no return
//! addresses, however much they look like ones.

use super::exception_record::{is_about, is_record, record_place};
use super::host::UnwindHost;
use super::machine_frame::MachineFrame;
use super::registers::CONTEXT_SIZE;
use super::stack_bytes::StackBytes;
use super::trap::{TRAP_FRAME_RIP, TRAP_FRAME_SIZE, TrapCause, TrapFrame};

/// Trap frames at most in one search.
const MAX_TRAPS: usize = 64;
/// Size of EXCEPTION_RECORD.
const RECORD_SIZE: u64 = 0x98;
/// A system call from kernel mode pushes its own machine frame, whose stack pointer lies this far above the trap
/// frame: the trap frame itself and the slot that keeps the stack aligned.
const KERNEL_CALL: u64 = TRAP_FRAME_SIZE + 8;

/// A trap frame that is part of the stack.
#[derive(Debug)]
pub(crate) struct LiveTrap {
    pub(crate) frame: TrapFrame,
    /// The interrupted stack pointer fits the frame's place exactly.
    pub(crate) exact: bool,
    /// The dispatcher's exception record stands below it.
    pub(crate) record: Option<u64>,
    /// The kernel called one of its own system services.
    pub(crate) is_call_of_the_kernel: bool,
}

/// A range of stack addresses without return addresses in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mask {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

impl Mask {
    pub(crate) fn of(start: u64, size: u64) -> Mask {
        Mask { start, end: start.wrapping_add(size) }
    }

    pub(crate) fn holds(&self, va: u64) -> bool {
        (self.start..self.end).contains(&va)
    }
}

/// All trap frames on the stack, lowest first.
pub(crate) fn trap_frames(host: &dyn UnwindHost, stack: &StackBytes) -> Vec<LiveTrap> {
    let mut found: Vec<LiveTrap> = Vec::new();
    let Some(first) = first_aligned(stack) else {
        return found;
    };
    let mut at = first;
    while at.saturating_add(TRAP_FRAME_SIZE) <= stack.end() && found.len() < MAX_TRAPS {
        match trap_at(host, stack, at) {
            Some(trap) => {
                found.push(trap);
                at = at.wrapping_add(TRAP_FRAME_SIZE);
            }
            None => at = at.wrapping_add(16),
        }
    }
    found
}

fn trap_at(host: &dyn UnwindHost, stack: &StackBytes, at: u64) -> Option<LiveTrap> {
    let machine = MachineFrame {
        address: at.wrapping_add(TRAP_FRAME_RIP),
        rip: stack.u64_at(at.wrapping_add(0x168))?,
        cs: stack.u16_at(at.wrapping_add(0x170))?,
        eflags: stack.u64_at(at.wrapping_add(0x178))?,
        rsp: stack.u64_at(at.wrapping_add(0x180))?,
        ss: stack.u16_at(at.wrapping_add(0x188))?,
        error_code: None,
    };
    let end = at.wrapping_add(TRAP_FRAME_SIZE);
    let kernel_call = machine.cs == 0x10 && machine.rsp == at.wrapping_add(KERNEL_CALL);
    // The stub of a kernel-mode call leaves the stack selector's slot as it was.
    let judged = match kernel_call {
        true => MachineFrame { ss: 0x18, ..machine },
        false => machine,
    };
    if !judged.is_plausible() {
        return None;
    }
    // The processor aligns rsp down to 16 before it pushes the machine frame, so rsp is right above the frame; a
    // frame elsewhere is on another stack (an interrupt or exception stack), or stale.
    let exact = kernel_call || machine.rsp & !15 == end;
    if !machine.from_user_mode() {
        // A call through a bad pointer is interrupted outside all modules; the exact stack pointer vouches for it.
        let in_module = host.module_at(machine.rip).is_some();
        if !exact && (!in_module || stack.holds(machine.rsp)) {
            return None;
        }
    } else if machine.rip < 0x10000 {
        return None;
    }
    let frame = TrapFrame::read(host, at)?;
    if !exact && matches!(frame.cause, TrapCause::Unknown(_)) {
        return None;
    }
    // The kernel calls itself through a stub of its own: nothing else is such a caller. The stub leaves the cause as it
    // was; an exception, which says that it is one, may leave its stack pointer at the same distance.
    let is_call = matches!(frame.cause, TrapCause::SystemCall | TrapCause::Unknown(_));
    let called = kernel_call && (is_call || !machine.is_plausible());
    if called && !host.module_at(machine.rip).is_some_and(|module| module.is_kernel()) {
        return None;
    }
    let record = record_place(at).filter(|&record| {
        record_at(stack, record).is_some_and(|instruction| is_about(instruction, machine.rip))
    });
    let service = frame.cause == TrapCause::SystemCall && !machine.from_user_mode();
    Some(LiveTrap { frame, exact, record, is_call_of_the_kernel: called || service })
}

/// The instruction that the EXCEPTION_RECORD at `at` names, if one can stand there.
fn record_at(stack: &StackBytes, at: u64) -> Option<u64> {
    let word = |offset| stack.u32_at(at.wrapping_add(offset));
    let is_one = is_record(word(0)?, word(4)?, word(0x18)?);
    stack.u64_at(at.wrapping_add(0x10)).filter(|_| is_one)
}

/// Ranges that hold no return addresses: contexts, exception records about code, and tables of (module, function)
/// pairs that the exception dispatcher keeps.
pub(crate) fn masks(host: &dyn UnwindHost, stack: &StackBytes, contexts: &[u64]) -> Vec<Mask> {
    let mut masks: Vec<Mask> = contexts.iter().map(|&at| Mask::of(at, CONTEXT_SIZE as u64)).collect();
    let mut at = stack.start;
    while at < stack.end() {
        if record_at(stack, at).is_some_and(|instruction| host.module_at(instruction).is_some()) {
            masks.push(Mask::of(at, RECORD_SIZE));
        }
        // A dispatcher context: the address of a call, the module's base, the function's entry.
        if is_dispatcher_context(host, stack, at) {
            masks.push(Mask::of(at, 24));
        }
        let pairs = pairs_at(host, stack, at);
        if pairs >= 2 {
            masks.push(Mask::of(at, pairs * 16));
        }
        at = at.wrapping_add(8).wrapping_add(pairs.saturating_sub(1) * 16);
    }
    masks
}

/// Everything that a processor pushed when it was interrupted in the kernel, in trap frames and elsewhere.
pub(crate) fn pushed(stack: &StackBytes) -> Vec<MachineFrame> {
    (stack.start..stack.end()).step_by(8).filter_map(|at| pushed_at(stack, at)).collect()
}

/// What a processor pushed when it was interrupted in the kernel, at `at`: its first word is an instruction's address,
/// which nothing returns to by a `ret`. Code that makes up such a frame in software does not always set the flag bit that
/// a processor always sets.
fn pushed_at(stack: &StackBytes, at: u64) -> Option<MachineFrame> {
    const NEVER_SET: u64 = 0xffff_ffff_ffc0_8028;
    let word = |index: u64| stack.u64_at(at.wrapping_add(index * 8));
    let (rip, flags, rsp) = (word(0)?, word(2)?, word(3)?);
    let selectors = word(1) == Some(0x10) && word(4) == Some(0x18);
    let likely = selectors && flags & NEVER_SET == 0 && flags != 0 && rsp > at && stack.holds(rsp);
    likely.then_some(MachineFrame {
        address: at,
        rip,
        cs: 0x10,
        eflags: flags,
        rsp,
        ss: 0x18,
        error_code: None,
    })
}

/// The addresses of all CONTEXT records on the stack, lowest first.
pub(crate) fn contexts(stack: &StackBytes) -> Vec<u64> {
    let Some(first) = first_aligned(stack) else {
        return Vec::new();
    };
    (first..stack.end()).step_by(16).filter(|&at| is_context(stack, at)).collect()
}

/// Where the first structure of a stack may stand; `None` where rsp is the last bytes there are.
fn first_aligned(stack: &StackBytes) -> Option<u64> {
    Some(stack.start.checked_add(15)? & !15)
}

/// Whether an x64 CONTEXT stands at `at`.
fn is_context(stack: &StackBytes, at: u64) -> bool {
    let fields = || {
        Some((
            stack.u32_at(at.wrapping_add(0x30))?,
            stack.u32_at(at.wrapping_add(0x34))?,
            stack.u16_at(at.wrapping_add(0x38))?,
            stack.u16_at(at.wrapping_add(0x42))?,
            stack.u32_at(at.wrapping_add(0x44))?,
        ))
    };
    let Some((flags, mxcsr, cs, ss, eflags)) = fields() else {
        return false;
    };
    // CONTEXT_AMD64 with at least control and integer registers.
    flags & 0x0010_0003 == 0x0010_0003
        && flags & 0x07e0_ff80 == 0
        && mxcsr & 0xffff_0000 == 0
        && matches!((cs, ss), (0x10, 0 | 0x18) | (0x33, 0x2b))
        && eflags & 0xffc0_802a == 2
}

/// How many consecutive pairs (module base, address in that module) start at `at`, at most 64.
fn pairs_at(host: &dyn UnwindHost, stack: &StackBytes, at: u64) -> u64 {
    let is_pair = |index: &u64| {
        let at = at.wrapping_add(index * 16);
        let (Some(base), Some(inside)) = (stack.u64_at(at), stack.u64_at(at.wrapping_add(8))) else {
            return false;
        };
        base & 0xfff == 0
            && base != inside
            && host.module_at(inside).is_some_and(|module| module.base == base)
    };
    (0..64).take_while(is_pair).count() as u64
}

/// Whether the first members of a DISPATCHER_CONTEXT stand at `at`: they look like a return address and are none.
fn is_dispatcher_context(host: &dyn UnwindHost, stack: &StackBytes, at: u64) -> bool {
    let words = || {
        let ip = stack.u64_at(at)?;
        let base = stack.u64_at(at.wrapping_add(8))?;
        let entry = stack.u64_at(at.wrapping_add(16))?;
        Some((ip, base, entry))
    };
    let Some((ip, base, entry)) = words() else {
        return false;
    };
    let in_module = |va: u64| host.module_at(va).is_some_and(|module| module.base == base);
    base & 0xfff == 0 && ip != base && entry != base && in_module(ip) && in_module(entry)
}
