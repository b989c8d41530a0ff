//! HANDLE_TABLE.

use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;

/// The table of a process's handles.
#[derive(Clone)]
pub struct HandleTable<'s>(Object<'s>);

/// Entries of a page, and what one takes.
const PAGE: usize = 0x1000;
const ENTRY: usize = 16;
/// Low bits of `TableCode`: how many levels of pages with pointers stand above those with entries.
const LEVELS: u64 = 3;
/// The most pages with entries: 16 million handles, Windows' own limit.
const MAX_PAGES: usize = 1 << 16;
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
        let mut sum = 0i64;
        for list in 0..lists {
            let at = first.address().wrapping_add(list.wrapping_mul(size));
            sum = sum.saturating_add(first.moved_to(at).field("HandleCount")?.i64()?);
        }
        u64::try_from(sum)
            .map_err(|_| Lack::Shape { what: self.0.what(), wanted: "table of a count that is not negative" })
    }

    /// The entries that are in use: the first word of those is not zero (of all builds that this program knows).
    fn occupied(&self) -> Result<u64, Lack> {
        let code = self.0.field("TableCode")?;
        let value = code.u64()?;
        let mut pages = vec![value & !LEVELS];
        for _ in 0..value & LEVELS {
            let mut below = Vec::new();
            for page in pages {
                for word in self.page(page)?.chunks_exact(8) {
                    let pointer = u64::from_le_bytes(word.try_into().unwrap_or_default());
                    if pointer != 0 {
                        below.push(pointer);
                    }
                }
                if below.len() > MAX_PAGES {
                    return Err(Lack::Shape { what: code.what(), wanted: "table of so few handles" });
                }
            }
            pages = below;
        }
        let mut used = 0;
        for page in pages {
            self.0.scope().check()?;
            // The first entry of a page is nobody's.
            let entries = self.page(page)?;
            let entries = entries.chunks_exact(ENTRY).skip(1);
            used += entries.filter(|entry| entry.iter().take(8).any(|&byte| byte != 0)).count() as u64;
        }
        Ok(used)
    }

    fn page(&self, at: u64) -> Result<Vec<u8>, Lack> {
        let memory = self.0.scope().memory();
        memory
            .read_vec(at, PAGE, PAGE)
            .map_err(|why| Lack::Unreadable { what: format!("a page of the {}", self.0.what()), why })
    }
}
