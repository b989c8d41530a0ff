//! Allocations of whole pages: they have no header, and stand in a table of their own (`nt!PoolBigPageTable`).
//!
//! `_POOL_TRACKER_BIG_PAGES`, from the symbol tables: an entry is free where the lowest bit of its address is set. What
//! was `PoolType` is `PoolFlags` from 10.0.26100 on: other bits (POOL_FLAG_*, wdm.h) say what kind of pool it is.

use super::big_search;
use super::header::PAGE;
use super::tag::PoolTag;
use crate::debuggee::{Lack, Scope};
use crate::kernel::process::Process;
use crate::memory::Memory as _;
use crate::util::bits::{bits_of, low};
use crate::util::bounded::{u32_at, u64_at};

/// An allocation of whole pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BigAllocation {
    /// Where it begins.
    pub address: u64,
    /// Bytes that were asked for.
    pub size: u64,
    /// Its tag.
    pub tag: PoolTag,
    /// Whether it is of paged pool.
    pub is_paged: bool,
}

impl BigAllocation {
    /// The first byte behind its last page.
    pub fn end(&self) -> u64 {
        self.address.saturating_add(self.size.max(1).checked_next_multiple_of(PAGE).unwrap_or(u64::MAX))
    }
}

/// The table.
pub struct BigTable<'s> {
    scope: &'s Scope<'s>,
    /// Where its first entry stands.
    pub address: u64,
    /// How many entries it has, free ones included.
    pub entries: u64,
    /// Whether no symbol names the table, so that it was found by what it holds.
    pub is_searched: bool,
    name: &'static str,
    /// First and last address of what it may list.
    within: (u64, u64),
    stride: u64,
    flags: Flags,
}

/// How an entry tells its kind of pool.
#[derive(Clone, Copy)]
enum Flags {
    /// POOL_TYPE: odd values are paged.
    Type,
    /// POOL_FLAG_PAGED.
    Flags,
}

/// What an entry looks like.
struct Entry {
    stride: u64,
    flags: Flags,
}

impl Entry {
    fn of(scope: &Scope<'_>) -> Result<Entry, Lack> {
        let entry = scope.object("nt!_POOL_TRACKER_BIG_PAGES", 0)?;
        let stride = entry.size().filter(|size| (0x18..=0x100).contains(size));
        let stride = stride.ok_or(Lack::Shape {
            what: "_POOL_TRACKER_BIG_PAGES".to_owned(),
            wanted: "structure of known size",
        })?;
        Ok(Entry { stride, flags: if entry.has("PoolFlags") { Flags::Flags } else { Flags::Type } })
    }
}

/// `POOL_FLAG_PAGED` (wdm.h).
const POOL_FLAG_PAGED: u64 = 0x100;
/// The most entries that are read: the table of a machine with terabytes has fewer.
const MAX_ENTRIES: u64 = 1 << 24;
/// Entries that are read at once.
const CHUNK: u64 = 1024;

impl<'s> BigTable<'s> {
    /// The kernel's table. Where no symbol names it, it is looked for among what the kernel's variables point to.
    ///
    /// # Errors
    /// The dump does not hold it, or the pointer to it; the type of its entries is not known. [`Lack::Stopped`].
    pub fn open(scope: &'s Scope<'s>) -> Result<BigTable<'s>, Lack> {
        let entry = Entry::of(scope);
        let name = "nt!PoolBigPageTable";
        let named = scope.pointer_of(name);
        let (address, entry) = match (named, entry) {
            (Ok(0), _) => return Err(Lack::Null { what: name.to_owned() }),
            (named, Ok(entry)) => (named, entry),
            (Err(why), Err(_)) | (Ok(_), Err(why)) => return Err(why),
        };
        let table = |address, entries, is_searched| BigTable {
            scope,
            address,
            entries: u64::min(entries, MAX_ENTRIES),
            is_searched,
            name,
            within: (0, u64::MAX),
            stride: entry.stride,
            flags: entry.flags,
        };
        match address {
            Ok(address) => Ok(table(address, scope.pointer_of("nt!PoolBigPageTableSize")?, false)),
            Err(why) => {
                let (address, entries) = big_search::table(scope, entry.stride)?.ok_or(why)?;
                Ok(table(address, entries, true))
            }
        }
    }

    /// The table of the session whose memory is read: large allocations of a session's pool stand there, and in no other table
    /// (`_MM_SESSION_SPACE.PoolTrackBigPages`, from Windows 7 to 11 21H2 in the symbol tables). What it lists lies in the session's
    /// pool. `None` where the process has no session, or the session no such table.
    ///
    /// # Errors
    /// What leads there is not known or not in the dump. [`Lack::Stopped`].
    pub fn of_session(scope: &'s Scope<'s>) -> Result<Option<BigTable<'s>>, Lack> {
        let Some(process) = scope.process() else { return Ok(None) };
        let session = match Process::at(scope, process)?.session() {
            Ok(session) => session,
            Err(Lack::Null { .. }) => return Ok(None),
            Err(why) => return Err(why),
        };
        let (address, entries) = session.big_pages()?;
        if address == 0 {
            return Ok(None);
        }
        let entry = Entry::of(scope)?;
        Ok(Some(BigTable {
            scope,
            address,
            entries: entries.min(MAX_ENTRIES),
            is_searched: false,
            name: "PoolTrackBigPages of the session",
            within: session.paged_pool()?,
            stride: entry.stride,
            flags: entry.flags,
        }))
    }

    /// Tells each allocation to `visit`, until that says `false`.
    ///
    /// # Errors
    /// [`Lack::Stopped`]; the first part of the table that cannot be read, after the rest was told.
    pub fn each(&self, visit: &mut dyn FnMut(BigAllocation) -> bool) -> Result<(), Lack> {
        let mut missing = None;
        let mut bytes = Vec::new();
        let mut index = 0;
        while index < self.entries {
            self.scope.check()?;
            let count = CHUNK.min(self.entries - index);
            let at = self.address.saturating_add(index * self.stride);
            bytes.resize(usize::try_from(count * self.stride).unwrap_or(0), 0);
            let (filled, why) = self.scope.memory().read_partial(at, &mut bytes);
            if let Some(why) = why
                && missing.is_none()
            {
                missing = Some(Lack::Unreadable { what: self.name.to_owned(), why });
            }
            let whole = usize::try_from(self.stride).unwrap_or(usize::MAX);
            for entry in bytes.get(..filled).unwrap_or_default().chunks_exact(whole) {
                if let Some(found) = self.parse(entry)
                    && !visit(found)
                {
                    return Ok(());
                }
            }
            index += count;
        }
        missing.map_or(Ok(()), Err)
    }

    /// The allocation that an address lies in.
    ///
    /// # Errors
    /// As [`BigTable::each`], where it is not among what can be read.
    pub fn holding(&self, address: u64) -> Result<Option<BigAllocation>, Lack> {
        let mut found = None;
        let outcome = self.each(&mut |big| {
            if big.address <= address && address < big.end() {
                found = Some(big);
            }
            found.is_none()
        });
        match (found, outcome) {
            (Some(found), _) => Ok(Some(found)),
            (None, outcome) => outcome.map(|()| None),
        }
    }

    fn parse(&self, entry: &[u8]) -> Option<BigAllocation> {
        let address = u64_at(entry, 0)?;
        // Free entries are odd; what is no page is no entry.
        if address == 0 || low(address, 12) != 0 || address < self.within.0 || address > self.within.1 {
            return None;
        }
        let kind = bits_of(u64::from(u32_at(entry, 0xC)?), 8, 12);
        Some(BigAllocation {
            address,
            size: u64_at(entry, 0x10)?,
            tag: PoolTag(u32_at(entry, 8)?),
            is_paged: match self.flags {
                Flags::Type => kind & 1 != 0,
                Flags::Flags => kind & POOL_FLAG_PAGED != 0,
            },
        })
    }
}
