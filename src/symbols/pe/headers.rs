//! The headers of an image: file header, optional header, data directories, sections.
//!
//! Layout: Microsoft's "PE Format" specification.

use super::PeError;
use super::bytes::{self, ImageBytes};
use crate::util::bounded;

/// `IMAGE_FILE_MACHINE_I386`.
pub const MACHINE_I386: u16 = 0x14c;
/// `IMAGE_FILE_MACHINE_AMD64`.
pub const MACHINE_AMD64: u16 = 0x8664;
/// `IMAGE_FILE_MACHINE_ARMNT`.
pub const MACHINE_ARMNT: u16 = 0x1c4;
/// `IMAGE_FILE_MACHINE_ARM64`.
pub const MACHINE_ARM64: u16 = 0xaa64;

/// The furthest `e_lfanew` that is believed; linkers put the NT headers within the first kilobytes.
const MAX_NT_OFFSET: u32 = 0x10_0000;
/// The most sections that are read; Windows refuses images with more than 96.
const MAX_SECTIONS: u16 = 1024;

/// Index of a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Directory {
    /// Export table.
    Export = 0,
    /// Import table.
    Import = 1,
    /// Resources.
    Resource = 2,
    /// `.pdata`.
    Exception = 3,
    /// Certificates, addressed by file offset.
    Security = 4,
    /// Base relocations.
    BaseRelocation = 5,
    /// Debug directory.
    Debug = 6,
    /// Machine specific description.
    Description = 7,
    /// Global pointer.
    Special = 8,
    /// Thread storage.
    ThreadStorage = 9,
    /// Load configuration.
    LoadConfiguration = 10,
    /// Bound imports.
    BoundImport = 11,
    /// Import address table.
    ImportAddressTable = 12,
    /// Delay imports.
    DelayImport = 13,
    /// COR20 header.
    Cor20 = 14,
}

/// Where a data directory lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DataDirectory {
    /// Relative virtual address (a file offset for [`Directory::Security`]).
    pub rva: u32,
    /// Size in bytes.
    pub size: u32,
}

/// A section header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Name, at most 8 bytes; bytes outside ASCII show as `?`.
    pub name: String,
    /// Size in memory; zero in some old images, where the raw size counts.
    pub virtual_size: u32,
    /// Relative virtual address.
    pub rva: u32,
    /// Size of the data in the file.
    pub raw_size: u32,
    /// File offset of the data.
    pub raw_offset: u32,
    /// File offset of relocations (object files only).
    pub relocations_offset: u32,
    /// File offset of line numbers.
    pub line_numbers_offset: u32,
    /// Number of relocations.
    pub relocations: u16,
    /// Number of line numbers.
    pub line_numbers: u16,
    /// `IMAGE_SCN_*`.
    pub characteristics: u32,
}

impl Section {
    /// Bytes that the section takes in memory.
    pub fn memory_size(&self) -> u32 {
        match self.virtual_size {
            0 => self.raw_size,
            size => size,
        }
    }

    /// True where `rva` lies in the section.
    pub fn contains(&self, rva: u32) -> bool {
        rva.checked_sub(self.rva).is_some_and(|offset| offset < self.memory_size())
    }

    /// `IMAGE_SCN_MEM_EXECUTE`.
    pub fn is_executable(&self) -> bool {
        self.characteristics & 0x2000_0000 != 0
    }

    /// `IMAGE_SCN_MEM_WRITE`.
    pub fn is_writable(&self) -> bool {
        self.characteristics & 0x8000_0000 != 0
    }

    /// `IMAGE_SCN_MEM_DISCARDABLE`: not in memory once the driver is initialised.
    pub fn is_discardable(&self) -> bool {
        self.characteristics & 0x0200_0000 != 0
    }
}

/// A pair of version numbers, major first.
pub type Version = (u16, u16);

/// All header fields; names follow the specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// Offset of the `PE\0\0` signature.
    pub nt_offset: u32,
    /// `IMAGE_FILE_MACHINE_*`.
    pub machine: u16,
    /// Number of sections that the file header states.
    pub section_count: u16,
    /// Link time, or a hash of the contents in `/Brepro` images.
    pub time_date_stamp: u32,
    /// File offset of the COFF symbol table.
    pub symbol_table_offset: u32,
    /// Number of COFF symbols.
    pub symbol_count: u32,
    /// Size of the optional header in bytes.
    pub optional_header_size: u16,
    /// `IMAGE_FILE_*`.
    pub characteristics: u16,
    /// True for PE32+ (64-bit).
    pub is_64bit: bool,
    /// Linker version.
    pub linker_version: (u8, u8),
    /// Bytes of code.
    pub code_size: u32,
    /// Bytes of initialised data.
    pub initialized_data_size: u32,
    /// Bytes of uninitialised data.
    pub uninitialized_data_size: u32,
    /// RVA of the entry point, zero if none.
    pub entry_point: u32,
    /// RVA of the code.
    pub base_of_code: u32,
    /// Preferred base address.
    pub image_base: u64,
    /// Alignment of sections in memory.
    pub section_alignment: u32,
    /// Alignment of sections in the file.
    pub file_alignment: u32,
    /// Required operating system version.
    pub os_version: Version,
    /// Version given by the linker's user.
    pub image_version: Version,
    /// Required subsystem version.
    pub subsystem_version: Version,
    /// Reserved, zero.
    pub win32_version: u32,
    /// Size in memory.
    pub size_of_image: u32,
    /// Size of all headers.
    pub size_of_headers: u32,
    /// Checksum of the file.
    pub check_sum: u32,
    /// `IMAGE_SUBSYSTEM_*`.
    pub subsystem: u16,
    /// `IMAGE_DLLCHARACTERISTICS_*`.
    pub dll_characteristics: u16,
    /// Stack reserve.
    pub stack_reserve: u64,
    /// Stack commit.
    pub stack_commit: u64,
    /// Heap reserve.
    pub heap_reserve: u64,
    /// Heap commit.
    pub heap_commit: u64,
    /// Reserved.
    pub loader_flags: u32,
    /// At most 16 data directories.
    pub directories: Vec<DataDirectory>,
    /// The section headers that could be read.
    pub sections: Vec<Section>,
}

impl Headers {
    /// Reads and checks the headers of an image.
    pub fn read(image: &(impl ImageBytes + ?Sized)) -> Result<Headers, PeError> {
        let dos: [u8; 0x40] =
            bytes::array(image, 0).ok_or(PeError::Missing { what: "DOS header", rva: 0 })?;
        if !dos.starts_with(b"MZ") {
            return Err(PeError::Signature { what: "MZ", rva: 0 });
        }
        let nt_offset = bounded::u32_at(&dos, 0x3c).unwrap_or_default();
        if nt_offset > MAX_NT_OFFSET {
            return Err(PeError::Value { what: "e_lfanew", value: nt_offset, rva: 0x3c });
        }
        let file: [u8; 24] =
            bytes::array(image, nt_offset).ok_or(PeError::Missing { what: "NT headers", rva: nt_offset })?;
        if !file.starts_with(b"PE\0\0") {
            return Err(PeError::Signature { what: "PE", rva: nt_offset });
        }
        let optional_size = bounded::u16_at(&file, 20).unwrap_or_default();
        let optional_rva = nt_offset + 24;
        let optional = bytes::block(image, optional_rva, u32::from(optional_size), u32::from(u16::MAX))
            .ok_or(PeError::Missing { what: "optional header", rva: optional_rva })?;
        let mut headers = parse(nt_offset, &file, &optional).ok_or(PeError::Value {
            what: "optional header size",
            value: optional_size.into(),
            rva: nt_offset + 20,
        })??;
        let section_rva = optional_rva + u32::from(optional_size);
        headers.sections = sections(image, section_rva, headers.section_count);
        Ok(headers)
    }

    /// A data directory, if the image has it.
    pub fn directory(&self, which: Directory) -> Option<DataDirectory> {
        let directory = self.directories.get(which as usize)?;
        (directory.rva != 0 && directory.size != 0).then_some(*directory)
    }

    /// The section in which `rva` lies.
    pub fn section_of(&self, rva: u32) -> Option<&Section> {
        self.sections.iter().find(|section| section.contains(rva))
    }
}

/// `None` where the optional header is too short for its own kind.
fn parse(nt_offset: u32, file: &[u8], optional: &[u8]) -> Option<Result<Headers, PeError>> {
    use bounded::{u8_at, u16_at, u32_at, u64_at};
    let magic = u16_at(optional, 0)?;
    let is_64bit = match magic {
        0x10b => false,
        0x20b => true,
        _ => {
            let rva = nt_offset + 24;
            return Some(Err(PeError::Value { what: "optional header magic", value: magic.into(), rva }));
        }
    };
    let version = |at| Some((u16_at(optional, at)?, u16_at(optional, at + 2)?));
    // From the stack reserve on, fields have the pointer's size.
    let word = |index: usize| match is_64bit {
        true => u64_at(optional, 72 + index * 8),
        false => u32_at(optional, 72 + index * 4).map(u64::from),
    };
    let tail = if is_64bit { 104 } else { 88 };
    let directory_count = u32_at(optional, tail + 4)?.min(16) as usize;
    let directories = (0..directory_count)
        .map_while(|index| {
            let at = tail + 8 + index * 8;
            Some(DataDirectory { rva: u32_at(optional, at)?, size: u32_at(optional, at + 4)? })
        })
        .collect();
    Some(Ok(Headers {
        nt_offset,
        machine: u16_at(file, 4)?,
        section_count: u16_at(file, 6)?,
        time_date_stamp: u32_at(file, 8)?,
        symbol_table_offset: u32_at(file, 12)?,
        symbol_count: u32_at(file, 16)?,
        optional_header_size: u16_at(file, 20)?,
        characteristics: u16_at(file, 22)?,
        is_64bit,
        linker_version: (u8_at(optional, 2)?, u8_at(optional, 3)?),
        code_size: u32_at(optional, 4)?,
        initialized_data_size: u32_at(optional, 8)?,
        uninitialized_data_size: u32_at(optional, 12)?,
        entry_point: u32_at(optional, 16)?,
        base_of_code: u32_at(optional, 20)?,
        image_base: if is_64bit { u64_at(optional, 24)? } else { u32_at(optional, 28)?.into() },
        section_alignment: u32_at(optional, 32)?,
        file_alignment: u32_at(optional, 36)?,
        os_version: version(40)?,
        image_version: version(44)?,
        subsystem_version: version(48)?,
        win32_version: u32_at(optional, 52)?,
        size_of_image: u32_at(optional, 56)?,
        size_of_headers: u32_at(optional, 60)?,
        check_sum: u32_at(optional, 64)?,
        subsystem: u16_at(optional, 68)?,
        dll_characteristics: u16_at(optional, 70)?,
        stack_reserve: word(0)?,
        stack_commit: word(1)?,
        heap_reserve: word(2)?,
        heap_commit: word(3)?,
        loader_flags: u32_at(optional, tail)?,
        directories,
        sections: Vec::new(),
    }))
}

fn sections(image: &(impl ImageBytes + ?Sized), rva: u32, count: u16) -> Vec<Section> {
    use bounded::{u16_at, u32_at};
    let section = |header: [u8; 40]| {
        Some(Section {
            name: bounded::ascii_z(&header, 0, 8)?,
            virtual_size: u32_at(&header, 8)?,
            rva: u32_at(&header, 12)?,
            raw_size: u32_at(&header, 16)?,
            raw_offset: u32_at(&header, 20)?,
            relocations_offset: u32_at(&header, 24)?,
            line_numbers_offset: u32_at(&header, 28)?,
            relocations: u16_at(&header, 32)?,
            line_numbers: u16_at(&header, 34)?,
            characteristics: u32_at(&header, 36)?,
        })
    };
    bytes::table::<40>(image, rva, u32::from(count.min(MAX_SECTIONS)))
        .map_while(|header| section(header?))
        .collect()
}
