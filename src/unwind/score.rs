//! What speaks for and against a word on the stack being a return address.

use std::fmt;

use super::host::SymbolHint;

/// One observation about a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// It points into this module.
    InModule(String),
    /// A call instruction ends just before the address.
    CallBefore,
    /// That call goes to the function of the frame inside this one.
    CallsCallee,
    /// That call goes somewhere else in the same module.
    CallsElsewhere,
    /// The bytes before the address are in the dump and are no call.
    NoCallBefore,
    /// The address lies this far into a function.
    InFunction {
        /// The function's symbol.
        name: String,
        /// Bytes from its start.
        offset: u64,
    },
    /// The address is the first byte of a function: a pointer to it, not a return into it.
    FunctionStart,
    /// The nearest symbol is data.
    DataSymbol,
    /// The address is a multiple of eight, as data and function pointers are; one return address in eight is.
    AlignedValue,
    /// The function table has an entry for the address.
    HasUnwindData,
    /// The frame inside this one stood at its first instruction, so its return address is on top of the stack.
    AtFunctionStart,
    /// A trap frame follows right behind this slot.
    BelowTrapFrame,
    /// The distance to a trap frame is that of the kernel's exception dispatcher, and its saved rbp fits.
    ExceptionFrameLayout,
    /// The interrupted stack pointer fits the place of the trap frame exactly.
    ExactStackPointer,
    /// The bug check names the trap frame or the instruction.
    NamedByBugCheck,
    /// The exception dispatcher's record of this exception stands where it belongs.
    ExceptionRecord,
    /// The saved registers in the frame inside equal those in the processor.
    SavedRegisters,
    /// The exception dispatcher's context record stands at this address.
    ContextRecord(u64),
    /// The address also stands on the stack outside the exception that is being dispatched here.
    CopyOfOuter,
    /// A copy of an interrupted instruction's address.
    CopyOfInterrupted,
    /// The same word stands right beside it, as copies in variables do.
    Repeated,
    /// A register of the interrupted code points at its slot.
    PointedAt,
    /// The frame of the same code has the same size elsewhere on this stack.
    SameFrameSize,
    /// The stack of an interrupt keeps the address of the trap frame at its end.
    LeftAtStackEnd,
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Evidence::InModule(name) => write!(f, "points into {name}"),
            Evidence::CallBefore => write!(f, "a call ends before it"),
            Evidence::CallsCallee => write!(f, "that call enters the frame inside"),
            Evidence::CallsElsewhere => write!(f, "that call goes elsewhere"),
            Evidence::NoCallBefore => write!(f, "no call ends before it"),
            Evidence::InFunction { name, offset } => write!(f, "{offset:#x} bytes into {name}"),
            Evidence::FunctionStart => write!(f, "the start of a function"),
            Evidence::DataSymbol => write!(f, "the nearest symbol is data"),
            Evidence::AlignedValue => write!(f, "a multiple of eight"),
            Evidence::HasUnwindData => write!(f, "in a function with unwind data"),
            Evidence::AtFunctionStart => write!(f, "on top of the stack of a function just entered"),
            Evidence::BelowTrapFrame => write!(f, "directly below a trap frame"),
            Evidence::ExceptionFrameLayout => write!(f, "at the return slot of an exception frame"),
            Evidence::ExactStackPointer => write!(f, "the interrupted stack pointer fits"),
            Evidence::NamedByBugCheck => write!(f, "named by the bug check"),
            Evidence::ExceptionRecord => write!(f, "the record of the exception is in its place"),
            Evidence::SavedRegisters => write!(f, "the registers saved below it are the current ones"),
            Evidence::ContextRecord(at) => write!(f, "from the context record at {at:#x}"),
            Evidence::CopyOfOuter => write!(f, "a copy of an address outside the exception"),
            Evidence::CopyOfInterrupted => write!(f, "a copy of an interrupted instruction's address"),
            Evidence::Repeated => write!(f, "the same word stands beside it"),
            Evidence::PointedAt => write!(f, "a register points at its slot"),
            Evidence::SameFrameSize => write!(f, "the same code's frame is as large elsewhere on the stack"),
            Evidence::LeftAtStackEnd => write!(f, "the stack's end names the trap frame"),
        }
    }
}

/// Evidence added up as the logarithm of a likelihood ratio: how much more often a true return address shows it than
/// another word that points into a module.
///
/// The numbers are rates on real stacks, rounded: one return address in eight is a multiple of eight (instructions
/// have any length), of data and function pointers and vtable entries seven in eight are; a true return address always
/// follows a call, a random code address does so in one of some fifty.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weight(f64);

impl Default for Weight {
    /// Of the words in such slots that point into a module's code, about half are return addresses of the chain.
    fn default() -> Self {
        Weight(0.3)
    }
}

impl Weight {
    pub(crate) fn aligned(&mut self, value: u64, evidence: &mut Vec<Evidence>) {
        if value.is_multiple_of(8) {
            self.0 -= if value.is_multiple_of(16) { 2.6 } else { 1.9 };
            evidence.push(Evidence::AlignedValue);
        } else {
            self.0 += 1.2;
        }
    }

    pub(crate) fn interrupted(&mut self, evidence: &mut Vec<Evidence>) {
        self.0 -= 4.0;
        evidence.push(Evidence::CopyOfInterrupted);
    }

    pub(crate) fn copied(&mut self, evidence: &mut Vec<Evidence>) {
        self.0 -= 6.0;
        evidence.push(Evidence::CopyOfOuter);
    }

    pub(crate) fn repeated(&mut self, evidence: &mut Vec<Evidence>) {
        self.0 -= 4.0;
        evidence.push(Evidence::Repeated);
    }

    pub(crate) fn pointed(&mut self, evidence: &mut Vec<Evidence>) {
        self.0 += 5.0;
        evidence.push(Evidence::PointedAt);
    }

    pub(crate) fn vouched(&mut self, evidence: &mut Vec<Evidence>) {
        self.0 += 5.0;
        evidence.push(Evidence::SameFrameSize);
    }

    pub(crate) fn call(&mut self, evidence: &mut Vec<Evidence>) {
        self.0 += 4.0;
        evidence.push(Evidence::CallBefore);
    }

    pub(crate) fn no_call(&mut self, evidence: &mut Vec<Evidence>) {
        self.0 -= 8.0;
        evidence.push(Evidence::NoCallBefore);
    }

    pub(crate) fn symbol(&mut self, value: u64, symbol: &SymbolHint, evidence: &mut Vec<Evidence>) {
        let offset = value.wrapping_sub(symbol.address);
        if symbol.code == Some(false) {
            self.0 -= 6.0;
            evidence.push(Evidence::DataSymbol);
            return;
        }
        if offset == 0 {
            self.0 -= 6.0;
            evidence.push(Evidence::FunctionStart);
            return;
        }
        // Public symbols name no sizes; code far behind the nearest one belongs to something unnamed.
        let near = symbol.end.map_or(offset < 0x1000, |end| value <= end && offset < 0x4000);
        if near {
            self.0 += if symbol.code == Some(true) { 1.0 } else { 0.3 };
            evidence.push(Evidence::InFunction { name: symbol.name.clone(), offset });
        }
    }

    pub(crate) fn total(self) -> f64 {
        self.0
    }

    /// As a score from 0 to 95: stack contents alone prove nothing.
    pub(crate) fn percent(self) -> u8 {
        let share = 100.0 / (1.0 + (-self.0).exp());
        share.clamp(0.0, 95.0) as u8
    }
}
