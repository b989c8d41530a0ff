//! x64 address translation: 4 and 5 levels, pages of 4 KiB, 2 MiB and 1 GiB, pages in transition, prototype PTEs.

use super::Memory;
use super::error::{Level, ReadError, Reason};
use super::physical::PhysicalMemory;
pub use super::pte::{Pte, PteEncoding};
pub use super::translation::{Entry, Translation, WalkError};
use crate::dump::DumpFile;

/// Levels from the root down; with 4 levels the first is left out.
const LEVELS: [(Level, u32); 5] = [
    (Level::Pml5e, 48),
    (Level::Pxe, 39),
    (Level::Ppe, 30),
    (Level::Pde, 21),
    (Level::Pte, 12),
];
/// Bits of a physical address in CR3; the others hold the PCID and flags.
const ROOT: u64 = 0x000f_ffff_ffff_f000;

/// The virtual memory of one directory table base.
#[derive(Clone)]
pub struct Paging {
    physical: PhysicalMemory,
    root: u64,
    five_levels: bool,
    encoding: PteEncoding,
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
            encoding: PteEncoding::of_build(dump.header().minor_version),
        }
    }

    /// The same with another directory table base (CR3; its low bits are ignored).
    pub fn with_directory_table_base(&self, base: u64) -> Paging {
        Paging {
            root: base & ROOT,
            ..self.clone()
        }
    }

    /// The same with 5 levels (CR4.LA57) or 4.
    pub fn with_five_levels(&self, five_levels: bool) -> Paging {
        Paging {
            five_levels,
            ..self.clone()
        }
    }

    /// The same with another encoding of entries that are not valid.
    pub fn with_encoding(&self, encoding: PteEncoding) -> Paging {
        Paging {
            encoding,
            ..self.clone()
        }
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
            Err(reason) => Err(WalkError {
                error: ReadError::new(address, reason),
                entries,
            }),
        }
    }

    /// Whether the address is canonical for this number of levels.
    pub fn is_canonical(&self, address: u64) -> bool {
        let unused = if self.five_levels { 7 } else { 16 };
        let signed = address.cast_signed();
        signed << unused >> unused == signed
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
                    return Err(Reason::Table {
                        level,
                        entry: at,
                        why: Box::new(error.reason),
                    });
                }
            };
            visit(Entry {
                level,
                address: at,
                value,
            });
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

impl Memory for Paging {
    fn window(&self, address: u64) -> Result<&[u8], ReadError> {
        let mut leaf = Pte(0);
        let found = self
            .walk(address, true, &mut |entry| leaf = entry.value)
            .map_err(|reason| ReadError::new(address, reason))?;
        self.physical.window(found.physical).map_err(|error| {
            let reason = match error.reason {
                Reason::NotInDump { pfn } if !leaf.valid() => Reason::Transition { pfn },
                reason => reason,
            };
            ReadError::new(address, reason)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::synth::{LARGE, Machine, VALID};

    fn paging(machine: &Machine, kind: u32) -> Paging {
        Paging::new(&DumpFile::from_bytes("generated.dmp", machine.dump(kind)).unwrap())
    }

    const KERNEL: u64 = 0xffff_f800_1000_0000;

    #[test]
    fn walks_show_every_entry() {
        let mut machine = Machine::new(0x100, 4);
        machine.map(KERNEL, 7);
        machine.pattern(7);
        for kind in [2, 5, 7] {
            let paging = paging(&machine, kind);
            let found = paging.translate(KERNEL + 0x123).unwrap();
            assert_eq!((found.physical, found.page_size), (0x7123, 0x1000));
            let levels: Vec<Level> = found.entries.iter().map(|entry| entry.level).collect();
            assert_eq!(levels, [Level::Pxe, Level::Ppe, Level::Pde, Level::Pte]);
            for entry in &found.entries {
                assert_eq!(machine.get(entry.address), entry.value.0);
            }
            assert_eq!(paging.u64(KERNEL + 8), Ok(7 << 16 | 1));
            // The walk that fails keeps what it saw.
            let failed = paging.translate(KERNEL + 0x1000).unwrap_err();
            assert_eq!(failed.entries.len(), 4);
            assert_eq!(failed.error.reason, Reason::NotMapped { level: Level::Pte });
        }
    }

    #[test]
    fn five_levels() {
        let mut machine = Machine::new(0x100, 5);
        let address = 0xff80_1234_5678_9000;
        machine.map(address, 9);
        machine.pattern(9);
        let four = paging(&machine, 1);
        assert_eq!(four.window(address).unwrap_err().reason, Reason::NotCanonical);
        let five = four.with_five_levels(true);
        assert_eq!(five.u64(address), Ok(9 << 16));
        assert_eq!(five.translate(address).unwrap().entries.len(), 5);
        assert_eq!(five.window(1 << 56).unwrap_err().reason, Reason::NotCanonical);
    }

    #[test]
    fn huge_pages_end_where_their_frames_are_missing() {
        let mut machine = Machine::new(0x50_0000, 4);
        machine.entry(KERNEL & !0x3fff_ffff, 30, 0x4000_0000 | VALID | LARGE);
        machine.pattern(0x4_0001);
        let paging = paging(&machine, 5);
        let at = (KERNEL & !0x3fff_ffff) + 0x1000;
        assert_eq!(paging.translate(at).unwrap().page_size, 1 << 30);
        assert_eq!(paging.u64(at + 8), Ok(0x4_0001 << 16 | 1));
        let error = paging.read(at, &mut [0; 0x1001]).unwrap_err();
        assert_eq!(
            error,
            ReadError::new(at + 0x1000, Reason::NotInDump { pfn: 0x4_0002 })
        );
    }

    #[test]
    fn tables_and_pages_in_transition_are_read() {
        let mut machine = Machine::new(0x100, 4);
        machine.map(KERNEL, 7);
        machine.pattern(7);
        // The page and its page table both left the working set; bit 45 is set against speculation.
        machine.entry(KERNEL, 12, 1 << 45 | 7 << 12 | 0x880);
        let table =
            machine.get(machine.get(machine.get(machine.root << 12 | 0xf80) & !0xfff) & !0xfff | 0x400);
        machine.entry(KERNEL, 21, 1 << 45 | table & !0xfff | 0x880);
        let found = paging(&machine, 5).translate(KERNEL);
        // The walk above is easy to get wrong: the entry read must be the one that was made.
        let found = found.unwrap();
        assert!(found.transition);
        assert_eq!(found.physical, 0x7000);
    }

    #[test]
    fn prototypes_are_followed_once() {
        let mut machine = Machine::new(0x100, 4);
        let prototypes = KERNEL + 0x10_0000;
        machine.map(prototypes, 3);
        machine.pattern(7);
        let to = |at: u64| (at & 0xffff_ffff_ffff) << 16 | 0x400;
        machine.put(0x3000, 7 << 12 | VALID);
        machine.put(0x3008, 7 << 12 | 0x890);
        machine.put(0x3010, to(prototypes + 0x10));
        machine.put(0x3018, 5 << 32 | 0x90);
        for index in 0..5 {
            machine.entry(KERNEL + index * 0x1000, 12, to(prototypes + index * 8));
        }
        machine.entry(KERNEL + 0x5000, 12, to(KERNEL + 0x5000));
        let paging = paging(&machine, 5);
        assert_eq!(paging.u64(KERNEL), Ok(7 << 16));
        assert_eq!(paging.u64(KERNEL + 0x1008), Ok(7 << 16 | 1));
        assert_eq!(
            paging.translate(KERNEL).unwrap().prototype,
            Some((prototypes, Pte(7 << 12 | VALID)))
        );
        let reason = |at| paging.window(at).unwrap_err().reason;
        assert_eq!(
            reason(KERNEL + 0x2000),
            Reason::Prototype {
                address: prototypes + 0x10
            }
        );
        assert_eq!(reason(KERNEL + 0x3000), Reason::PageFile { number: 0, offset: 5 });
        assert_eq!(
            reason(KERNEL + 0x4000),
            Reason::Prototype {
                address: prototypes + 0x20
            }
        );
        assert_eq!(
            reason(KERNEL + 0x5000),
            Reason::Prototype {
                address: KERNEL + 0x5000
            }
        );
    }

    #[test]
    fn tables_that_refer_to_themselves_end() {
        let mut machine = Machine::new(0x100, 4);
        let root = machine.root;
        machine.put(root << 12, root << 12 | VALID);
        let paging = paging(&machine, 5);
        assert_eq!(paging.translate(0).unwrap().physical, root << 12);
    }

    #[test]
    fn other_processes_have_other_tables() {
        let mut machine = Machine::new(0x100, 4);
        machine.map(0x1000, 7);
        let first = machine.root;
        machine.root = 0x80;
        machine.page(0x80);
        machine.map(0x1000, 8);
        let paging = paging(&machine, 10);
        assert_eq!(paging.translate(0x1000).unwrap().physical, 0x8000);
        let other = paging.with_directory_table_base(first << 12 | 0x8000_0000_0000_0001);
        assert_eq!(other.translate(0x1000).unwrap().physical, 0x7000);
    }
}
