//! The first names of a public PDB without reading all of it: the publics stream lists its records by address.
//!
//! Only where this says all: no OMAP, no compiled module with records, no data among the globals. Everything else, and
//! whatever looks damaged, is left to the table of all names. Format: LLVM's "The PDB Public Symbol Stream".

use std::sync::{Mutex, OnceLock, PoisonError};

use pdb::FallibleIterator;

use super::debug_header::DebugHeader;
use super::msf::{Container, PagedStream};
use super::publics;
use super::streams::{LINKER_MODULE, Streams, has_records};
use crate::symbols::index::{Builder, MAX_NAMES, NameIndex};
use crate::util::bounded::{u16_at, u32_at};

/// Most sections of an image that the loader takes.
const MAX_SECTIONS: u32 = 96;

/// The publics stream: sizes of its hash table and address list, then 28 bytes in all, the table and the list. A hash
/// table begins with 16 bytes, of which the third word is the size of its entries of 8 bytes.
const PUBLICS_HEADER: u32 = 28;
const HASH_HEADER: u32 = 16;
const HASH_ENTRIES_AT: u32 = 8;
/// Globals are looked through to see that none has an address; not more than these.
const MAX_GLOBALS: u32 = 1 << 16;

/// A public's record: length, kind, flags, offset, section, name.
const S_PUB32: u16 = 0x110e;
const PUBLIC_NAME_AT: usize = 14;
const FLAGS_CODE: u32 = 1 | 2;
/// Kinds among the globals that name no address in the image: constants, type definitions, thread-local data, and
/// references into modules.
const ADDRESSLESS: [u16; 9] = [0x1107, 0x1108, 0x1112, 0x1113, 0x1125, 0x1126, 0x1127, 0x1128, 0x1129];

/// How many stretches of the table are kept: reading all names costs about as much as finding some hundred.
const MAX_STRETCHES: usize = 64;
/// More names at one address than these are left to the table of all names.
const MAX_SHARED: usize = 1024;

/// Answers by address.
pub(crate) struct SortedPublics {
    search: Mutex<Search>,
    known: [OnceLock<Stretch>; MAX_STRETCHES],
}

/// The names at an address and those at the next one: what the table of all names holds there.
struct Stretch {
    /// The addresses for which it is enough: the first, and the one after the last.
    from: u32,
    to: u64,
    names: NameIndex,
}

impl SortedPublics {
    /// Prepares to search; `None` where the publics are not all that has an address.
    pub(crate) fn new(file: &Streams) -> Option<SortedPublics> {
        if has_module_names(file)? {
            return None;
        }
        let search = Mutex::new(Search::new(&Container::new(file.input().clone())?)?);
        Some(SortedPublics { search, known: [const { OnceLock::new() }; MAX_STRETCHES] })
    }

    /// A part of the table of names that answers for `rva`; `None` once many were asked for.
    pub(crate) fn near(&self, rva: u32) -> Option<&NameIndex> {
        for cell in &self.known {
            if cell.get().is_none() {
                let mut search = self.search.lock().unwrap_or_else(PoisonError::into_inner);
                // Another thread may have been first; then its stretch is looked at below.
                let _ = cell.set(search.stretch(rva)?);
            }
            let stretch = cell.get()?;
            if rva >= stretch.from && u64::from(rva) < stretch.to {
                return Some(&stretch.names);
            }
        }
        None
    }
}

/// Whether the records of any compiled module or of the linker put a name into the table.
fn has_module_names(file: &Streams) -> Option<bool> {
    let mut names = Builder::default();
    let mut modules = file.debug().modules().ok()?;
    while let Some(module) = modules.next().ok()? {
        if !has_records(&module) {
            continue;
        }
        if module.module_name() != LINKER_MODULE {
            return Some(true);
        }
        publics::add_module(&mut names, file, &module, 0, &|| false);
    }
    Some(!names.is_empty())
}

/// What the address list is searched with.
struct Search {
    publics: PagedStream,
    records: PagedStream,
    /// Where the address list begins in `publics`, and how many entries it has.
    list: u32,
    count: u32,
    /// The addresses of the image's sections.
    sections: Vec<u32>,
}

impl Search {
    fn new(container: &Container) -> Option<Search> {
        let header =
            DebugHeader::read(container).filter(|header| !header.is_incremental && !header.is_rearranged)?;
        let sections = sections(container.stream(header.sections?)?)?;
        let mut records = container.stream(header.records)?;
        if globals_have_addresses(container.stream(header.globals)?, &mut records)? {
            return None;
        }
        let mut publics = container.stream(header.publics)?;
        let (hash_size, list_size) = (publics.u32_at(0)?, publics.u32_at(4)?);
        let list = PUBLICS_HEADER.checked_add(hash_size)?;
        let (count, entries) = (list_size / 4, publics.u32_at(PUBLICS_HEADER + HASH_ENTRIES_AT)? / 8);
        let whole = list.checked_add(list_size)? <= publics.len();
        let sound = whole && count == entries && count as usize <= MAX_NAMES;
        sound.then_some(Search { publics, records, list, count, sections })
    }

    /// Where the record of the entry is.
    fn record(&mut self, entry: u32) -> Option<u32> {
        self.publics.u32_at(self.list.checked_add(entry.checked_mul(4)?)?)
    }

    /// The address of an entry. What stands in no section is listed last, and has none that an image reaches.
    fn address(&mut self, entry: u32) -> Option<u64> {
        let at = self.record(entry)?;
        let record: [u8; PUBLIC_NAME_AT] = self.records.array(at)?;
        if u16_at(&record, 2)? != S_PUB32 {
            return None;
        }
        let section = usize::from(u16_at(&record, 12)?).checked_sub(1)?;
        let Some(&start) = self.sections.get(section) else {
            return Some(u64::MAX);
        };
        let address = start.checked_add(u32_at(&record, 8)?)?;
        // Names past a section's end would be in another order by address than in the list.
        let in_order = self.sections.get(section + 1).is_none_or(|&next| address <= next);
        in_order.then_some(u64::from(address))
    }

    /// The names at or before `rva` and the next ones; `None` where anything is odd.
    fn stretch(&mut self, rva: u32) -> Option<Stretch> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.address(middle)? <= u64::from(rva) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let mut entries = Vec::new();
        let before = self.run((0..low).rev(), &mut entries)?;
        let after = self.run(low..self.count, &mut entries)?;
        // The table keeps names of one address and kind in the order of their records.
        entries.sort_unstable_by_key(|&(record, _)| record);
        let mut names = Builder::default();
        for (record, address) in entries {
            self.add(&mut names, record, address)?;
        }
        let from = before.map_or(Some(0), |address| u32::try_from(address).ok())?;
        Some(Stretch { from, to: after.unwrap_or(u64::MAX), names: names.finish() })
    }

    /// Takes the first of `entries` and all that share its address, which is given back.
    fn run(&mut self, entries: impl Iterator<Item = u32>, into: &mut Vec<(u32, u32)>) -> Option<Option<u64>> {
        let mut first = None;
        for (taken, entry) in entries.enumerate() {
            let address = self.address(entry)?;
            let Ok(rva) = u32::try_from(address) else { break };
            if *first.get_or_insert(address) != address {
                break;
            }
            if taken >= MAX_SHARED {
                return None;
            }
            into.push((self.record(entry)?, rva));
        }
        Some(first)
    }

    fn add(&mut self, names: &mut Builder, at: u32, rva: u32) -> Option<()> {
        let len = u32::from(self.records.u16_at(at)?).checked_add(2)?;
        let record = self.records.bytes(at, len)?;
        let name = record.get(PUBLIC_NAME_AT..)?;
        let name = name.get(..memchr::memchr(0, name)?).filter(|name| !name.is_empty())?;
        let code = u32_at(&record, 4)? & FLAGS_CODE != 0;
        publics::add_public(names, &String::from_utf8_lossy(name), code, rva);
        Some(())
    }
}

/// The addresses of the sections, if they ascend.
fn sections(mut headers: PagedStream) -> Option<Vec<u32>> {
    let count = headers.len() / 40;
    if count > MAX_SECTIONS {
        return None;
    }
    let starts: Vec<u32> = (0..count).map(|at| headers.u32_at(at * 40 + 12)).collect::<Option<_>>()?;
    starts.is_sorted().then_some(starts)
}

/// Whether any global record names an address.
fn globals_have_addresses(mut globals: PagedStream, records: &mut PagedStream) -> Option<bool> {
    if globals.len() == 0 {
        return Some(false);
    }
    let size = globals.u32_at(HASH_ENTRIES_AT)?;
    if size / 8 > MAX_GLOBALS {
        return None;
    }
    let entries = globals.bytes(HASH_HEADER, size)?;
    let mut places: Vec<u32> = entries
        .chunks_exact(8)
        // Entries hold a record's place plus one.
        .map(|entry| u32_at(entry, 0)?.checked_sub(1))
        .collect::<Option<_>>()?;
    places.sort_unstable();
    for at in places {
        if !ADDRESSLESS.contains(&records.u16_at(at.checked_add(2)?)?) {
            return Some(true);
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn open(name: &str) -> Streams {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
        let mut bytes = std::fs::read(path).unwrap();
        if name.ends_with(".gz") {
            let mut plain = Vec::new();
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut plain)
                .unwrap();
            bytes = plain;
        }
        Streams::open(Box::new(std::io::Cursor::new(bytes)), Path::new(name)).unwrap()
    }

    /// Addresses and names from `llvm-pdbutil dump --publics` (tests/data/pdb/publics.txt).
    #[test]
    fn names_of_a_public_pdb() {
        let publics = SortedPublics::new(&open("pdb/publics.pdb.gz")).unwrap();
        let nearest = |rva| publics.near(rva).unwrap().nearest(rva).map(|s| (s.name.to_owned(), s.rva));
        let name = |name: &str, rva| Some((name.to_owned(), rva));
        assert_eq!(nearest(0xfff), None);
        assert_eq!(nearest(0x1000 + 40), name("gate::knock", 0x1020));
        assert_eq!(nearest(0x1000 + 96), name("DriverEntry", 0x1060));
        assert_eq!(nearest(0x1fff), name("gate::Door::open", 0x10d0));
        assert_eq!(nearest(0x3000 + 9), name("gate::front", 0x3008));
        assert_eq!(nearest(u32::MAX), name("fltused", 0x3000 + 1216));
        let folded = publics.near(0x1030).unwrap().exact(0x1030);
        assert_eq!(folded.iter().map(|s| s.name).collect::<Vec<_>>(), ["folded_first", "folded_second"]);
        assert_eq!(publics.near(0x1030).unwrap().following(0x1030).map(|s| s.rva), Some(0x1040));
    }

    #[test]
    fn the_same_stretch_is_read_once_and_the_last_place_is_kept() {
        let publics = SortedPublics::new(&open("pdb/publics.pdb.gz")).unwrap();
        for _ in 0..3 * MAX_STRETCHES {
            assert!(publics.near(0x1061).is_some());
        }
        assert_eq!(publics.known.iter().filter(|cell| cell.get().is_some()).count(), 1);
    }

    #[test]
    fn a_private_pdb_has_more_than_its_publics() {
        assert!(SortedPublics::new(&open("symbols/driver.pdb")).is_none());
    }
}
