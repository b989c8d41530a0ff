//! Page files (MMPAGING_FILE), and the store of compressed pages, which Windows 10 and later count among them.

use crate::debuggee::{Lack, Object, Scope};
use crate::memory::{Memory, Reason};

/// A page file: MMPAGING_FILE.
pub struct PageFile<'s>(Object<'s>);

/// Windows has at most so many page files.
const PAGE_FILES: u64 = 16;

impl<'s> PageFile<'s> {
    /// All of them, in the order of their numbers.
    ///
    /// # Errors
    /// Where the list of them is not known.
    pub fn all(scope: &'s Scope<'s>) -> Result<Vec<PageFile<'s>>, Lack> {
        let (count, list) = listed(scope)?;
        (0..count).map(|number| PageFile::at(scope, list, number)).collect()
    }

    /// That of a number.
    ///
    /// # Errors
    /// The list is not known, or has none of that number.
    pub fn numbered(scope: &'s Scope<'s>, number: u8) -> Result<PageFile<'s>, Lack> {
        let (count, list) = listed(scope)?;
        let wanted = u64::from(number);
        let file = if wanted < count { Some(PageFile::at(scope, list, wanted)?) } else { None };
        // The list and its element agree, or one of them is damaged.
        let file = file.filter(|file| file.number() == Ok(wanted));
        file.ok_or_else(|| Lack::NoName { name: format!("page file {number}") })
    }

    /// That which an element of the list points to.
    fn at(scope: &'s Scope<'s>, list: u64, number: u64) -> Result<PageFile<'s>, Lack> {
        let what = || format!("page file {number}");
        let pointer = scope.memory().u64(list.wrapping_add(number * 8));
        match pointer.map_err(|why| Lack::Unreadable { what: what(), why })? {
            0 => Err(Lack::Null { what: what() }),
            file => scope.object("nt!_MMPAGING_FILE", file).map(PageFile),
        }
    }

    /// Its path; [`Lack::Null`] for one that is kept in memory.
    pub fn name(&self) -> Result<String, Lack> {
        let name = self.0.field("PageFileName")?;
        match name.field("Buffer")?.u64()? {
            0 => Err(Lack::Null { what: name.what() }),
            _ => name.text(),
        }
    }

    /// Its number, which entries of its pages have.
    pub fn number(&self) -> Result<u64, Lack> {
        self.0.field("PageFileNumber")?.u64()
    }

    /// Whether it stands for the store of compressed pages, which is in memory. Windows before 10 has no such store.
    pub fn is_store(&self) -> Result<bool, Lack> {
        if !self.0.has("VirtualStorePagefile") {
            return Ok(false);
        }
        self.0.field("VirtualStorePagefile")?.is_set()
    }

    /// A size in pages: `Size`, `MinimumSize`, `MaximumSize` or `FreeSpace`.
    pub fn pages(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }
}

/// How many page files there are, and where the pointers to them lie: in the system's partition, and before there were
/// partitions in the variable nt!MmPagingFile.
fn listed(scope: &Scope<'_>) -> Result<(u64, u64), Lack> {
    let (count, list) = match scope.global_of("nt!MiSystemPartition", "nt!_MI_PARTITION") {
        Ok(partition) => {
            (partition.field("Vp.NumberOfPagingFiles")?.u64()?, partition.field("Vp.PagingFile")?.address())
        }
        Err(why) => {
            let Some((list, _)) = scope.target().variable("nt!MmPagingFile") else { return Err(why) };
            // The count has 32 bits.
            (scope.pointer_of("nt!MmNumberOfPagingFiles")? & 0xffff_ffff, list)
        }
    };
    Ok((count.min(PAGE_FILES), list))
}

/// What a page file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageFileKind {
    /// The store of compressed pages.
    Store,
    /// A file with this path.
    File(String),
}

impl PageFileKind {
    /// What the page file of a number is.
    ///
    /// # Errors
    /// The list of page files is not known, or has none of that number.
    pub fn of(scope: &Scope<'_>, number: u8) -> Result<PageFileKind, Lack> {
        let file = PageFile::numbered(scope, number)?;
        match file.is_store()? {
            true => Ok(PageFileKind::Store),
            false => file.name().map(PageFileKind::File),
        }
    }
}

/// Why memory cannot be read, in the terms of the kernel that was running: a page in the page file that is the store of
/// compressed pages is said to be there. Page tables alone do not tell that.
pub fn why_unreadable(scope: &Scope<'_>, reason: Reason) -> Reason {
    match reason {
        Reason::PageFile { number: Some(number), offset }
            if PageFileKind::of(scope, number) == Ok(PageFileKind::Store) =>
        {
            Reason::Store { number, offset }
        }
        reason => reason,
    }
}
