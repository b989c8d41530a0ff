//! Walks stacks: frames, recovered registers, and how far each can be believed.
//!
//! The walk uses unwind data where the dump or an image has it ([`x64`]), and searches the stack where it has not
//! ([`scan`]). It asks the open dump through [`UnwindHost`] and answers with data only: no text is made here.

mod arm64;
mod calls;
mod chain;
mod codes;
mod epilog;
mod error;
pub mod exception_record;
mod frame;
mod host;
mod machine_frame;
mod poison;
#[cfg(test)]
mod random;
mod registers;
mod scan;
mod score;
mod stack_bytes;
mod structures;
mod target_host;
#[cfg(test)]
mod testing;
mod trap;
mod walk;
mod x64;

pub use arm64::{Arm64Code, Arm64Register, Arm64Registers, Arm64Start, arm64_prolog, walk_arm64};
pub use codes::{
    Code, FLAG_CHAINED, FLAG_EXCEPTION_HANDLER, FLAG_TERMINATION_HANDLER, Operation, UnwindInfo,
    primary as primary_function, resolve as resolve_entry,
};
pub use error::UnwindError;
pub use frame::{End, Frame, FrameKind, Note, Stack, Trust};
pub use host::{
    CodeModule, FunctionEntry, InlineFrame, Lookup, StackKind, StackRange, SymbolHint, UnwindHost,
};
pub use machine_frame::MachineFrame;
pub use registers::{
    CONTEXT_SIZE, GENERAL_NAMES, Origin, Registers, Slot, is_nonvolatile, is_nonvolatile_xmm,
};
pub use score::Evidence;
pub use target_host::{TargetHost, processor_stacks};
pub use trap::{TRAP_FRAME_SIZE, TrapCause, TrapFrame};
pub use walk::{WalkOptions, walk};
