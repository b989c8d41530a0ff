//! The stack of any thread, whatever the user looks at.

use super::thread::Thread;
use crate::debuggee::{Lack, Scope};
use crate::dump::Machine;
use crate::memory::Memory;
use crate::unwind::{Registers, Stack, TargetHost, WalkOptions, walk};

/// Where the stack of a thread starts.
#[derive(Debug, Clone)]
pub enum Start {
    /// The thread runs on a processor, whose registers these are.
    Running {
        /// The processor's number.
        processor: u32,
        /// Its registers.
        registers: Box<Registers>,
    },
    /// The thread was switched out: rip, rsp and rbp from its switch frame.
    Switched(Box<Registers>),
}

impl Start {
    /// The registers.
    pub fn registers(&self) -> &Registers {
        match self {
            Start::Running { registers, .. } | Start::Switched(registers) => registers,
        }
    }
}

/// Where a thread's stack starts: the registers of the processor that runs it, or its switch frame.
///
/// # Errors
/// Why neither can be read; stacks of ARM64 threads that wait are not known.
pub fn start(thread: &Thread<'_>) -> Result<Start, Lack> {
    let scope = thread.object().scope();
    let target = scope.target();
    let running =
        target.processors().iter().find(|processor| processor.current_thread == Some(thread.address()));
    if let Some(processor) = running {
        let registers = processor.context.as_ref().map(Registers::from);
        let registers = registers.map_err(|why| Lack::NoRegisters { why: why.clone() })?;
        return Ok(Start::Running { processor: processor.number, registers: Box::new(registers) });
    }
    if target.machine() != Machine::Amd64 {
        return Err(Lack::UnknownMachine {
            machine: target.machine(),
            what: "the registers of waiting threads",
        });
    }
    let stack = thread.object().field("Tcb.KernelStack")?;
    let at = stack.u64()?;
    let memory = scope.memory();
    let registers = Registers::of_switch_frame(at, |word| memory.u64(word).ok());
    registers.map(|registers| Start::Switched(Box::new(registers))).ok_or_else(|| {
        match memory.u64(at.wrapping_add(0x38)) {
            Err(why) => Lack::Unreadable { what: format!("what {} points to", stack.what()), why },
            Ok(_) => Lack::Null { what: format!("the return address where {} points to", stack.what()) },
        }
    })
}

/// The frames of a thread's stack, in the address space of the process that it is attached to.
///
/// # Errors
/// As [`start`]. User frames of a process whose page tables cannot be used are missing, as the stack's end says.
pub fn walk_thread(thread: &Thread<'_>, max_frames: usize) -> Result<Stack, Lack> {
    let start = start(thread)?;
    let scope = thread.object().scope();
    let own: Option<Scope<'_>> = thread.attached_process().and_then(|process| scope.of_process(process)).ok();
    let memory = own.as_ref().unwrap_or(scope).memory();
    let host = TargetHost::in_memory(scope.target(), memory, Some(thread.address()));
    Ok(walk(&host, start.registers().clone(), &WalkOptions { max_frames, ..WalkOptions::default() }))
}
