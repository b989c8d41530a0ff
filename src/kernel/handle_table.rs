//! HANDLE_TABLE.

use super::handle_entry::HandleEntry;
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;
use std::collections::HashSet;

/// The table of a process's handles.
#[derive(Clone)]
pub struct HandleTable<'s>(Object<'s>);

/// Bytes of a page, and what an entry of a page with entries takes, and a pointer of a page above those.
const PAGE: usize = 0x1000;
const ENTRY: u64 = 16;
const POINTER: u64 = 8;
const ENTRIES: u64 = PAGE as u64 / ENTRY;
const POINTERS: u64 = PAGE as u64 / POINTER;
/// Handles count in fours: Windows leaves two bits to applications.
const STEP: u64 = 4;
/// Low bits of `TableCode`: how many levels of pages with pointers stand above those with entries, two at most.
const LEVELS: u64 = 3;
const MOST_LEVELS: u64 = 2;
/// The most free lists: one a processor.
const MAX_LISTS: u64 = 2048;

impl<'s> HandleTable<'s> {
    /// The table at an address.
    ///
    /// # Errors
    /// Where no layout of `_HANDLE_TABLE` is at hand, or the dump contradicts it.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<HandleTable<'s>, Lack> {
        scope.object("nt!_HANDLE_TABLE", address).map(HandleTable)
    }

    /// The table of the ids of processes and threads, whose entries lead to these and not to headers.
    ///
    /// # Errors
    /// nt!PspCidTable is not known, or cannot be read.
    pub fn of_ids(scope: &'s Scope<'s>) -> Result<HandleTable<'s>, Lack> {
        HandleTable::at(scope, scope.pointer_of("nt!PspCidTable")?)
    }

    /// Address of the table.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// How many handles are open: as the table counts them, else by looking at every entry.
    pub fn count(&self) -> Result<u64, Lack> {
        // One counter up to Windows 8; then one in each free list, of which a variable tells how many there are.
        if let Ok(count) = self.0.field("HandleCount") {
            return count.u64();
        }
        let lists = self.0.scope().global_of("nt!ExpFreeListCount", "nt!_LARGE_INTEGER");
        match lists.and_then(|count| count.first_of(&["LowPart", "u.LowPart"])?.u64()) {
            Ok(lists) if (1..=MAX_LISTS).contains(&lists) => self.counted(lists),
            _ => self.occupied(),
        }
    }

    /// The sum of the free lists' counters, which can be negative one by one.
    fn counted(&self, lists: u64) -> Result<u64, Lack> {
        let first = self.0.field("FreeLists")?.index(0)?;
        let size = first.size().unwrap_or(0);
        let counter = first.field("HandleCount")?;
        let mut sum = 0i64;
        for list in 0..lists {
            let at = counter.address().wrapping_add(list.wrapping_mul(size));
            sum = sum.saturating_add(counter.moved_to(at).i64()?);
        }
        u64::try_from(sum)
            .map_err(|_| Lack::Shape { what: self.0.what(), wanted: "table of a count that is not negative" })
    }

    /// The entries that are in use.
    fn occupied(&self) -> Result<u64, Lack> {
        let mut used = 0;
        for entry in self.entries()? {
            used += u64::from(entry?.is_used());
        }
        Ok(used)
    }

    /// Address of the page at the top, and how many levels of pages with pointers begin there.
    fn top(&self) -> Result<(u64, u64), Lack> {
        let code = self.0.field("TableCode")?;
        let value = code.u64()?;
        match value & LEVELS {
            levels if levels <= MOST_LEVELS => Ok((value & !LEVELS, levels)),
            _ => Err(Lack::Shape { what: code.what(), wanted: "address of a table of at most three levels" }),
        }
    }

    /// Every entry, free ones too, in the order of handles. A page that cannot be read, or that the table leads to twice,
    /// gives its reason and the walk goes on behind it; it ends where it is stopped.
    ///
    /// # Errors
    /// The types are not known, or the table does not say where its pages are.
    pub fn entries(&self) -> Result<Entries<'s>, Lack> {
        let (page, levels) = self.top()?;
        let entry = self.0.scope().object("nt!_HANDLE_TABLE_ENTRY", 0)?;
        Ok(Entries {
            table: self.clone(),
            entry,
            pages: vec![Page { address: page, levels, first: 0 }],
            seen: HashSet::new(),
            ready: Vec::new(),
        })
    }

    /// The entry of a handle, whether it is in use or not.
    ///
    /// # Errors
    /// As [`HandleTable::entries`]; [`Lack::NoName`] where the table has no such entry.
    pub fn entry(&self, handle: u64) -> Result<HandleEntry<'s>, Lack> {
        let none = || Lack::NoName { name: format!("handle {handle:x} of the {}", self.0.what()) };
        let (mut page, levels) = self.top()?;
        let index = handle / STEP;
        let mut leaf = index / ENTRIES;
        for level in (0..levels).rev() {
            let below = POINTERS.pow(u32::try_from(level).unwrap_or(0));
            let slot = leaf / below;
            leaf %= below;
            page = match self.page(page)?.chunks_exact(8).nth(usize::try_from(slot).unwrap_or(usize::MAX)) {
                Some(pointer) => word(pointer),
                None => return Err(none()),
            };
            if page == 0 {
                return Err(none());
            }
        }
        if leaf != 0 {
            return Err(none());
        }
        let (at, bytes) = (index % ENTRIES, self.page(page)?);
        let first = bytes.chunks_exact(ENTRY as usize).nth(usize::try_from(at).unwrap_or(usize::MAX));
        let first = word(first.and_then(|entry| entry.get(..8)).unwrap_or_default());
        let entry = self.0.scope().object("nt!_HANDLE_TABLE_ENTRY", page.wrapping_add(at * ENTRY))?;
        Ok(HandleEntry::new(index * STEP, entry, at != 0 && first != 0))
    }

    fn page(&self, at: u64) -> Result<Vec<u8>, Lack> {
        let memory = self.0.scope().memory();
        memory
            .read_vec(at, PAGE, PAGE)
            .map_err(|why| Lack::Unreadable { what: format!("a page of the {}", self.0.what()), why })
    }
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().unwrap_or_default())
}

/// A page of the table that is still to be read.
#[derive(Clone, Copy)]
struct Page {
    address: u64,
    /// How many levels of pages stand under it.
    levels: u64,
    /// The first handle that it leads to.
    first: u64,
}

/// The entries of a table.
pub struct Entries<'s> {
    table: HandleTable<'s>,
    /// Any entry: its type.
    entry: Object<'s>,
    /// The pages to read, the next one last. A page is read once, so there are no more than the dump has, and those to
    /// read are a page's worth for each level at most.
    pages: Vec<Page>,
    seen: HashSet<u64>,
    /// Entries of the page that was read last, the next one last.
    ready: Vec<HandleEntry<'s>>,
}

impl Entries<'_> {
    fn read(&mut self, page: Page) -> Result<(), Lack> {
        self.table.0.scope().check()?;
        if !self.seen.insert(page.address) {
            return Err(Lack::Tree { root: self.table.0.address(), at: page.address });
        }
        let bytes = self.table.page(page.address)?;
        if page.levels == 0 {
            let entries = bytes.chunks_exact(ENTRY as usize).zip(0u64..).map(|(entry, at)| {
                // The first entry of a page is nobody's, whatever it holds. The first word of a free one is zero, on all
                // builds that this program knows.
                let is_used = at != 0 && word(entry.get(..8).unwrap_or_default()) != 0;
                let object = self.entry.moved_to(page.address.wrapping_add(at * ENTRY));
                HandleEntry::new(page.first.saturating_add(at * STEP), object, is_used)
            });
            self.ready = entries.collect();
            self.ready.reverse();
            return Ok(());
        }
        let below = ENTRIES * STEP * POINTERS.pow(u32::try_from(page.levels - 1).unwrap_or(0));
        let pointers = bytes.chunks_exact(8).zip(0u64..).map(|(pointer, at)| (word(pointer), at));
        let pages = pointers.filter(|(pointer, _)| *pointer != 0).map(|(address, at)| Page {
            address,
            levels: page.levels - 1,
            first: page.first.saturating_add(at * below),
        });
        let mut pages: Vec<Page> = pages.collect();
        pages.reverse();
        self.pages.extend(pages);
        Ok(())
    }
}

impl<'s> Iterator for Entries<'s> {
    type Item = Result<HandleEntry<'s>, Lack>;

    fn next(&mut self) -> Option<Result<HandleEntry<'s>, Lack>> {
        loop {
            if let Some(entry) = self.ready.pop() {
                return Some(Ok(entry));
            }
            let page = self.pages.pop()?;
            if let Err(why) = self.read(page) {
                if why == Lack::Stopped {
                    self.pages.clear();
                }
                return Some(Err(why));
            }
        }
    }
}
