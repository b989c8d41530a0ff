//! The driver lists of a triage dump: loaded drivers, the broken driver, unloaded drivers.

use std::ops::Range;

use super::kind::Bits;
use crate::util::bounded;

/// At most this many drivers are read; Windows itself stays below 1000. With the limit on names this bounds memory
/// to 24 MiB, however often damaged entries refer to the same long text.
const MAX_DRIVERS: usize = 0x2000;
/// The kernel remembers 50 unloaded drivers; a file may claim more.
const MAX_UNLOADED: usize = 0x1000;
/// A longer name is damage: the loader's paths have at most 260 characters.
const MAX_NAME_UNITS: usize = 0x400;

/// A loaded driver as the triage dump lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriageDriver {
    /// Path or bare file name, as the writer gave it; empty where the name is unreadable.
    pub name: String,
    /// File range of the KLDR_DATA_TABLE_ENTRY image.
    pub entry: Range<usize>,
    /// DllBase.
    pub base: u64,
    /// EntryPoint.
    pub entry_point: u64,
    /// SizeOfImage.
    pub size: u32,
    /// Flags of the loader; zero, or whatever stood there before, where the writer left them out.
    pub flags: u32,
    /// CheckSum of the PE header.
    pub checksum: u32,
    /// TimeDateStamp of the PE header.
    pub time_date_stamp: u32,
    /// Bytes of the full path, from the entry's UNICODE_STRING (its text is not in the file).
    pub full_name_length: u16,
    /// Bytes of the file name, from the entry's UNICODE_STRING.
    pub base_name_length: u16,
}

/// A driver that is no longer loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnloadedDriver {
    /// At most the first 12 characters.
    pub name: String,
    /// First address it occupied.
    pub start: u64,
    /// First address after it.
    pub end: u64,
}

/// Where the lists are, and what is needed to read them.
pub(super) struct Layout<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) bits: Bits,
    pub(super) list: u32,
    pub(super) count: u32,
    pub(super) string_pool: u32,
    /// An address inside the kernel image: KdDebuggerDataBlock.
    pub(super) kernel_pointer: u64,
}

/// Offsets in a KLDR_DATA_TABLE_ENTRY.
struct EntryOffsets {
    base: usize,
    entry_point: usize,
    size: usize,
    full_name: usize,
    base_name: usize,
    flags: usize,
    checksum: usize,
    time_date_stamp: usize,
}

/// In the form that triage dumps use, which keeps TimeDateStamp at 0x80 on every build seen (9600 to 26100, x64 and
/// ARM64).
const ENTRY64: EntryOffsets = EntryOffsets {
    base: 0x30,
    entry_point: 0x38,
    size: 0x40,
    full_name: 0x48,
    base_name: 0x58,
    flags: 0x68,
    checksum: 0x78,
    time_date_stamp: 0x80,
};

/// KLDR_DATA_TABLE_ENTRY32 of the public kernel types; no real 32-bit triage dump was at hand to confirm it.
const ENTRY32: EntryOffsets = EntryOffsets {
    base: 0x18,
    entry_point: 0x1c,
    size: 0x20,
    full_name: 0x24,
    base_name: 0x2c,
    flags: 0x34,
    checksum: 0x40,
    time_date_stamp: 0x44,
};

impl Layout<'_> {
    fn offsets(&self) -> (&'static EntryOffsets, usize, usize) {
        // DUMP_DRIVER_ENTRY: a 32-bit name offset, padded to a pointer, then the entry.
        match self.bits {
            Bits::Bits32 => (&ENTRY32, 4, 8),
            Bits::Bits64 => (&ENTRY64, 8, 16),
        }
    }

    /// The drivers and the distance between their entries.
    pub(super) fn drivers(&self, warnings: &mut Vec<String>) -> (Vec<TriageDriver>, usize) {
        let Some(stride) = self.stride() else {
            if self.count > 0 {
                warnings.push(format!(
                    "the list of {} drivers at {:#x} cannot be read: no entry size fits between it and the names at {:#x}",
                    self.count, self.list, self.string_pool
                ));
            }
            return (Vec::new(), 0);
        };
        let drivers: Vec<TriageDriver> = (0..(self.count as usize).min(MAX_DRIVERS))
            .map_while(|index| {
                let at = (self.list as usize).checked_add(index.checked_mul(stride)?)?;
                self.driver_at(u32::try_from(at).ok()?, stride)
            })
            .collect();
        if drivers.len() < self.count as usize {
            warnings.push(format!(
                "the driver list is cut off: {} of {} drivers are readable",
                drivers.len(),
                self.count
            ));
        }
        if self.bits == Bits::Bits64 && !drivers.first().is_some_and(|kernel| self.is_kernel(kernel)) {
            warnings.push(
                "the first driver of the list does not cover the kernel's debugger data: the list may be misread"
                    .to_owned(),
            );
        }
        (drivers, stride)
    }

    fn is_kernel(&self, driver: &TriageDriver) -> bool {
        self.kernel_pointer.checked_sub(driver.base).is_some_and(|offset| offset < u64::from(driver.size))
    }

    /// The distance between entries: not stored, and it has differed between builds. The names follow the list, so
    /// the room between the two gives it.
    fn stride(&self) -> Option<usize> {
        let count = (self.count as usize).min(MAX_DRIVERS);
        if count == 0 || self.list == 0 {
            return None;
        }
        let room = (self.string_pool as usize).checked_sub(self.list as usize)?;
        let (offsets, prefix, align) = self.offsets();
        let least = prefix + offsets.time_date_stamp + 4;
        let stride = room / count / (align / 2) * (align / 2);
        (least..=0x400).contains(&stride).then_some(stride)
    }

    /// The driver whose DUMP_DRIVER_ENTRY is at `offset`; `None` for offset 0 or where the file ends.
    pub(super) fn driver_at(&self, offset: u32, stride: usize) -> Option<TriageDriver> {
        if offset == 0 {
            return None;
        }
        let (offsets, prefix, _) = self.offsets();
        let start = (offset as usize).checked_add(prefix)?;
        let size = stride.max(prefix + offsets.time_date_stamp + 4) - prefix;
        let entry = bounded::slice(self.bytes, start, size)?;
        let pointer = |at| match self.bits {
            Bits::Bits32 => bounded::u32_at(entry, at).map(u64::from),
            Bits::Bits64 => bounded::u64_at(entry, at),
        };
        let name_offset = bounded::u32_at(self.bytes, offset as usize)?;
        Some(TriageDriver {
            name: self.name(name_offset).unwrap_or_default(),
            entry: start..start + size,
            base: pointer(offsets.base)?,
            entry_point: pointer(offsets.entry_point)?,
            size: bounded::u32_at(entry, offsets.size)?,
            flags: bounded::u32_at(entry, offsets.flags)?,
            checksum: bounded::u32_at(entry, offsets.checksum)?,
            time_date_stamp: bounded::u32_at(entry, offsets.time_date_stamp)?,
            full_name_length: bounded::u16_at(entry, offsets.full_name)?,
            base_name_length: bounded::u16_at(entry, offsets.base_name)?,
        })
    }

    /// DUMP_STRING: length in UTF-16 units, then the units.
    fn name(&self, offset: u32) -> Option<String> {
        if offset == 0 {
            return None;
        }
        let units = bounded::u32_at(self.bytes, offset as usize)? as usize;
        if units > MAX_NAME_UNITS {
            return None;
        }
        let text = bounded::utf16(self.bytes, (offset as usize).checked_add(4)?, units)?;
        Some(text.trim_end_matches('\0').to_owned())
    }

    /// DUMP_UNLOADED_DRIVERS: a count, then entries of UNICODE_STRING, 12 characters of the name, start, end.
    pub(super) fn unloaded(&self, offset: u32, warnings: &mut Vec<String>) -> Vec<UnloadedDriver> {
        if offset == 0 {
            return Vec::new();
        }
        let start = offset as usize;
        let (count_size, entry_size, name_at) = match self.bits {
            Bits::Bits32 => (4, 0x28, 8),
            Bits::Bits64 => (8, 0x38, 0x10),
        };
        let count = bounded::uint_at(self.bytes, start, count_size).unwrap_or(0);
        let wanted = usize::try_from(count).unwrap_or(usize::MAX).min(MAX_UNLOADED);
        let drivers: Vec<UnloadedDriver> = (0..wanted)
            .map_while(|index| {
                let at = start.checked_add(count_size)?.checked_add(index.checked_mul(entry_size)?)?;
                let entry = bounded::slice(self.bytes, at, entry_size)?;
                let size = if self.bits == Bits::Bits64 { 8 } else { 4 };
                // Without a NUL the field goes on with whatever was there before: the UNICODE_STRING has the length.
                let units = usize::from(bounded::u16_at(entry, 0)? / 2);
                let raw = bounded::utf16(entry, name_at, if units == 0 { 12 } else { units.min(12) })?;
                Some(UnloadedDriver {
                    name: raw.split('\0').next().unwrap_or_default().to_owned(),
                    start: bounded::uint_at(entry, name_at + 24, size)?,
                    end: bounded::uint_at(entry, name_at + 24 + size, size)?,
                })
            })
            .collect();
        if drivers.len() as u64 != count {
            warnings.push(format!("{} of {count} unloaded drivers are readable", drivers.len()));
        }
        drivers
    }
}
