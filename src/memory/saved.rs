//! What a triage dump saved where.

/// What a range of a triage dump was saved as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// A data block.
    Block,
    /// The stack of the current thread.
    Stack,
    /// The data page.
    DataPage,
    /// KDDEBUGGER_DATA64.
    DebuggerData,
    /// KPRCB of the crashing processor.
    Prcb,
    /// ETHREAD of the current thread.
    Thread,
    /// EPROCESS of the current process.
    Process,
    /// Memory in tagged data, of the component with this number (`DumpFile::tagged_memory`).
    Tagged(usize),
}

/// A range before overlaps are removed. Where ranges overlap, the one that comes first in the list wins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) address: u64,
    pub(super) size: u64,
    pub(super) offset: usize,
    pub(super) saved: Saved,
}
