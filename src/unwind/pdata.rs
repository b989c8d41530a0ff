//! Finds the entry for an address in a module's function table (`.pdata`).

use super::codes::read_entry;
use super::host::{FunctionEntry, Lookup, UnwindHost};

/// Bytes of a RUNTIME_FUNCTION of x64.
const ENTRY_SIZE: u64 = 12;

/// Where a module's function table stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionTable {
    /// The module's base.
    pub image_base: u64,
    /// Offset of the first entry.
    pub offset: u32,
    /// Bytes of all entries.
    pub size: u32,
}

/// The entry of `table` that covers `va`, by binary search: the table is sorted by begin. An unreadable entry on the
/// way makes the whole answer [`Lookup::NoData`], because "leaf" would then be a guess.
pub fn find_entry(host: &dyn UnwindHost, table: &FunctionTable, va: u64) -> Lookup {
    let Some(rva) = va
        .checked_sub(table.image_base)
        .and_then(|rva| u32::try_from(rva).ok())
    else {
        return Lookup::NoModule;
    };
    let first = table.image_base.wrapping_add(u64::from(table.offset));
    let (mut low, mut high) = (0u64, u64::from(table.size) / ENTRY_SIZE);
    if high == 0 {
        return Lookup::NoData;
    }
    let mut best: Option<FunctionEntry> = None;
    while low < high {
        let middle = low + (high - low) / 2;
        let address = first.wrapping_add(middle * ENTRY_SIZE);
        let Some(entry) = read_entry(host, table.image_base, address) else {
            return Lookup::NoData;
        };
        if entry.begin <= rva {
            best = Some(entry);
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    match best {
        Some(entry) if rva < entry.end => Lookup::Entry(entry),
        _ => Lookup::Leaf,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unwind::testing::Flat;

    const BASE: u64 = 0xffff_f800_0000_0000;

    #[test]
    fn the_covering_entry_is_found_and_gaps_are_leaves() {
        let mut flat = Flat::default();
        let mut bytes = Vec::new();
        for index in 0..100u32 {
            for part in [0x1000 + index * 0x20, 0x1018 + index * 0x20, 0x9000 + index] {
                bytes.extend(part.to_le_bytes());
            }
        }
        flat.put(BASE + 0x8000, &bytes);
        let table = FunctionTable {
            image_base: BASE,
            offset: 0x8000,
            size: 1200,
        };
        for index in [0u32, 1, 50, 99] {
            let va = BASE + 0x1000 + u64::from(index) * 0x20;
            for inside in [va, va + 0x17] {
                let Lookup::Entry(entry) = find_entry(&flat, &table, inside) else {
                    panic!("no entry for {inside:x}");
                };
                assert_eq!(entry.unwind, 0x9000 + index);
            }
            assert_eq!(find_entry(&flat, &table, va + 0x18), Lookup::Leaf);
        }
        assert_eq!(find_entry(&flat, &table, BASE + 0xfff), Lookup::Leaf);
        let longer = FunctionTable { size: 2400, ..table };
        assert_eq!(
            find_entry(&flat, &longer, BASE + 0x1000 + 99 * 0x20),
            Lookup::NoData
        );
    }
}
