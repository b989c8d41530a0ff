//! What kinds of dump there are, and for which machine.

use std::fmt;

/// The first bytes of a PE image.
pub(super) const IMAGE: &[u8] = b"MZ";

/// Width of pointers in the dump's header and in its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bits {
    /// `PAGEDUMP`, a header of 0x1000 bytes.
    Bits32,
    /// `PAGEDU64`, a header of 0x2000 bytes.
    Bits64,
}

impl Bits {
    /// 32 or 64.
    pub fn count(self) -> u32 {
        match self {
            Bits::Bits32 => 32,
            Bits::Bits64 => 64,
        }
    }

    /// Size of the file's header in bytes.
    pub fn header_size(self) -> usize {
        match self {
            Bits::Bits32 => 0x1000,
            Bits::Bits64 => 0x2000,
        }
    }
}

/// The processor, from the header's MachineImageType (the values of a PE file header).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// 0x8664.
    Amd64,
    /// 0xaa64.
    Arm64,
    /// 0x14c.
    I386,
    /// Any other value.
    Other(u32),
}

impl Machine {
    /// The machine of a MachineImageType value.
    pub fn from_image_type(value: u32) -> Machine {
        match value {
            0x8664 => Machine::Amd64,
            0xaa64 => Machine::Arm64,
            0x014c => Machine::I386,
            other => Machine::Other(other),
        }
    }

    /// The words of the debugger's banner for it.
    pub fn banner_name(self) -> String {
        match self {
            Machine::Amd64 => "x64".to_owned(),
            Machine::Arm64 => "ARM 64-bit (AArch64)".to_owned(),
            Machine::I386 => "x86 compatible".to_owned(),
            Machine::Other(number) => format!("machine {number:#x}"),
        }
    }

    /// The MachineImageType value.
    pub fn image_type(self) -> u32 {
        match self {
            Machine::Amd64 => 0x8664,
            Machine::Arm64 => 0xaa64,
            Machine::I386 => 0x014c,
            Machine::Other(value) => value,
        }
    }

    /// Size in bytes of the CONTEXT record for this machine (winnt.h); unknown machines take the amd64 one.
    pub fn context_size(self) -> usize {
        match self {
            Machine::Arm64 => 0x390,
            Machine::I386 => 0x2cc,
            Machine::Amd64 | Machine::Other(_) => 0x4d0,
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Machine::Amd64 => f.write_str("x64"),
            Machine::Arm64 => f.write_str("ARM64"),
            Machine::I386 => f.write_str("x86"),
            Machine::Other(value) => write!(f, "machine {value:#x}"),
        }
    }
}

/// The header's DumpType.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DumpKind {
    /// 1: every page of physical memory, in runs listed in the header.
    Full,
    /// 2: kernel pages with a bitmap, as written before Windows 8.
    Summary,
    /// 3: the header alone.
    HeaderOnly,
    /// 4: a "minidump" of the kernel: selected virtual ranges, no page tables.
    Triage,
    /// 5: bitmap dump; also what Windows 8 and later write for kernel, automatic and active dumps.
    BitmapFull,
    /// 6: bitmap of kernel pages; also live kernel dumps of Task Manager.
    BitmapKernel,
    /// 7: automatic.
    Automatic,
    /// 8: written by a debugger's `.dump /k`.
    DebuggerKernel,
    /// 9: written by a debugger's `.dump /ka`.
    DebuggerKernelUser,
    /// 0xa: written by a debugger's `.dump /f`.
    DebuggerComplete,
    /// A value that is not known.
    Other(u32),
}

impl DumpKind {
    /// The kind of a DumpType value.
    pub fn from_type(value: u32) -> DumpKind {
        match value {
            1 => DumpKind::Full,
            2 => DumpKind::Summary,
            3 => DumpKind::HeaderOnly,
            4 => DumpKind::Triage,
            5 => DumpKind::BitmapFull,
            6 => DumpKind::BitmapKernel,
            7 => DumpKind::Automatic,
            8 => DumpKind::DebuggerKernel,
            9 => DumpKind::DebuggerKernelUser,
            0xa => DumpKind::DebuggerComplete,
            other => DumpKind::Other(other),
        }
    }

    /// The DumpType value.
    pub fn value(self) -> u32 {
        match self {
            DumpKind::Full => 1,
            DumpKind::Summary => 2,
            DumpKind::HeaderOnly => 3,
            DumpKind::Triage => 4,
            DumpKind::BitmapFull => 5,
            DumpKind::BitmapKernel => 6,
            DumpKind::Automatic => 7,
            DumpKind::DebuggerKernel => 8,
            DumpKind::DebuggerKernelUser => 9,
            DumpKind::DebuggerComplete => 0xa,
            DumpKind::Other(value) => value,
        }
    }

    /// Whether the dump holds physical pages and thus page tables.
    pub fn has_pages(self) -> bool {
        !matches!(self, DumpKind::HeaderOnly | DumpKind::Triage | DumpKind::Other(_))
    }

    /// The kind in the debugger's words, as in `64-bit Kernel bitmap dump: FILE`.
    pub fn name(self) -> &'static str {
        match self {
            DumpKind::Full | DumpKind::DebuggerComplete => "full dump",
            DumpKind::Summary | DumpKind::DebuggerKernel => "summary dump",
            DumpKind::HeaderOnly => "header dump",
            DumpKind::Triage => "triage dump",
            DumpKind::BitmapFull | DumpKind::BitmapKernel | DumpKind::Automatic => "bitmap dump",
            DumpKind::DebuggerKernelUser => "summary dump with user pages",
            DumpKind::Other(_) => "dump of unknown type",
        }
    }
}
