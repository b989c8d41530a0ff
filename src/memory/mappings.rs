//! Everything that the page tables of one address space map.

use super::Memory;
use super::error::{Level, ReadError};
use super::paging::{LEVELS, Paging, Pte};
use crate::util::bits::extend;
use std::ops::RangeInclusive;

/// Entries of a table.
const ENTRIES: u64 = 512;

/// A step on the way through all tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A page that the processor can use.
    Page {
        /// Its virtual address.
        address: u64,
        /// Its physical address.
        physical: u64,
        /// Its size in bytes.
        size: u64,
    },
    /// A table was begun: a place to stop at. Damaged tables may refer to each other for longer than anybody waits.
    Table,
    /// A table cannot be read.
    Missing(ReadError),
}

/// A table on the way from the root to where the walk is.
struct Place {
    /// Physical address of the table.
    table: u64,
    /// The entry that is next.
    index: u64,
    /// First address that it maps.
    address: u64,
}

/// The walk through all tables, by address.
pub struct Mappings<'p> {
    paging: &'p Paging,
    levels: &'static [(Level, u32)],
    way: Vec<Place>,
    /// Slot of the root that refers to the root: behind it the tables themselves are mapped.
    skipped: Option<u64>,
    /// The addresses that are asked about.
    wanted: RangeInclusive<u64>,
}

impl Paging {
    /// All valid pages, by address, without those that the slot `skipped` of the root maps.
    pub fn mappings(&self, skipped: Option<u64>) -> Mappings<'_> {
        Mappings { skipped, ..self.mappings_within(0..=u64::MAX) }
    }

    /// The valid pages of which some byte lies in a range, by address.
    pub fn mappings_within(&self, wanted: RangeInclusive<u64>) -> Mappings<'_> {
        let levels = LEVELS.get(usize::from(self.levels() == 4)..).unwrap_or(&LEVELS);
        let root = Place { table: self.directory_table_base(), index: 0, address: 0 };
        Mappings { paging: self, levels, way: vec![root], skipped: None, wanted }
    }
}

impl Iterator for Mappings<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            let depth = self.way.len().checked_sub(1)?;
            let place = self.way.last_mut()?;
            let Some(&(level, shift)) = self.levels.get(depth).filter(|_| place.index < ENTRIES) else {
                self.way.pop();
                continue;
            };
            let (index, at) = (place.index, place.table.wrapping_add(place.index * 8));
            place.index += 1;
            if depth == 0 && self.skipped == Some(index) {
                continue;
            }
            let address = place.address | index << shift;
            let bits = if self.levels.len() == 5 { 57 } else { 48 };
            let first = extend(address, bits).cast_unsigned();
            let last = first.saturating_add((1 << shift) - 1);
            if last < *self.wanted.start() || first > *self.wanted.end() {
                continue;
            }
            let entry = match self.paging.physical().u64(at) {
                Ok(entry) => Pte(entry),
                Err(error) => {
                    // All of the table is in one page.
                    self.way.pop();
                    return Some(Step::Missing(error));
                }
            };
            if !entry.valid() {
                continue;
            }
            let large = entry.large() && matches!(level, Level::Pde | Level::Ppe);
            if large || level == Level::Pte {
                let size = 1u64 << shift;
                return Some(Step::Page { address: first, physical: entry.frame() & !(size - 1), size });
            }
            self.way.push(Place { table: entry.frame(), index: 0, address });
            return Some(Step::Table);
        }
    }
}
