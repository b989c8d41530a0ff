//! MMPFN: what Windows keeps of a page of physical memory.

use super::page_frame_search;
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;
use crate::memory::paging::Pte;
use crate::util::bits::bits_of;
use crate::util::bounded::u64_at;
use std::ops::Range;

/// A page's record in the PFN database. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct PageFrame<'s> {
    object: Object<'s>,
}

/// The records of all pages.
pub struct PageFrames<'s> {
    first: Object<'s>,
    size: u64,
}

/// What a page's record says of its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageUse {
    /// Which list it is on, or that it is in use.
    pub list: PageList,
    /// The entry that will be put back when the page is taken away.
    pub original: Pte,
    /// Whether the entry that refers to it is a prototype.
    pub is_prototype: bool,
    /// Of a page in use, how many entries refer to it.
    pub share_count: u64,
}

/// Bytes of a record (0x30 on all builds of x64) that are looked at at most.
const LARGEST: usize = 0x80;

/// The variable that points to the records.
const NAME: &str = "nt!MmPfnDatabase";

/// Which list a page is on, or that it is in use: MMLISTS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageList(u64);

impl PageList {
    /// Names of MMLISTS, as the debugger has them.
    const WORDS: [&str; 8] =
        ["Zeroed", "Free", "Standby", "Modified", "ModNoWrite", "Bad", "Active", "Transition"];

    /// On a standby list.
    pub const STANDBY: PageList = PageList(2);
    /// To be written to its file.
    pub const MODIFIED: PageList = PageList(3);
    /// Changed, and not to be written yet.
    pub const MODIFIED_NO_WRITE: PageList = PageList(4);
    /// In use.
    pub const ACTIVE: PageList = PageList(6);

    /// Its number.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The debugger's word for it.
    pub fn word(self) -> &'static str {
        let word = usize::try_from(self.0).ok().and_then(|at| PageList::WORDS.get(at));
        word.copied().unwrap_or("Unknown")
    }
}

impl<'s> PageFrames<'s> {
    /// The database of the target's kernel. Where nothing states its place, the records that a triage dump holds tell it.
    ///
    /// # Errors
    /// Where it lies or its type is not known: triage dumps seldom tell.
    pub fn of(scope: &'s Scope<'s>) -> Result<PageFrames<'s>, Lack> {
        let target = scope.target();
        // The header has the database's address, or that of the variable, by the build.
        let header = target.header().ok().map(|header| header.pfn_database).filter(|at| at >> 63 != 0);
        let in_module = |at: &u64| target.modules().at(*at).is_some();
        let stated = target.debugger_data().and_then(|data| data.nonzero("MmPfnDatabase"));
        let variable = stated.or(header.filter(in_module));
        let read = |at| scope.memory().u64(at).map_err(|why| Lack::Unreadable { what: NAME.to_owned(), why });
        let stated =
            match (variable.map(read), header.filter(|at| !in_module(at) && at.is_multiple_of(0x1000))) {
                (Some(Ok(base)), _) | (_, Some(base)) => Ok(base),
                (Some(Err(why)), None) => Err(why),
                (None, None) => Err(Lack::NoName { name: NAME.to_owned() }),
            };
        if stated.as_ref().is_ok_and(|base| base >> 63 == 0) {
            return Err(Lack::Null { what: NAME.to_owned() });
        }
        let record = scope.object("nt!_MMPFN", 0)?;
        let size = record.size().filter(|size| *size > 0);
        let size = size.ok_or_else(|| Lack::Shape { what: record.what(), wanted: "type of a known size" })?;
        let base = match stated {
            Ok(base) => base,
            Err(why) => {
                let search = || Ok(page_frame_search::base(scope, &record, size)?.map(|base| (base, size)));
                target.searched().once("records of pages", size, search)?.ok_or(why)?.0
            }
        };
        let first = record.moved_to(base);
        Ok(PageFrames { first, size })
    }

    /// Where it begins.
    pub fn base(&self) -> u64 {
        self.first.address()
    }

    /// What the records of a range say of each page's use: `None` for those that the dump does not hold.
    ///
    /// # Errors
    /// The type does not say where a record keeps it.
    pub fn uses(
        &self,
        pages: Range<u64>,
    ) -> Result<impl Iterator<Item = Option<PageUse>> + use<'_, 's>, Lack> {
        let part = |path: &str| {
            let member = self.first.field(path)?;
            let at = member.address().wrapping_sub(self.base());
            let bits = member.bits().unwrap_or((0, 64));
            Ok((usize::try_from(at).unwrap_or(usize::MAX), bits))
        };
        let list = match part("u3.e1.PageLocation")? {
            (at, (0, 64)) => (at, (0, 8)),
            list => list,
        };
        let original = part("OriginalPte")?;
        let prototype = part("u4.PrototypePte")?;
        let share = part("u2.ShareCount")?;
        let memory = self.first.scope().memory();
        // A member may lie at the record's end, of which eight bytes are looked at.
        let size = usize::try_from(self.size).unwrap_or(0).min(LARGEST);
        Ok(pages.map(move |page| {
            let mut bytes = [0; LARGEST + 8];
            let record = bytes.get_mut(..size)?;
            memory.read(self.base().wrapping_add(page.wrapping_mul(self.size)), record).ok()?;
            let value = |(at, (position, length)): (usize, (u8, u8))| {
                Some(bits_of(u64_at(&bytes, at)?, position, length))
            };
            Some(PageUse {
                list: PageList(value(list)?),
                original: Pte(value(original)?),
                is_prototype: value(prototype)? != 0,
                share_count: value(share)?,
            })
        }))
    }

    /// The record of a page.
    pub fn frame(&self, number: u64) -> PageFrame<'s> {
        let at = self.base().wrapping_add(number.wrapping_mul(self.size));
        PageFrame { object: self.first.moved_to(at) }
    }

    /// The page whose record an address lies in, if it is one at all.
    pub fn number_of(&self, address: u64) -> Option<u64> {
        let number = address.checked_sub(self.base())? / self.size;
        // Beyond 52 bits of physical address there are no pages.
        (number < 1 << 40).then_some(number)
    }
}

impl<'s> PageFrame<'s> {
    /// The record at an address.
    ///
    /// # Errors
    /// Where no layout of `_MMPFN` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<PageFrame<'s>, Lack> {
        Ok(PageFrame { object: scope.object("nt!_MMPFN", address)? })
    }

    /// Where the record lies.
    pub fn address(&self) -> u64 {
        self.object.address()
    }

    /// The record.
    pub fn object(&self) -> &Object<'s> {
        &self.object
    }

    /// The next page of its list, or what a page in use has there.
    pub fn flink(&self) -> Result<u64, Lack> {
        self.object.field("u1.Flink")?.u64()
    }

    /// The page before it in its list; of a page in use, how many entries refer to it.
    pub fn blink(&self) -> Result<u64, Lack> {
        match self.list()? {
            PageList::ACTIVE => self.object.field("u2.ShareCount")?.u64(),
            _ => self.object.field("u2.Blink")?.u64(),
        }
    }

    /// Address of the entry that refers to it.
    pub fn pte_address(&self) -> Result<u64, Lack> {
        // The lowest bits are locks.
        Ok(self.object.field("PteAddress")?.u64()? & !7)
    }

    /// The entry that will be put back when the page is taken away.
    pub fn original_pte(&self) -> Result<Pte, Lack> {
        self.object.field("OriginalPte")?.u64().map(Pte)
    }

    /// How many hold the page in memory.
    pub fn reference_count(&self) -> Result<u64, Lack> {
        self.object.field("u3.ReferenceCount")?.u64()
    }

    /// Of a page table, how many of its entries are in use.
    pub fn used_entries(&self) -> Result<u64, Lack> {
        let used = ["UsedPageTableEntries", "OriginalPte.u.Soft.UsedPageTableEntries"];
        // Since Windows 8 in bits of the original entry, unless that refers to a prototype.
        match self.object.has("UsedPageTableEntries") || !self.original_pte()?.prototype() {
            true => self.object.first_of(&used)?.u64(),
            false => Ok(0),
        }
    }

    /// Which list it is on.
    pub fn list(&self) -> Result<PageList, Lack> {
        self.object.field("u3.e1.PageLocation")?.u64().map(PageList)
    }

    /// Whether it differs from its copy in the file.
    pub fn is_modified(&self) -> Result<bool, Lack> {
        self.object.field("u3.e1.Modified")?.is_set()
    }

    /// Whether it is being written.
    pub fn is_being_written(&self) -> Result<bool, Lack> {
        self.object.field("u3.e1.WriteInProgress")?.is_set()
    }

    /// Whether it is being read.
    pub fn is_being_read(&self) -> Result<bool, Lack> {
        self.object.field("u3.e1.ReadInProgress")?.is_set()
    }

    /// How processors cache it: MI_PFN_CACHE_ATTRIBUTE in the debugger's word.
    pub fn caching(&self) -> Result<&'static str, Lack> {
        let words = ["NonCached", "Cached", "WriteComb", "NotMapped"];
        let number = usize::try_from(self.object.field("u3.e1.CacheAttribute")?.u64()?).unwrap_or(usize::MAX);
        Ok(words.get(number).copied().unwrap_or("Unknown"))
    }

    /// How late it is taken away: 0 to 7.
    pub fn priority(&self) -> Result<u64, Lack> {
        self.object.first_of(&["u3.e3.Priority", "u3.e1.Priority"])?.u64()
    }

    /// Page frame of the page table that holds the entry that refers to it.
    pub fn containing_page(&self) -> Result<u64, Lack> {
        self.object.field("u4.PteFrame")?.u64()
    }

    /// Whether the entry that refers to it is a prototype.
    pub fn is_prototype(&self) -> Result<bool, Lack> {
        self.object.field("u4.PrototypePte")?.is_set()
    }

    /// Its colour; `None` where builds do not keep it.
    pub fn color(&self) -> Option<Result<u64, Lack>> {
        let path = "u4.PageColor";
        self.object.has(path).then(|| self.object.field(path)?.u64())
    }
}
