//! What the kernel counts for each tag: `nt!PoolTrackTable`, a table for each processor.
//!
//! `_POOL_TRACKER_TABLE` from the symbol tables. `nt!ExPoolTagTables` has a pointer for each processor to a table as long as
//! the first one (which PoolTrackTable points to); a processor counts what it did itself, so that only sums mean something.

use super::tag::PoolTag;
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory as _;
use crate::util::bounded::uint_at;
use std::collections::BTreeMap;

/// What is counted for a tag in one kind of pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TagUse {
    /// Blocks that were handed out.
    pub allocs: u64,
    /// Blocks that were freed.
    pub frees: u64,
    /// Bytes in use.
    pub bytes: u64,
}

impl TagUse {
    /// Blocks in use.
    pub fn blocks(&self) -> i64 {
        self.allocs.wrapping_sub(self.frees) as i64
    }

    fn add(&mut self, other: TagUse) {
        self.allocs = self.allocs.wrapping_add(other.allocs);
        self.frees = self.frees.wrapping_add(other.frees);
        self.bytes = self.bytes.wrapping_add(other.bytes);
    }
}

/// Nonpaged and paged use of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// In nonpaged pool.
    pub nonpaged: TagUse,
    /// In paged pool.
    pub paged: TagUse,
}

impl Usage {
    /// Adds another's counts.
    pub fn add(&mut self, other: &Usage) {
        self.nonpaged.add(other.nonpaged);
        self.paged.add(other.paged);
    }
}

/// What the tables say, and what of them is not known.
pub struct Tracked {
    /// By tag.
    pub tags: BTreeMap<PoolTag, Usage>,
    /// Tables that were added up.
    pub tables: usize,
    /// What could not be read.
    pub missing: Vec<Lack>,
}

/// The most entries of a table: Windows' default is some thousands.
const MAX_ENTRIES: u64 = 1 << 20;
/// The most processors.
const MAX_TABLES: u64 = 2048;
/// Entries that are read at once.
const CHUNK: u64 = 512;

/// Adds up all tables.
///
/// # Errors
/// Where the first table is, is not known; [`Lack::Stopped`].
pub fn tracked(scope: &Scope<'_>) -> Result<Tracked, Lack> {
    let variable = |name: &str| {
        let found = scope.target().variable(name).map(|(address, _)| address);
        found.ok_or_else(|| Lack::NoName { name: name.to_owned() })
    };
    let read = |name: &str, address| {
        scope.memory().u64(address).map_err(|why| Lack::Unreadable { what: name.to_owned(), why })
    };
    let first = read("nt!PoolTrackTable", variable("nt!PoolTrackTable")?)?;
    let mut tracked = Tracked { tags: BTreeMap::new(), tables: 0, missing: Vec::new() };
    let entries = match variable("nt!PoolTrackTableSize").and_then(|at| read("nt!PoolTrackTableSize", at)) {
        Ok(entries) => entries.min(MAX_ENTRIES),
        Err(why) => return Err(why),
    };
    let layout = Layout::new(scope)?;
    let mut tables = vec![(first, entries)];
    match variable("nt!ExPoolTagTables") {
        Ok(at) => {
            for index in 0..MAX_TABLES.min(scope.target().processors().len() as u64) {
                let table = read("nt!ExPoolTagTables", at.saturating_add(index * 8));
                match table {
                    Ok(0) => {}
                    Ok(table) if tables.iter().any(|(known, _)| *known == table) => {}
                    Ok(table) => tables.push((table, entries)),
                    Err(why) => tracked.missing.push(why),
                }
            }
        }
        Err(why) => tracked.missing.push(why),
    }
    let expansion =
        variable("nt!PoolTrackTableExpansion").and_then(|at| read("nt!PoolTrackTableExpansion", at));
    let size =
        variable("nt!PoolTrackTableExpansionSize").and_then(|at| read("nt!PoolTrackTableExpansionSize", at));
    if let (Ok(table), Ok(size)) = (expansion, size)
        && table != 0
    {
        tables.push((table, size.min(MAX_ENTRIES)));
    }
    for (table, entries) in tables {
        layout.add_up(scope, table, entries, &mut tracked)?;
        tracked.tables += 1;
    }
    Ok(tracked)
}

/// Where an entry's members lie.
struct Layout {
    stride: u64,
    key: (usize, usize),
    nonpaged: [(usize, usize); 3],
    paged: [(usize, usize); 3],
}

impl Layout {
    fn new(scope: &Scope<'_>) -> Result<Layout, Lack> {
        let entry = scope.object("nt!_POOL_TRACKER_TABLE", 0)?;
        let stride = entry.size().filter(|size| (0x20..=0x200).contains(size)).ok_or(Lack::Shape {
            what: "_POOL_TRACKER_TABLE".to_owned(),
            wanted: "structure of known size",
        })?;
        let place = |member: &str| entry.field(member).map(|field| place(&field));
        Ok(Layout {
            stride,
            key: place("Key")?,
            nonpaged: [place("NonPagedAllocs")?, place("NonPagedFrees")?, place("NonPagedBytes")?],
            paged: [place("PagedAllocs")?, place("PagedFrees")?, place("PagedBytes")?],
        })
    }

    fn add_up(&self, scope: &Scope<'_>, table: u64, entries: u64, into: &mut Tracked) -> Result<(), Lack> {
        let mut bytes = Vec::new();
        let whole = usize::try_from(self.stride).unwrap_or(usize::MAX);
        let mut index = 0;
        while index < entries {
            scope.check()?;
            let count = CHUNK.min(entries - index);
            let at = table.saturating_add(index * self.stride);
            bytes.resize(usize::try_from(count * self.stride).unwrap_or(0), 0);
            let (filled, why) = scope.memory().read_partial(at, &mut bytes);
            for entry in bytes.get(..filled).unwrap_or_default().chunks_exact(whole) {
                self.entry(entry, into);
            }
            if let Some(why) = why {
                let what = format!("the table of tags at {}", crate::util::hex::tick(table));
                into.missing.push(Lack::Unreadable { what, why });
                break;
            }
            index += count;
        }
        Ok(())
    }

    fn entry(&self, entry: &[u8], into: &mut Tracked) {
        let number = |(offset, size): (usize, usize)| uint_at(entry, offset, size).unwrap_or(0);
        let key = number(self.key) as u32;
        if key == 0 {
            return;
        }
        let used = |[allocs, frees, bytes]: [(usize, usize); 3]| TagUse {
            allocs: number(allocs),
            frees: number(frees),
            bytes: number(bytes),
        };
        let usage = Usage { nonpaged: used(self.nonpaged), paged: used(self.paged) };
        into.tags.entry(PoolTag(key).unprotected()).or_default().add(&usage);
    }
}

/// Offset and size of a member of the structure at address 0.
fn place(member: &Object<'_>) -> (usize, usize) {
    let size = member.size().filter(|size| *size <= 8).unwrap_or(8);
    (usize::try_from(member.address()).unwrap_or(usize::MAX), usize::try_from(size).unwrap_or(8))
}
