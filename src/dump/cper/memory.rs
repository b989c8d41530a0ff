//! The section about memory: UEFI appendix N.2.5.

use crate::util::bounded::{u8_at, u16_at, u64_at};

/// Where in memory it happened, as far as the platform tells. What it calls invalid is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryError {
    /// The kind of error: its number.
    pub kind: Option<u8>,
    /// The physical address.
    pub address: Option<u64>,
    /// Which bits of it count.
    pub mask: Option<u64>,
    /// Node, card, module, bank, device, row, column, bit, rank and the handles of SMBIOS structures, by their names.
    pub place: Vec<(&'static str, u16)>,
}

/// Names, bits and offsets of what tells the place.
const PLACE: [(&str, u32, usize); 11] = [
    ("Node", 3, 32),
    ("Card", 4, 34),
    ("Module", 5, 36),
    ("Bank", 6, 38),
    ("Device", 7, 40),
    ("Row", 8, 42),
    ("Column", 9, 44),
    ("Bit Position", 10, 46),
    ("Rank Number", 15, 74),
    ("Card Handle", 16, 76),
    (MODULE_HANDLE, 17, 78),
];
const MODULE_HANDLE: &str = "Module Handle";
const KINDS: [&str; 16] = [
    "Unknown",
    "No error",
    "Single-bit ECC",
    "Multi-bit ECC",
    "Single-symbol ChipKill ECC",
    "Multi-symbol ChipKill ECC",
    "Master abort",
    "Target abort",
    "Parity Error",
    "Watchdog timeout",
    "Invalid address",
    "Mirror Broken",
    "Memory Sparing",
    "Scrub corrected error",
    "Scrub uncorrected error",
    "Physical Memory Map-out event",
];

impl MemoryError {
    pub(super) fn parse(body: &[u8]) -> Option<MemoryError> {
        let valid = u64_at(body, 0)?;
        let is = |bit: u32| valid >> bit & 1 != 0;
        let (address, mask) = (u64_at(body, 16)?, u64_at(body, 24)?);
        let kind = u8_at(body, 72)?;
        let place = PLACE.iter().filter(|(_, bit, _)| is(*bit));
        Some(MemoryError {
            kind: is(14).then_some(kind),
            address: is(1).then_some(address),
            mask: is(2).then_some(mask),
            // The first version of the section ends before the rank.
            place: place.filter_map(|(name, _, at)| Some((*name, u16_at(body, *at)?))).collect(),
        })
    }

    /// The handle of the SMBIOS structure of the memory module.
    pub fn module_handle(&self) -> Option<u16> {
        self.place.iter().find(|(name, _)| *name == MODULE_HANDLE).map(|(_, handle)| *handle)
    }

    /// The kind in words.
    pub fn kind_name(&self) -> Option<&'static str> {
        self.kind.and_then(|kind| KINDS.get(usize::from(kind)).copied())
    }
}
