//! Sections about processors: UEFI appendix N.2.4, and Windows' own section of a machine check bank
//! (`WHEA_XPF_MCA_SECTION` of `ntddk.h`).

use super::mca::{McaStatus, Vendor};
use crate::util::bounded::{array, ascii_z, slice, u8_at, u32_at, u64_at};
use crate::util::guid::Guid;

/// A processor, in words that hold for every kind. What its record calls invalid is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenericProcessor {
    valid: u64,
    processor_type: u8,
    instruction_set: u8,
    error_type: u8,
    operation: u8,
    flags: u8,
    level: u8,
    version: u64,
    brand: String,
    numbers: [u64; 5],
}

const TYPES: [&str; 3] = ["x86/x64", "Itanium", "ARM"];
const SETS: [&str; 5] = ["x86", "Itanium", "x64", "ARM A32/T32", "ARM A64"];
const OPERATIONS: [&str; 4] = ["Generic", "Data Read", "Data Write", "Instruction Execution"];
const ERRORS: [(u8, &str); 4] =
    [(1, "Cache error"), (2, "TLB error"), (4, "Bus error"), (8, "Micro-Architectural Error")];

impl GenericProcessor {
    pub(super) fn parse(body: &[u8]) -> Option<GenericProcessor> {
        let number = |index: usize| u64_at(body, 0x98 + index * 8);
        Some(GenericProcessor {
            valid: u64_at(body, 0)?,
            processor_type: u8_at(body, 8)?,
            instruction_set: u8_at(body, 9)?,
            error_type: u8_at(body, 0xa)?,
            operation: u8_at(body, 0xb)?,
            flags: u8_at(body, 0xc)?,
            level: u8_at(body, 0xd)?,
            version: u64_at(body, 0x10)?,
            brand: ascii_z(body, 0x18, 128)?,
            numbers: [number(0)?, number(1)?, number(2)?, number(3)?, number(4)?],
        })
    }

    fn when<T>(&self, bit: u32, value: T) -> Option<T> {
        (self.valid >> bit & 1 != 0).then_some(value)
    }

    /// Whether anything is valid.
    pub fn says_something(&self) -> bool {
        self.valid & 0x1fff != 0
    }

    /// The kind of processor: its number and its name.
    pub fn processor_type(&self) -> Option<(u8, Option<&'static str>)> {
        self.when(0, (self.processor_type, TYPES.get(usize::from(self.processor_type)).copied()))
    }

    /// The instruction set: its number and its name.
    pub fn instruction_set(&self) -> Option<(u8, Option<&'static str>)> {
        self.when(1, (self.instruction_set, SETS.get(usize::from(self.instruction_set)).copied()))
    }

    /// What went wrong: the bits, and their name where one alone is set.
    pub fn error_type(&self) -> Option<(u8, Option<&'static str>)> {
        let name = ERRORS.iter().find(|(bit, _)| *bit == self.error_type).map(|(_, name)| *name);
        self.when(2, (self.error_type, name))
    }

    /// What the processor was doing.
    pub fn operation(&self) -> Option<(u8, Option<&'static str>)> {
        self.when(3, (self.operation, OPERATIONS.get(usize::from(self.operation)).copied()))
    }

    /// Bits: 1 can be restarted, 2 precise address of the instruction, 4 overflow, 8 corrected.
    pub fn flags(&self) -> Option<u8> {
        self.when(4, self.flags)
    }

    /// The level of the structure in which it happened.
    pub fn level(&self) -> Option<u8> {
        self.when(5, self.level)
    }

    /// EAX of CPUID 1, on x86 and x64.
    pub fn version(&self) -> Option<u64> {
        self.when(6, self.version)
    }

    /// What the processor calls itself.
    pub fn brand(&self) -> Option<&str> {
        self.when(7, self.brand.as_str())
    }

    /// The APIC id on x86 and x64.
    pub fn processor_id(&self) -> Option<u64> {
        self.numbers.first().and_then(|id| self.when(8, *id))
    }

    /// The addresses and numbers behind it: target address, requester, responder, instruction pointer.
    pub fn more(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        const NAMES: [&str; 4] = ["Target Address", "Requester", "Responder", "Instr. Pointer"];
        let values = self.numbers.iter().skip(1).zip(NAMES).zip(9..);
        values.filter_map(|((number, name), bit)| Some((name, self.when(bit, *number)?)))
    }
}

/// An x86 or x64 processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XpfProcessor {
    /// Its APIC id.
    pub apic: Option<u64>,
    /// The rows of CPUID that it stated: 3 of 16 bytes.
    pub cpuid: Option<[[u8; 16]; 3]>,
    /// What its structures said.
    pub infos: Vec<ProcessorInfo>,
    /// Structures that it counts and does not hold.
    pub missing: usize,
}

/// What a structure of the processor said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessorInfo {
    /// Bytes from the section.
    pub offset: usize,
    /// Which structure: cache, TLB, bus, micro-architecture.
    pub kind: Guid,
    /// Check information, target, requester, responder, instruction pointer: those that are valid.
    pub values: [Option<u64>; 5],
}

impl ProcessorInfo {
    /// Bytes of one.
    const SIZE: usize = 64;
    /// What it is called; `None` for a kind that is not known.
    pub fn name(&self) -> Option<&'static str> {
        const KINDS: [(u128, &str); 4] = [
            (0xa55701f5_e3ef_43de_ac72_249b573fad2c, "Cache"),
            (0xfc06b535_5e1f_4562_9f25_0a3b9adb63c3, "TLB"),
            (0x1cf3f8b3_c5b1_49a2_aa59_5eef92ffa63c, "Bus"),
            (0x48ab7f57_dc34_4f6c_a7d3_b0b5b0a74314, "Micro-Architecture"),
        ];
        KINDS.iter().find(|(kind, _)| Guid::of(*kind) == self.kind).map(|(_, name)| *name)
    }

    fn parse(body: &[u8], offset: usize) -> Option<ProcessorInfo> {
        let info = slice(body, offset, Self::SIZE)?;
        let valid = u64_at(info, 16)?;
        let value = |bit: usize| u64_at(info, 24 + bit * 8).filter(|_| valid >> bit & 1 != 0);
        let values = [value(0), value(1), value(2), value(3), value(4)];
        Some(ProcessorInfo { offset, kind: Guid(array(info, 0)?), values })
    }
}

impl XpfProcessor {
    pub(super) fn parse(body: &[u8]) -> Option<XpfProcessor> {
        const INFOS: usize = 0x40;
        let valid = u64_at(body, 0)?;
        let count = (valid >> 2 & 0x3f) as usize;
        let row = |index: usize| array(body, 0x10 + index * 16);
        let rows = [row(0)?, row(1)?, row(2)?];
        let infos =
            (0..count).map_while(|index| ProcessorInfo::parse(body, INFOS + index * ProcessorInfo::SIZE));
        let infos: Vec<ProcessorInfo> = infos.collect();
        Some(XpfProcessor {
            apic: u64_at(body, 8).filter(|_| valid & 1 != 0),
            cpuid: Some(rows).filter(|_| valid & 2 != 0),
            missing: count - infos.len(),
            infos,
        })
    }
}

/// A bank of the machine check architecture, as Windows saved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mca {
    /// Whose processor it is.
    pub vendor: Vendor,
    /// Windows' number of the processor.
    pub processor: u32,
    /// The bank.
    pub bank: u32,
    /// MCi_STATUS.
    pub status: McaStatus,
    /// MCi_ADDR.
    pub address: u64,
    /// MCi_MISC.
    pub misc: u64,
    /// MCG_STATUS.
    pub global: u64,
}

impl Mca {
    pub(super) fn parse(body: &[u8]) -> Option<Mca> {
        Some(Mca {
            vendor: Vendor::of(u32_at(body, 4)?),
            processor: u32_at(body, 0x10)?,
            global: u64_at(body, 0x14)?,
            bank: u32_at(body, 0x24)?,
            status: McaStatus(u64_at(body, 0x28)?),
            address: u64_at(body, 0x30)?,
            misc: u64_at(body, 0x38)?,
        })
    }
}
