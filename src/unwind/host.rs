//! What the unwinder asks of the open dump.

use std::borrow::Cow;

/// A module as the unwinder needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeModule {
    /// Address of its first byte.
    pub base: u64,
    /// Bytes it spans.
    pub size: u64,
    /// Its name, for notes and evidence (`nt`, `ndis`).
    pub name: String,
}

impl CodeModule {
    /// Whether it is the kernel or its hardware abstraction layer.
    pub fn is_kernel(&self) -> bool {
        self.name.eq_ignore_ascii_case("nt") || self.name.eq_ignore_ascii_case("hal")
    }

    /// Whether `va` lies in it.
    pub fn contains(&self, va: u64) -> bool {
        va.checked_sub(self.base).is_some_and(|offset| offset < self.size)
    }
}

/// An entry of a module's function table (RUNTIME_FUNCTION), as offsets from the module's base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionEntry {
    /// The module's base.
    pub image_base: u64,
    /// Offset of the function's (or fragment's) first byte.
    pub begin: u32,
    /// Offset past its last byte.
    pub end: u32,
    /// Offset of its unwind data; bit 0 set means that another entry stands there.
    pub unwind: u32,
}

impl FunctionEntry {
    /// Address of the first byte.
    pub fn begin_va(&self) -> u64 {
        self.image_base.wrapping_add(u64::from(self.begin))
    }

    /// Address past the last byte.
    pub fn end_va(&self) -> u64 {
        self.image_base.wrapping_add(u64::from(self.end))
    }

    /// Whether `va` lies between begin and end.
    pub fn covers(&self, va: u64) -> bool {
        (self.begin_va()..self.end_va()).contains(&va)
    }
}

/// The answer to "which function table entry covers this address?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// This one.
    Entry(FunctionEntry),
    /// The module's whole function table was readable and has none: a leaf function.
    Leaf,
    /// The module is known, its function table cannot be read.
    NoData,
    /// The address lies in no module.
    NoModule,
}

/// One function that the compiler inlined at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineFrame {
    /// Its name, without the module.
    pub name: String,
    /// Address of the first byte of the inlined code around the address, where known.
    pub begin: Option<u64>,
    /// Source file and line inside it, where known.
    pub source: Option<(String, u32)>,
}

/// What a range of stack memory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StackKind {
    /// A thread's kernel stack.
    Thread,
    /// A processor's DPC stack.
    Dpc,
    /// A processor's interrupt stack, or one of its exception stacks (NMI, double fault, machine check).
    Interrupt,
    /// A thread's user-mode stack.
    User,
    /// Stack bytes saved in the file, of no known owner.
    Saved,
}

/// A range of stack memory: `limit` is its lowest address, `base` is one past its highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StackRange {
    /// Lowest address.
    pub limit: u64,
    /// One past the highest address; pushes start below it.
    pub base: u64,
    /// What it is.
    pub kind: StackKind,
}

impl StackRange {
    /// Whether `sp` may be a stack pointer here; the very top (nothing pushed) counts.
    pub fn holds(&self, sp: u64) -> bool {
        (self.limit..=self.base).contains(&sp)
    }
}

/// What is known of the function around an address without unwind data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SymbolHint {
    /// Name of the nearest symbol at or below the address.
    pub name: String,
    /// Its address.
    pub address: u64,
    /// Address past the function's end where that is known (private symbols) or bounded (the next symbol).
    pub end: Option<u64>,
    /// Whether it is known to be code, known to be data, or not known.
    pub code: Option<bool>,
}

/// The open dump as the unwinder sees it. Only `read`, `module_at` and `function_entry` are needed; the rest makes
/// stacks better.
pub trait UnwindHost {
    /// Fills `buf` from `va` with bytes of the dump or of an image laid over it; false if any byte is missing.
    fn read(&self, va: u64, buf: &mut [u8]) -> bool;

    /// The module that `va` lies in.
    fn module_at(&self, va: u64) -> Option<Cow<'_, CodeModule>>;

    /// The function table entry that covers `va`.
    fn function_entry(&self, va: u64) -> Lookup;

    /// The nearest symbol at or below `va`.
    fn symbol(&self, _va: u64) -> Option<SymbolHint> {
        None
    }

    /// The functions inlined at `va`, innermost first.
    fn inline_chain(&self, _va: u64) -> Vec<InlineFrame> {
        Vec::new()
    }

    /// Every range known to be a stack.
    fn stacks(&self) -> Vec<StackRange> {
        Vec::new()
    }

    /// Addresses that something outside the stack names: the parameters of the bug check.
    fn named_addresses(&self) -> Vec<u64> {
        Vec::new()
    }

    /// Whether `va` lies in an executable section of its module, where the module's headers tell.
    fn is_executable(&self, _va: u64) -> Option<bool> {
        None
    }

    /// ARM64: the bits of a pointer that a signature may take, where the system says so.
    fn pointer_auth_mask(&self) -> Option<u64> {
        None
    }

    /// A little-endian 64-bit value.
    fn read_u64(&self, va: u64) -> Option<u64> {
        let mut raw = [0u8; 8];
        self.read(va, &mut raw).then(|| u64::from_le_bytes(raw))
    }
}
