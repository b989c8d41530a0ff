//! Records of hardware errors (WHEA_ERROR_RECORD): the Common Platform Error Record of the UEFI specification, appendix N.
//!
//! A header of 0x80 bytes, a descriptor of 0x48 bytes for each section, and the sections. Whatever the bytes do not hold is
//! `None`; nothing here fails.

mod mca;
mod memory;
mod names;
mod pcie;
mod processor;

pub use mca::{McaClass, McaStatus, Vendor};
pub use memory::MemoryError;
pub use names::{FLAGS, SECTION_FLAGS, creator, flags, notify_type, severity};
pub use pcie::{PcieDevice, PcieError};
pub use processor::{GenericProcessor, Mca, ProcessorInfo, XpfProcessor};

use crate::util::bounded::{array, ascii_z, slice, u8_at, u16_at, u32_at, u64_at};
use crate::util::guid::Guid;

/// What a record begins with.
pub const SIGNATURE: [u8; 4] = *b"CPER";
/// Bytes of a record's header.
pub const HEADER: usize = 0x80;
/// Bytes of a section's descriptor.
pub const DESCRIPTOR: usize = 0x48;
/// The largest record that is read. Windows' own are a few hundred bytes, with logs of drivers some thousand.
pub const LARGEST: usize = 1 << 20;
/// More sections than any record has.
const MOST_SECTIONS: usize = 256;

/// A record of a hardware error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorRecord {
    /// Minor and major revision, as one number: 0x210 is 2.1.
    pub revision: u16,
    /// 0 recoverable, 1 fatal, 2 corrected, 3 informational.
    pub severity: u32,
    /// Bytes that the record says it has.
    pub length: u32,
    /// When the error happened, where that is stated.
    pub time: Option<Stamp>,
    /// The platform, where it is stated.
    pub platform: Option<Guid>,
    /// The software partition, where it is stated.
    pub partition: Option<Guid>,
    /// Who made the record.
    pub creator: Guid,
    /// How the error was reported.
    pub notify: Guid,
    /// The record's number.
    pub id: u64,
    /// [`FLAGS`].
    pub flags: u32,
    /// The sections, in their order.
    pub sections: Vec<Section>,
    /// Sections that the header counts but whose descriptor the bytes do not hold.
    pub missing: usize,
}

/// A moment as the record writes it; not checked to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Year with its century.
    pub year: u16,
    /// Month, day, hour, minute, second.
    pub rest: [u8; 5],
}

/// A part of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Bytes from the record to the section's descriptor.
    pub descriptor: usize,
    /// Bytes from the record to the section.
    pub offset: u32,
    /// Bytes of the section.
    pub length: u32,
    /// [`SECTION_FLAGS`].
    pub flags: u32,
    /// As the record's.
    pub severity: u32,
    /// What kind of section it is.
    pub kind: Guid,
    /// The part that can be replaced, where it is stated.
    pub fru: Option<Guid>,
    /// The same in words.
    pub fru_text: Option<String>,
    /// What it says.
    pub body: Body,
}

/// What a section says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A processor, in words that hold for every kind.
    GenericProcessor(GenericProcessor),
    /// An x86 or x64 processor.
    Processor(XpfProcessor),
    /// A bank of the machine check architecture.
    Mca(Mca),
    /// Memory.
    Memory(MemoryError),
    /// A device of PCI Express.
    Pcie(PcieError),
    /// A non-maskable interrupt: its 8 data bytes and its flags.
    Nmi {
        /// As the hardware gave them.
        data: u64,
        /// Bit 0: the error came from the hypervisor's partition.
        flags: u32,
    },
    /// The firmware's own record: its type (0 to 2) and number.
    Firmware {
        /// 0 IPF SAL, 1 SOC type 1, 2 SOC type 2.
        kind: u8,
        /// Its number.
        id: u64,
    },
    /// A kind that is not read.
    Other,
    /// The record does not hold all of what its kind has.
    Short,
}

impl ErrorRecord {
    /// The record at the beginning of `bytes`; `None` where there is none, or only a part of its header.
    pub fn parse(bytes: &[u8]) -> Option<ErrorRecord> {
        let header = slice(bytes, 0, HEADER)?;
        if !header.starts_with(&SIGNATURE) || u32_at(header, 6)? != u32::MAX {
            return None;
        }
        let count = usize::from(u16_at(header, 0xa)?);
        let valid = u32_at(header, 0x10)?;
        let length = u32_at(header, 0x14)?;
        // Bytes behind the record are not its own.
        let bytes = bytes.get(..bytes.len().min(length as usize)).unwrap_or_default();
        let guid = |at, bit: u32| Some(Guid(array(header, at)?)).filter(|_| valid & bit != 0);
        let sections: Vec<Section> = (0..count.min(MOST_SECTIONS))
            .map_while(|index| Section::parse(bytes, HEADER + index * DESCRIPTOR))
            .collect();
        Some(ErrorRecord {
            revision: u16_at(header, 4)?,
            severity: u32_at(header, 0xc)?,
            length,
            time: Stamp::parse(header).filter(|_| valid & 2 != 0),
            platform: guid(0x20, 1),
            partition: guid(0x30, 4),
            creator: Guid(array(header, 0x40)?),
            notify: Guid(array(header, 0x50)?),
            id: u64_at(header, 0x60)?,
            flags: u32_at(header, 0x68)?,
            missing: count - sections.len(),
            sections,
        })
    }
}

impl Stamp {
    /// Each member is a decimal number as it is, not packed (`WHEA_TIMESTAMP`; UEFI calls them BCD).
    fn parse(header: &[u8]) -> Option<Stamp> {
        let [second, minute, hour, _, day, month, year, century] = array(header, 0x18)?;
        let year = u16::from(century) * 100 + u16::from(year);
        Some(Stamp { year, rest: [month, day, hour, minute, second] })
    }
}

impl Section {
    fn parse(record: &[u8], descriptor: usize) -> Option<Section> {
        let head = slice(record, descriptor, DESCRIPTOR)?;
        let valid = u8_at(head, 0xa)?;
        let (offset, length) = (u32_at(head, 0)?, u32_at(head, 4)?);
        let kind = Guid(array(head, 0x10)?);
        let body = slice(record, offset as usize, length as usize);
        Some(Section {
            descriptor,
            offset,
            length,
            flags: u32_at(head, 0xc)?,
            severity: u32_at(head, 0x30)?,
            kind,
            fru: Some(Guid(array(head, 0x20)?)).filter(|_| valid & 1 != 0),
            fru_text: ascii_z(head, 0x34, 20).filter(|_| valid & 2 != 0),
            body: body.and_then(|body| Body::parse(kind, body)).unwrap_or(Body::Short),
        })
    }

    /// What the kind of section is called; `None` for kinds that are not known.
    pub fn title(&self) -> Option<&'static str> {
        names::SECTIONS.iter().find(|(kind, _)| Guid::of(*kind) == self.kind).map(|(_, title)| *title)
    }
}

impl Body {
    fn parse(kind: Guid, body: &[u8]) -> Option<Body> {
        Some(match kind {
            _ if kind == Guid::of(names::GENERIC_PROCESSOR) => {
                Body::GenericProcessor(GenericProcessor::parse(body)?)
            }
            _ if kind == Guid::of(names::XPF_PROCESSOR) => Body::Processor(XpfProcessor::parse(body)?),
            _ if kind == Guid::of(names::MCA) => Body::Mca(Mca::parse(body)?),
            _ if kind == Guid::of(names::MEMORY) => Body::Memory(MemoryError::parse(body)?),
            _ if kind == Guid::of(names::PCIE) => Body::Pcie(PcieError::parse(body)?),
            _ if kind == Guid::of(names::NMI) => {
                Body::Nmi { data: u64_at(body, 0)?, flags: u32_at(body, 8)? }
            }
            _ if kind == Guid::of(names::FIRMWARE) => {
                Body::Firmware { kind: u8_at(body, 0)?, id: u64_at(body, 8)? }
            }
            _ => Body::Other,
        })
    }
}

#[cfg(test)]
mod tests;
