//! The function table (`.pdata`): where each function begins and ends, looked up without loading the table.

use super::bytes::{self, ImageBytes};
use super::headers::{Directory, Headers, MACHINE_AMD64, MACHINE_ARM64};
use crate::util::bounded;

/// The most entries that a table is believed to have; the largest kernels and drivers have below 100,000.
const MAX_ENTRIES: u32 = 1 << 20;

/// One `RUNTIME_FUNCTION`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuntimeFunction {
    /// RVA of the first byte.
    pub begin: u32,
    /// RVA after the last byte.
    pub end: u32,
    /// x64: RVA of the unwind information, or with bit 0 set of another table entry. ARM64: the raw second word,
    /// which is packed unwind data if its low two bits are not zero, else the RVA of an `.xdata` record.
    pub unwind: u32,
}

/// Where the table lies and what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionTable {
    /// RVA of the first entry.
    pub rva: u32,
    /// Number of entries.
    pub count: u32,
    arm64: bool,
}

/// The answer to a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionLookup {
    /// The function that holds the address.
    Found(RuntimeFunction),
    /// The table says that no function with unwind data holds it (a leaf function, or no code).
    NotListed,
    /// The table entry at this RVA is needed and missing.
    Unreadable(u32),
}

impl FunctionTable {
    /// Finds the table; `None` if the image has none or the machine has no such table (32-bit x86).
    pub fn of(headers: &Headers) -> Option<FunctionTable> {
        let arm64 = match headers.machine {
            MACHINE_AMD64 => false,
            MACHINE_ARM64 => true,
            _ => return None,
        };
        let directory = headers.directory(Directory::Exception)?;
        let width = if arm64 { 8 } else { 12 };
        Some(FunctionTable { rva: directory.rva, count: (directory.size / width).min(MAX_ENTRIES), arm64 })
    }

    /// The table entry of this index, `None` if out of range or missing.
    pub fn entry(&self, image: &(impl ImageBytes + ?Sized), index: u32) -> Option<RuntimeFunction> {
        if index >= self.count {
            return None;
        }
        let at = self.entry_rva(index)?;
        if !self.arm64 {
            return read_entry(image, at);
        }
        let raw: [u8; 8] = bytes::array(image, at)?;
        let (begin, unwind) = (bounded::u32_at(&raw, 0)?, bounded::u32_at(&raw, 4)?);
        // Function lengths are in instructions: 11 bits of packed data, 18 bits of an .xdata record.
        let instructions = match unwind & 3 {
            0 => bytes::u32_at(image, unwind)? & 0x3_ffff,
            _ => unwind >> 2 & 0x7ff,
        };
        Some(RuntimeFunction { begin, end: begin.checked_add(instructions * 4)?, unwind })
    }

    /// The function that holds `rva`, by binary search over the table in place.
    pub fn lookup(&self, image: &(impl ImageBytes + ?Sized), rva: u32) -> FunctionLookup {
        let (mut low, mut high) = (0, self.count);
        // Invariant: entries below `low` begin at or below `rva`, entries from `high` on begin above it.
        while low < high {
            let middle = low + (high - low) / 2;
            let at = self.entry_rva(middle).unwrap_or(u32::MAX);
            match bytes::u32_at(image, at) {
                Some(begin) if begin <= rva => low = middle + 1,
                Some(_) => high = middle,
                None => return FunctionLookup::Unreadable(at),
            }
        }
        let Some(index) = low.checked_sub(1) else {
            return FunctionLookup::NotListed;
        };
        match self.entry(image, index) {
            Some(function) if rva < function.end => FunctionLookup::Found(function),
            Some(_) => FunctionLookup::NotListed,
            None => FunctionLookup::Unreadable(self.entry_rva(index).unwrap_or(u32::MAX)),
        }
    }

    /// All readable entries in table order.
    pub fn iter<'a>(
        &'a self,
        image: &'a (impl ImageBytes + ?Sized),
    ) -> impl Iterator<Item = RuntimeFunction> + 'a {
        (0..self.count).map_while(move |index| self.entry(image, index))
    }

    fn entry_rva(&self, index: u32) -> Option<u32> {
        let width = if self.arm64 { 8 } else { 12 };
        self.rva.checked_add(index.checked_mul(width)?)
    }
}

impl RuntimeFunction {
    /// Follows an x64 entry whose unwind field points to another entry (bit 0 set), once, as the system does.
    pub fn resolve(self, image: &(impl ImageBytes + ?Sized)) -> Option<RuntimeFunction> {
        match self.unwind & 1 {
            0 => Some(self),
            _ => read_entry(image, self.unwind & !1),
        }
    }
}

/// The x64 entry at `rva`.
pub fn read_entry(image: &(impl ImageBytes + ?Sized), rva: u32) -> Option<RuntimeFunction> {
    let raw: [u8; 12] = bytes::array(image, rva)?;
    Some(RuntimeFunction {
        begin: bounded::u32_at(&raw, 0)?,
        end: bounded::u32_at(&raw, 4)?,
        unwind: bounded::u32_at(&raw, 8)?,
    })
}
