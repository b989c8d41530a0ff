//! What is odd about an entry of the page tables: what broken memory leaves there.

use super::physical_limit::HighestPage;
use crate::memory::Level;
use crate::memory::paging::{Pte, PteEncoding, PteKind};

/// What is odd about an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryOddity {
    /// One bit is set and all others are zero, where zero, or more than that, would be right.
    LoneBit {
        /// Which, from 0 on.
        bit: u8,
    },
    /// It names a page beyond the computer's memory.
    BeyondMemory {
        /// The page frame.
        pfn: u64,
        /// How far memory goes.
        highest: HighestPage,
        /// Single bits without which the page exists, highest first, each with the page frame that is left.
        without: Vec<(u8, u64)>,
    },
}

impl PteEncoding {
    /// What is odd about an entry that stands in a page table. Memory-mapped devices have pages beyond memory too: where
    /// nothing else speaks for a damaged entry, that alone is no proof.
    pub fn oddities(&self, level: Level, entry: Pte, highest: Option<HighestPage>) -> Vec<EntryOddity> {
        let mut odd = Vec::new();
        let kind = self.kind(level, entry);
        // A protection alone is a page that was never touched, and the inverted bit alone is an entry without a page.
        let is_usual = matches!(kind, PteKind::DemandZero { .. }) || entry.0 == self.invalid_mask;
        if entry.0.is_power_of_two() && !is_usual {
            odd.push(EntryOddity::LoneBit { bit: bit(entry.0) });
            return odd;
        }
        let (PteKind::Valid { pfn, .. } | PteKind::Transition { pfn, .. }) = kind else { return odd };
        let Some(highest) = highest.filter(|highest| pfn > highest.number) else { return odd };
        let set = (0..52u8).rev().filter(|at| pfn >> at & 1 == 1).map(|at| (at + 12, pfn & !(1 << at)));
        let without = set.filter(|(_, left)| *left <= highest.number && *left != 0).collect();
        odd.push(EntryOddity::BeyondMemory { pfn, highest, without });
        odd
    }
}

/// The number of the highest bit that is set.
fn bit(value: u64) -> u8 {
    u8::try_from(value.checked_ilog2().unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::physical_limit::LimitSource;
    use super::*;

    /// Entries of real dumps (`1A`, `BE`), as an expert read them by hand.
    #[test]
    fn one_bit_tells_broken_memory() {
        let encoding = PteEncoding::of_build(19041).with_high_bit(0);
        assert_eq!(
            encoding.oddities(Level::Pte, Pte(0x20_0000_0000), None),
            [EntryOddity::LoneBit { bit: 37 }]
        );
        assert_eq!(
            encoding.oddities(Level::Pte, Pte(0x4000_0000_0000), None),
            [EntryOddity::LoneBit { bit: 46 }]
        );
        let highest = HighestPage { number: 0x5f_ffff, source: LimitSource::Kernel };
        assert_eq!(
            encoding.oddities(Level::Pte, Pte(0x8100_0021_252a_8867), Some(highest)),
            [EntryOddity::BeyondMemory { pfn: 0x212_52a8, highest, without: vec![(37, 0x12_52a8)] }]
        );
    }

    #[test]
    fn usual_entries_are_not_blamed() {
        let encoding = PteEncoding::of_build(19041).with_high_bit(45);
        let highest = HighestPage { number: 0x5f_ffff, source: LimitSource::Kernel };
        for entry in [0, 0x80, 0x20, 1 << 45, 0x8100_0001_252a_8867, 0x001b_beda_0000_2084] {
            assert_eq!(encoding.oddities(Level::Pte, Pte(entry), Some(highest)), [], "{entry:x}");
        }
        assert_eq!(encoding.oddities(Level::Pte, Pte(0x8100_0021_252a_8867), None), []);
    }
}
