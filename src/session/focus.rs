//! What is looked at.

use crate::debuggee::RegisterContext;
use crate::unwind::{Frame, Registers};

/// What is selected.
#[derive(Debug, Clone, Default)]
pub struct Focus {
    /// Number of the current processor.
    pub processor: u32,
    /// A register context set by `.cxr`, `.trap` or the like, in place of the processor's.
    pub context: Option<RegisterContext>,
    /// What is known of the registers in `context`, where that is not all of them (`.trap`).
    pub registers: Option<Registers>,
    /// ETHREAD of a thread that was selected in place of the processor's.
    pub thread: Option<u64>,
    /// The frame that was selected; registers are shown as they were in it.
    pub frame: Option<SelectedFrame>,
    /// The address of the KTRAP_FRAME that `context` was read from, if it was.
    pub trap_frame: Option<u64>,
    /// The address of the CONTEXT that `context` was read from, if it was.
    pub context_record: Option<u64>,
}

/// A frame that was made current.
#[derive(Debug, Clone)]
pub struct SelectedFrame {
    /// The frame, with what is known of its registers.
    pub frame: Frame,
    /// Its registers in the form that commands show; those that were not recovered keep the values of the innermost
    /// frame.
    pub context: RegisterContext,
}
