//! From page frame number to file offset, without an entry a page.

use super::bitmap::Bitmap;
use super::mapping::Mapping;
use super::runs::Runs;

/// Bytes in a page.
pub(super) const PAGE: u64 = 0x1000;

/// Which physical pages the dump holds, and where. Opening is constant-time; the first lookup reads the list or the
/// bitmap once.
#[derive(Debug)]
pub struct PageIndex {
    pub(super) file: Mapping,
    pub(super) map: Map,
    /// File offset of the first page.
    pub(super) first_page: u64,
    /// Number of pages that the writer declared.
    pub(super) declared: Option<u64>,
}

#[derive(Debug)]
pub(super) enum Map {
    Bitmap(Bitmap),
    Runs(Runs),
}

/// Consecutive pages that are also consecutive in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRun {
    /// First page frame number.
    pub pfn: u64,
    /// Number of pages.
    pub pages: u64,
    /// File offset of the first; may lie beyond the end of a truncated file.
    pub offset: u64,
}

impl PageIndex {
    /// The number of the page with this frame number among the pages of the file; `None` if the dump does not hold
    /// it.
    pub fn place(&self, pfn: u64) -> Option<u64> {
        match &self.map {
            Map::Bitmap(bitmap) => bitmap.rank(self.file.bytes(), pfn),
            Map::Runs(runs) => {
                let run = runs.find(self.file.bytes(), pfn)?;
                run.before.checked_add(pfn.checked_sub(run.pfn)?)
            }
        }
    }

    /// File offset of the page with this frame number; `None` if the dump does not hold it. In a truncated file the
    /// offset may lie beyond the end.
    pub fn offset(&self, pfn: u64) -> Option<u64> {
        self.first_page.checked_add(self.place(pfn)?.checked_mul(PAGE)?)
    }

    /// The run from `pfn` on: how many pages follow it both in memory and in the file (at most `limit`).
    pub fn run_at(&self, pfn: u64, limit: u64) -> Option<PageRun> {
        let offset = self.offset(pfn)?;
        let pages = match &self.map {
            Map::Bitmap(bitmap) => bitmap.next_clear(self.file.bytes(), pfn).checked_sub(pfn)?,
            Map::Runs(runs) => {
                let run = runs.find(self.file.bytes(), pfn)?;
                run.pages.checked_sub(pfn.checked_sub(run.pfn)?)?
            }
        };
        Some(PageRun { pfn, pages: pages.min(limit), offset })
    }

    /// The bytes of the page, fewer than 4096 where the file ends inside it; `None` if it is not in the dump or
    /// wholly beyond the end of the file.
    pub fn page(&self, pfn: u64) -> Option<&[u8]> {
        let start = usize::try_from(self.offset(pfn)?).ok()?;
        let bytes = self.file.bytes();
        let end = start.saturating_add(PAGE as usize).min(bytes.len());
        bytes.get(start..end).filter(|page| !page.is_empty())
    }

    /// Number of pages that the list or bitmap speaks of.
    pub fn page_count(&self) -> u64 {
        match &self.map {
            Map::Bitmap(bitmap) => bitmap.total(self.file.bytes()),
            Map::Runs(runs) => runs.total(self.file.bytes()),
        }
    }

    /// Number of pages that the writer declared; `None` where the format has no such field.
    pub fn declared_pages(&self) -> Option<u64> {
        self.declared
    }

    /// File offset of the first page.
    pub fn first_page(&self) -> u64 {
        self.first_page
    }

    /// Number of page frames the bitmap speaks of; `None` for lists of runs.
    pub fn bitmap_bits(&self) -> Option<u64> {
        match &self.map {
            Map::Bitmap(bitmap) => Some(bitmap.bits()),
            Map::Runs(_) => None,
        }
    }

    /// All runs, ascending by page frame.
    pub fn runs(&self) -> Box<dyn Iterator<Item = PageRun> + '_> {
        let file = self.file.bytes();
        match &self.map {
            Map::Runs(runs) => Box::new(runs.iter(file).map_while(|run| {
                let offset = self.first_page.checked_add(run.before.checked_mul(PAGE)?)?;
                Some(PageRun { pfn: run.pfn, pages: run.pages, offset })
            })),
            Map::Bitmap(bitmap) => {
                let (mut from, mut place) = (0, 0u64);
                Box::new(std::iter::from_fn(move || {
                    let pfn = bitmap.next_set(file, from)?;
                    from = bitmap.next_clear(file, pfn);
                    let offset = self.first_page.checked_add(place.checked_mul(PAGE)?)?;
                    let pages = from - pfn;
                    place += pages;
                    Some(PageRun { pfn, pages, offset })
                }))
            }
        }
    }
}
