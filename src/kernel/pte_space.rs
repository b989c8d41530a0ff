//! Where Windows maps its own page tables.
//!
//! One slot of the root table refers to the root itself, so the entries of all addresses lie in an array that begins at
//! PteBase (Intel SDM volume 3, recursive mapping; `PteBase` of KDDEBUGGER_DATA64, `wdbgexts.h`).

use crate::debuggee::Target;
use crate::memory::paging::{Paging, Pte};
use crate::memory::{Level, Memory};
use crate::util::bits::{extend, low};

/// The base before build 14393, which made it random.
const FIXED_BASE: u64 = 0xffff_f680_0000_0000;
const BUILD_1607: u32 = 14393;
/// Levels from the root down, with the bits of an address below each; the first only with addresses of 57 bits.
const LEVELS: [(Level, u32); 5] =
    [(Level::Pml5e, 48), (Level::Pxe, 39), (Level::Ppe, 30), (Level::Pde, 21), (Level::Pte, 12)];
/// Slots of the root table that the kernel's half of the addresses has.
const KERNEL_SLOTS: std::ops::Range<u64> = 0x100..0x200;
/// Bits that the address of an entry takes below the base with four levels: 36 of the page, three of the eight bytes.
const ENTRY: u64 = 0x7f_ffff_fff8;

/// What tells where the entries begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseSource {
    /// The debugger data block.
    DebuggerData,
    /// The variable nt!MmPteBase.
    Variable,
    /// Windows before 10 1607 has it at a fixed place.
    Fixed,
    /// The slot of the root table that refers to the root.
    Root,
}

/// The range of addresses in which the page tables lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PteSpace {
    base: u64,
    source: BaseSource,
    five_levels: bool,
}

impl PteSpace {
    /// That of the Windows that crashed; `None` where nothing tells it. What states it is believed where the root table
    /// agrees, or is not in the dump.
    pub fn of(target: &Target) -> Option<PteSpace> {
        let build = target.header().ok()?.minor_version;
        let data = target.debugger_data().and_then(|data| data.nonzero("PteBase"));
        let stated = match data {
            Some(base) => Some((base, BaseSource::DebuggerData)),
            None if build < BUILD_1607 => Some((FIXED_BASE, BaseSource::Fixed)),
            None => target
                .variable("nt!MmPteBase")
                .and_then(|(at, _)| Some((target.memory().u64(at).ok()?, BaseSource::Variable))),
        };
        // The array fills a slot of the root table in the kernel's half; those of 48 bits begin with sixteen ones.
        let stated = stated.filter(|(base, _)| base >> 63 != 0 && base.trailing_zeros() >= 39);
        let five_levels = |base: u64| base >> 48 != 0xffff;
        let stated = stated.map(|(base, source)| PteSpace { base, source, five_levels: five_levels(base) });
        let Some(paging) = target.memory().paging() else { return stated };
        let shift = 9 * paging.levels() + 3;
        match stated {
            Some(space) if refers_to_root(paging, space.slot()) => stated,
            _ => KERNEL_SLOTS.into_iter().find(|&slot| refers_to_root(paging, slot)).map_or(stated, |slot| {
                let base = extend(slot << shift, shift + 9).cast_unsigned();
                Some(PteSpace { base, source: BaseSource::Root, five_levels: paging.levels() == 5 })
            }),
        }
    }

    /// Where the entries begin.
    pub fn base(self) -> u64 {
        self.base
    }

    /// The address after the last entry; `None` where no address follows.
    pub fn end(self) -> Option<u64> {
        self.base.checked_add(1 << (self.bits() - 9))
    }

    /// What tells it.
    pub fn source(self) -> BaseSource {
        self.source
    }

    /// The slot of the root table that refers to the root.
    pub fn slot(self) -> u64 {
        self.base >> (self.bits() - 9) & 0x1ff
    }

    /// Bits of a virtual address that count.
    fn bits(self) -> u32 {
        if self.five_levels { 57 } else { 48 }
    }

    /// Levels from the root down, with the bits of an address below each.
    pub fn levels(five_levels: bool) -> &'static [(Level, u32)] {
        LEVELS.get(usize::from(!five_levels)..).unwrap_or(&LEVELS)
    }

    /// Whether addresses have 57 bits.
    pub fn has_five_levels(self) -> bool {
        self.five_levels
    }

    /// Whether an address lies in it.
    pub fn contains(self, address: u64) -> bool {
        address.wrapping_sub(self.base) < 1 << (self.bits() - 9)
    }

    /// Where the entry of a level lies that an address goes through: 0 is the entry of its page. One of 8 bytes maps 4096,
    /// and the entry of an entry is the next level's.
    pub fn entry(self, address: u64, level: u32) -> u64 {
        (0..=level).fold(address, |at, _| self.base.wrapping_add(low(at, self.bits()) >> 9 & !7))
    }

    /// The address whose page an entry maps; `None` for what is no entry's address.
    pub fn mapped(self, entry: u64) -> Option<u64> {
        let address = || extend((entry.wrapping_sub(self.base) & !7) << 9, self.bits()).cast_unsigned();
        (self.contains(entry) && entry.is_multiple_of(8)).then(address)
    }

    /// The first address below an entry, and the entry's level: one that maps the array itself is of a higher level. `None`
    /// for what is no entry's address.
    pub fn below(self, entry: u64) -> Option<(Level, u64)> {
        let mut found = None;
        let mut at = entry & !7;
        for (level, _) in PteSpace::levels(self.five_levels).iter().rev() {
            let Some(mapped) = self.mapped(at) else { break };
            found = Some((*level, mapped));
            at = mapped;
        }
        found
    }
}

/// The page tables that a number names: the page frame of a root table, or its address (CR3). What refers to itself as a
/// root does is one; where that does not tell, a number that could be an address is one.
pub fn root_of(paging: &Paging, space: Option<PteSpace>, number: u64) -> Paging {
    let frame = paging.with_directory_table_base(number << 12);
    let address = paging.with_directory_table_base(number);
    let is_root = |paging: &Paging| space.is_some_and(|space| refers_to_root(paging, space.slot()));
    match (is_root(&frame), is_root(&address)) {
        (true, false) => frame,
        (false, true) => address,
        _ if number.is_multiple_of(0x1000) => address,
        _ => frame,
    }
}

/// Whether a slot of the root table refers to the root.
fn refers_to_root(paging: &Paging, slot: u64) -> bool {
    let root = paging.directory_table_base();
    let entry = paging.physical().u64(root.wrapping_add(slot * 8)).map(Pte);
    entry.is_ok_and(|entry| entry.valid() && entry.frame() == root)
}

/// The address whose page an entry maps that lies at `entry`, wherever the page tables are.
pub fn mapped(entry: u64) -> u64 {
    extend((entry & ENTRY) << 9, 48).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses that were published with those of their entries: PXE, PPE, PDE, PTE.
    const PUBLISHED: [(u64, [u64; 4]); 3] = [
        (
            0x1a4_2ea3_0240,
            [0xffff_ecf6_7b3d_9018, 0xffff_ecf6_7b20_3480, 0xffff_ecf6_4069_0ba8, 0xffff_ec80_d217_5180],
        ),
        (
            0xffff_c480_68d7_d000,
            [0xffff_fc7e_3f1f_8c48, 0xffff_fc7e_3f18_9008, 0xffff_fc7e_3120_1a30, 0xffff_fc62_4034_6be8],
        ),
        (
            0xffff_ffff_ffff_ffff,
            [0xffff_f5fa_fd7e_bff8, 0xffff_f5fa_fd7f_fff8, 0xffff_f5fa_ffff_fff8, 0xffff_f5ff_ffff_fff8],
        ),
    ];

    fn space(base: u64, five_levels: bool) -> PteSpace {
        PteSpace { base, source: BaseSource::DebuggerData, five_levels }
    }

    /// From a dump of 9600: KUSER_SHARED_DATA and its entries.
    #[test]
    fn entries_lie_where_the_processor_looks_for_them() {
        let space = space(FIXED_BASE, false);
        assert_eq!(space.entry(0x7ffe_0320, 0), 0xffff_f680_003f_ff00);
        assert_eq!(space.entry(0x7ffe_0320, 1), 0xffff_f6fb_4000_1ff8);
        assert_eq!(space.mapped(0xffff_f680_003f_ff00), Some(0x7ffe_0000));
        assert_eq!(space.mapped(0xffff_f680_003f_ff01), None);
        assert_eq!(space.mapped(0xffff_f800_003f_ff00), None);
        assert_eq!(mapped(space.entry(0xffff_b7ae_7a62_9000, 0)), 0xffff_b7ae_7a62_9000);
    }

    #[test]
    fn entries_lie_where_windows_has_them() {
        for (address, entries) in PUBLISHED {
            // The array fills a slot of the root table.
            let space = space(entries[3] & !((1 << 39) - 1), false);
            for (level, at) in [Level::Pxe, Level::Ppe, Level::Pde, Level::Pte].into_iter().zip(entries) {
                assert_eq!(space.entry(address, level as u32), at, "{level} of {address:x}");
                let (found, mapped) = space.below(at).unwrap();
                assert_eq!(space.entry(mapped, found as u32), at, "{at:x}");
            }
            assert_eq!(space.mapped(entries[3]), Some(address & !0xfff));
            assert_eq!(space.below(space.base - 8), None);
        }
        // An entry of a table that maps user addresses is of its own level.
        let space = space(0xffff_ec80_0000_0000, false);
        let levels = PUBLISHED[0].1.map(|at| space.below(at).unwrap().0);
        assert_eq!(levels, [Level::Pxe, Level::Ppe, Level::Pde, Level::Pte]);
    }

    #[test]
    fn five_levels_make_the_array_larger() {
        let space = space(0xffc0_0000_0000_0000, true);
        for address in [0xffff_d98c_4032_3000, 0x1a4_2ea3_0000, 0x00ff_0000_1234_5000] {
            assert_eq!(space.below(space.entry(address, 0)), Some((Level::Pte, address)));
        }
    }
}
