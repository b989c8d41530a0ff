//! Where Windows maps its own page tables, and which pages the machine can have.
//!
//! One slot of the topmost table refers to the table itself, so that the tables lie in virtual memory one behind the other,
//! an entry of eight bytes a page (Intel SDM volume 3, section 4.5, applied to itself).

use crate::debuggee::{Scope, Target};
use crate::dump::PhysicalMemoryRuns;
use crate::memory::Memory;

/// The base before build 14393, which made it random (STRUCTS section 9).
const FIXED_BASE: u64 = 0xffff_f680_0000_0000;
const BUILD_1607: u32 = 14393;
/// Bits that an entry's address takes below the base: 36 of the page, three of the eight bytes.
const ENTRY: u64 = 0x7f_ffff_fff8;
/// Bytes of all entries of four levels.
const SIZE: u64 = 1 << 39;

/// The range of addresses in which the page tables lie, with four levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PteSpace {
    base: u64,
}

impl PteSpace {
    /// That of the Windows that crashed; `None` where nothing tells it.
    pub fn of(target: &Target) -> Option<PteSpace> {
        let stated = target.debugger_data().and_then(|data| data.nonzero("PteBase"));
        let build = target.header().ok()?.minor_version;
        let base = stated.or((build < BUILD_1607).then_some(FIXED_BASE))?;
        base.is_multiple_of(SIZE).then_some(PteSpace { base })
    }

    /// Whether an address lies in it.
    pub fn contains(self, address: u64) -> bool {
        address & !(SIZE - 1) == self.base
    }

    /// Where the entry of a level lies that an address goes through: 0 is the entry of its page.
    pub fn entry(self, address: u64, level: u32) -> u64 {
        (0..=level).fold(address, |address, _| self.base | address >> 9 & ENTRY)
    }

    /// The address whose page an entry maps; `None` for what is no entry's address.
    pub fn mapped(self, entry: u64) -> Option<u64> {
        (self.contains(entry) && entry.is_multiple_of(8)).then(|| mapped(entry))
    }
}

/// The address whose page an entry maps that lies at `entry`, wherever the page tables are.
pub fn mapped(entry: u64) -> u64 {
    let address = (entry & ENTRY) << 9;
    // The highest bit that is translated is the sign.
    ((address << 16) as i64 >> 16) as u64
}

/// The highest page that the machine can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HighestPage {
    /// Its number.
    pub number: u64,
    /// Whether it is only an upper bound: from the sizes of the memory modules.
    pub is_bound: bool,
}

/// The highest page, by what the kernel counts, the header's list of memory, or the firmware's list of modules.
pub fn highest_page(scope: &Scope<'_>) -> Option<HighestPage> {
    let target = scope.target();
    let header = target.header().ok()?;
    let counted = target.debugger_data().and_then(|data| data.nonzero("MmHighestPhysicalPage"));
    let counted = counted.and_then(|at| scope.memory().u64(at).ok()).filter(|&page| page != 0);
    // The header has room for some runs only; the last ones are the highest.
    let whole = |memory: &&PhysicalMemoryRuns| memory.runs.len() == memory.number_of_runs as usize;
    let listed =
        header.physical_memory.as_ref().filter(whole).and_then(|memory| {
            memory.runs.iter().map(|run| run.base_page.saturating_add(run.page_count)).max()
        });
    if let Some(number) = counted.or(listed.map(|end| end.saturating_sub(1)).filter(|&page| page != 0)) {
        return Some(HighestPage { number, is_bound: false });
    }
    let firmware = target.dump().ok()?.tagged().hardware().firmware?;
    let bytes: u64 = firmware.memory.iter().filter_map(|module| module.size).sum();
    // Devices take addresses below the memory that is moved up for them, at most as much as there is.
    (bytes > 0).then_some(HighestPage { number: bytes / 0x1000 * 2 + 0x10_0000, is_bound: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a dump of 9600: KUSER_SHARED_DATA and its entries.
    #[test]
    fn entries_lie_where_the_processor_looks_for_them() {
        let space = PteSpace { base: FIXED_BASE };
        assert_eq!(space.entry(0x7ffe_0320, 0), 0xffff_f680_003f_ff00);
        assert_eq!(space.entry(0x7ffe_0320, 1), 0xffff_f6fb_4000_1ff8);
        assert_eq!(space.mapped(0xffff_f680_003f_ff00), Some(0x7ffe_0000));
        assert_eq!(space.mapped(0xffff_f680_003f_ff01), None);
        assert_eq!(space.mapped(0xffff_f800_003f_ff00), None);
        assert_eq!(mapped(space.entry(0xffff_b7ae_7a62_9000, 0)), 0xffff_b7ae_7a62_9000);
    }
}
