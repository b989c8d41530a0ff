//! x64 address translation: 4 and 5 levels, pages of 4 KiB, 2 MiB and 1 GiB, pages in transition, prototype PTEs.

use std::sync::Arc;

use super::Memory;
use super::error::{Level, ReadError, Reason};
use super::physical::PhysicalMemory;
pub use super::pte::{FileNumberBits, Pte, PteEncoding, PteKind};
pub use super::translation::{Entry, Translation, WalkError};
use super::translation_cache::TranslationCache;
use crate::dump::DumpFile;
use crate::util::bits::extend;

/// Levels from the root down; with 4 levels the first is left out.
pub(super) const LEVELS: [(Level, u32); 5] =
    [(Level::Pml5e, 48), (Level::Pxe, 39), (Level::Ppe, 30), (Level::Pde, 21), (Level::Pte, 12)];
/// Bits of a physical address in CR3; the others hold the PCID and flags.
const ROOT: u64 = 0x000f_ffff_ffff_f000;

/// Bits of a virtual page number with 57-bit addresses.
const PAGE_NUMBER: u64 = (1 << 45) - 1;

/// The virtual memory of one directory table base.
#[derive(Clone)]
pub struct Paging {
    physical: PhysicalMemory,
    root: u64,
    five_levels: bool,
    encoding: PteEncoding,
    caches: Arc<Caches>,
}

/// Translations of this root, levels and encoding.
struct Caches {
    /// Places of pages.
    pages: TranslationCache,
    /// Places of page tables.
    tables: TranslationCache,
}

impl Caches {
    /// Empty ones. They grow to 512 KiB (256 MiB of neighbouring pages) and 8 KiB.
    fn new() -> Arc<Caches> {
        Arc::new(Caches { pages: TranslationCache::new(16), tables: TranslationCache::new(10) })
    }
}

/// Where a walk ended well.
struct Found {
    physical: u64,
    page_size: u64,
    transition: bool,
    prototype: Option<(u64, Pte)>,
}

impl Paging {
    /// The address space that the dump's header names, with 4 levels.
    pub fn new(dump: &DumpFile) -> Paging {
        Paging {
            physical: PhysicalMemory::new(dump),
            root: dump.header().directory_table_base & ROOT,
            five_levels: false,
            encoding: PteEncoding::of_build(dump.header().minor_version).at_time(dump.header().system_time),
            caches: Caches::new(),
        }
    }

    /// The same with another directory table base (CR3; its low bits are ignored).
    pub fn with_directory_table_base(&self, base: u64) -> Paging {
        Paging { root: base & ROOT, caches: Caches::new(), ..self.clone() }
    }

    /// The same with 5 levels (CR4.LA57) or 4.
    pub fn with_five_levels(&self, five_levels: bool) -> Paging {
        Paging { five_levels, caches: Caches::new(), ..self.clone() }
    }

    /// The same with another encoding of entries that are not valid.
    pub fn with_encoding(&self, encoding: PteEncoding) -> Paging {
        Paging { encoding, caches: Caches::new(), ..self.clone() }
    }

    /// Physical address of the root table.
    pub fn directory_table_base(&self) -> u64 {
        self.root
    }

    /// 4 or 5.
    pub fn levels(&self) -> u32 {
        if self.five_levels { 5 } else { 4 }
    }

    /// How entries that are not valid are encoded.
    pub fn encoding(&self) -> PteEncoding {
        self.encoding
    }

    /// The physical memory below.
    pub fn physical(&self) -> &PhysicalMemory {
        &self.physical
    }

    /// Translates with every entry on the way.
    ///
    /// # Errors
    /// Why the address has no page, with the entries read so far.
    pub fn translate(&self, address: u64) -> Result<Translation, WalkError> {
        let mut entries = Vec::with_capacity(5);
        match self.walk(address, true, &mut |entry| entries.push(entry)) {
            Ok(found) => Ok(Translation {
                address,
                physical: found.physical,
                page_size: found.page_size,
                entries,
                transition: found.transition,
                prototype: found.prototype,
            }),
            Err(reason) => Err(WalkError { error: ReadError::new(address, reason), entries }),
        }
    }

    /// Whether the address is canonical for this number of levels.
    pub fn is_canonical(&self, address: u64) -> bool {
        let used = if self.five_levels { 57 } else { 48 };
        extend(address, used).cast_unsigned() == address
    }

    fn walk(
        &self,
        address: u64,
        follow_prototype: bool,
        visit: &mut dyn FnMut(Entry),
    ) -> Result<Found, Reason> {
        if !self.is_canonical(address) {
            return Err(Reason::NotCanonical);
        }
        let mut table = self.root;
        let mut transition = false;
        let levels = LEVELS.get(usize::from(!self.five_levels)..).unwrap_or(&LEVELS);
        for &(level, shift) in levels {
            let at = table + (address >> shift & 0x1ff) * 8;
            let value = match self.physical.u64(at) {
                Ok(value) => Pte(value),
                Err(error) => {
                    return Err(Reason::Table { level, entry: at, why: Box::new(error.reason) });
                }
            };
            visit(Entry { level, address: at, value });
            let page_size = 1u64 << shift;
            let frame = if value.valid() {
                value.frame()
            } else if value.transition() {
                transition = true;
                self.encoding.transition_frame(value)
            } else if level == Level::Pte && value.prototype() && follow_prototype {
                return self.through_prototype(address, value);
            } else {
                return Err(self.encoding.reason(level, value));
            };
            let large = value.valid() && value.large() && matches!(level, Level::Pde | Level::Ppe);
            if large || level == Level::Pte {
                let offset = address & (page_size - 1);
                return Ok(Found {
                    physical: frame & !(page_size - 1) | offset,
                    page_size,
                    transition,
                    prototype: None,
                });
            }
            table = frame;
        }
        Err(Reason::NoMemory)
    }

    /// The page of a shared mapping that is out of this working set but may be in memory.
    fn through_prototype(&self, address: u64, entry: Pte) -> Result<Found, Reason> {
        let reason = self.encoding.reason(Level::Pte, entry);
        let Reason::Prototype { address: at } = reason else {
            return Err(reason);
        };
        let mut bytes = [0u8; 8];
        for (index, byte) in bytes.iter_mut().enumerate() {
            // Prototypes are 8-aligned in Windows; a damaged pointer may straddle two pages.
            let byte_at = at.checked_add(index as u64).ok_or(Reason::EndOfSpace)?;
            let Ok(found) = self.walk(byte_at, false, &mut |_| {}) else {
                return Err(reason);
            };
            let Ok(value) = self.physical.u8(found.physical) else {
                return Err(reason);
            };
            *byte = value;
        }
        let prototype = Pte(u64::from_le_bytes(bytes));
        let frame = if prototype.valid() {
            prototype.frame()
        } else if prototype.transition() {
            self.encoding.transition_frame(prototype)
        } else if prototype.prototype() || prototype.0 == 0 {
            // A subsection: the page is still in its file.
            return Err(reason);
        } else {
            return Err(self.encoding.reason(Level::Pte, prototype));
        };
        Ok(Found {
            physical: frame | address & 0xfff,
            page_size: 0x1000,
            transition: true,
            prototype: Some((at, prototype)),
        })
    }
}

impl Paging {
    /// The bytes at a canonical address whose translation is remembered, or at least its page table.
    fn remembered(&self, address: u64) -> Option<&[u8]> {
        let page = address >> 12 & PAGE_NUMBER;
        if let Some(place) = self.caches.pages.get(page) {
            return self.physical.at_place(place, address);
        }
        let table = self.caches.tables.get(page >> 9)?;
        let entry = self.physical.at_place(table, (page & 0x1ff) * 8)?;
        let entry = Pte(u64::from_le_bytes(*entry.first_chunk()?));
        if !entry.valid() {
            return None;
        }
        let place = self.physical.place(entry.frame())?;
        self.caches.pages.put(page, place);
        self.physical.at_place(place, address)
    }

    /// Remembers a page and the table that led to it.
    fn remember(&self, address: u64, physical: u64, last: Entry) {
        let page = address >> 12 & PAGE_NUMBER;
        if let Some(place) = self.physical.place(physical) {
            self.caches.pages.put(page, place);
        }
        if last.level == Level::Pte
            && let Some(place) = self.physical.place(last.address)
        {
            self.caches.tables.put(page >> 9, place);
        }
    }
}

impl Memory for Paging {
    fn window(&self, address: u64) -> Result<&[u8], ReadError> {
        if self.is_canonical(address)
            && let Some(bytes) = self.remembered(address)
        {
            return Ok(bytes);
        }
        let mut last = None;
        let found = self
            .walk(address, true, &mut |entry| last = Some(entry))
            .map_err(|reason| ReadError::new(address, reason))?;
        let bytes = self.physical.window(found.physical).map_err(|error| {
            let reason = match error.reason {
                Reason::NotInDump { pfn } if last.is_some_and(|entry| !entry.value.valid()) => {
                    Reason::Transition { pfn }
                }
                reason => reason,
            };
            ReadError::new(address, reason)
        })?;
        if let Some(last) = last {
            self.remember(address, found.physical, last);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
