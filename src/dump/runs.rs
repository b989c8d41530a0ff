//! Lists of page runs: full dumps list a few in the header, RDMP dumps any number after it. The pages of the runs
//! follow one another in the file, in the order of the list.
//!
//! A long list stays where it is in the mapped file; over it lies a sample of every 64th run, made at the first
//! lookup. Only a list that is not in ascending order (damage, or a writer not met so far) is copied and sorted.

use crate::util::order::Order;
use std::ops::Range;
use std::sync::OnceLock;

use crate::util::bounded;

/// One sample for so many runs.
const STEP: usize = 64;
/// Physical addresses have at most 52 bits.
const PFN_LIMIT: u64 = 1 << 40;
/// Size of a run in an RDMP list: first page frame, number of pages.
const ENTRY: usize = 0x10;

/// The list and its index.
#[derive(Debug)]
pub(super) struct Runs {
    list: List,
    index: OnceLock<Index>,
}

/// Where the list is.
#[derive(Debug)]
pub(super) enum List {
    /// Copied from the header: (first page frame, pages).
    Header(Vec<(u64, u64)>),
    /// In the file; it ends at the first zero page frame, after `pages` pages, or with the range.
    File {
        /// The file range it may take.
        range: Range<usize>,
        /// How many pages the writer said there are.
        pages: Option<u64>,
    },
}

/// A run with its place among the pages of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    /// First page frame.
    pub(super) pfn: u64,
    /// Number of pages.
    pub(super) pages: u64,
    /// Pages in the file before this run.
    pub(super) before: u64,
}

#[derive(Debug)]
struct Index {
    /// Ascending: every 64th run; otherwise every run, sorted and freed of overlaps.
    placed: Vec<Placed>,
    /// Position in the list of each sample (`STEP` apart).
    sampled: bool,
    total: u64,
}

impl Runs {
    pub(super) fn new(list: List) -> Runs {
        Runs { list, index: OnceLock::new() }
    }

    /// The run at `position`, without its place; `None` at the end of the list.
    fn raw(&self, file: &[u8], position: usize) -> Option<(u64, u64)> {
        match &self.list {
            List::Header(runs) => runs.get(position).copied(),
            List::File { range, .. } => {
                let at = range.start.checked_add(position.checked_mul(ENTRY)?)?;
                if at.checked_add(ENTRY)? > range.end {
                    return None;
                }
                let pfn = bounded::u64_at(file, at)?;
                (pfn != 0).then_some((pfn, bounded::u64_at(file, at + 8)?))
            }
        }
        .filter(|&(pfn, pages)| pfn < PFN_LIMIT && pages <= PFN_LIMIT - pfn)
    }

    /// The runs from `position` on, which has `before` pages before it.
    fn placed<'a>(
        &'a self,
        file: &'a [u8],
        position: usize,
        before: u64,
    ) -> impl Iterator<Item = Placed> + 'a {
        let limit = match &self.list {
            List::Header(_) => u64::MAX,
            List::File { pages, .. } => pages.unwrap_or(u64::MAX),
        };
        (position..).scan(before, move |before, position| {
            let (pfn, pages) = self.raw(file, position)?;
            let placed = Placed { pfn, pages: pages.min(limit.checked_sub(*before)?), before: *before };
            if *before == limit {
                return None;
            }
            *before = before.checked_add(placed.pages)?;
            Some(placed)
        })
    }

    fn index(&self, file: &[u8]) -> &Index {
        self.index.get_or_init(|| {
            let (mut ascending, mut end, mut total) = (true, 0, 0);
            let mut samples = Vec::new();
            for (position, run) in self.placed(file, 0, 0).enumerate() {
                ascending &= run.pfn >= end;
                end = run.pfn + run.pages;
                total = run.before + run.pages;
                if position % STEP == 0 {
                    samples.push(run);
                }
            }
            if ascending {
                return Index { placed: samples, sampled: true, total };
            }
            let mut placed: Vec<Placed> = self.placed(file, 0, 0).filter(|run| run.pages > 0).collect();
            // Where runs overlap, the one that starts first holds the page.
            placed.order_by_key(|run| (run.pfn, run.before));
            let mut end = 0u64;
            placed.retain_mut(|run| {
                let cut = end.saturating_sub(run.pfn).min(run.pages);
                run.pfn += cut;
                run.before += cut;
                run.pages -= cut;
                end = end.max(run.pfn + run.pages);
                run.pages > 0
            });
            Index { placed, sampled: false, total }
        })
    }

    /// Number of pages that the list speaks of.
    pub(super) fn total(&self, file: &[u8]) -> u64 {
        self.index(file).total
    }

    /// The run that holds page frame `pfn`.
    pub(super) fn find(&self, file: &[u8], pfn: u64) -> Option<Placed> {
        let index = self.index(file);
        let position = index.placed.partition_point(|run| run.pfn <= pfn).checked_sub(1)?;
        let found = index.placed.get(position)?;
        let holds = |run: &Placed| run.pfn <= pfn && pfn - run.pfn < run.pages;
        if !index.sampled {
            return Some(*found).filter(holds);
        }
        self.placed(file, position.checked_mul(STEP)?, found.before)
            .take(STEP)
            .take_while(|run| run.pfn <= pfn)
            .find(holds)
    }

    /// All runs: ascending, without overlaps, none empty.
    pub(super) fn iter<'a>(&'a self, file: &'a [u8]) -> Box<dyn Iterator<Item = Placed> + 'a> {
        let index = self.index(file);
        if index.sampled {
            Box::new(self.placed(file, 0, 0).filter(|run| run.pages > 0))
        } else {
            Box::new(index.placed.iter().copied())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_file(runs: &[(u64, u64)], pages: Option<u64>) -> (Vec<u8>, Runs) {
        let mut file = vec![0xaa; 3];
        for (pfn, count) in runs {
            file.extend(pfn.to_le_bytes());
            file.extend(count.to_le_bytes());
        }
        let range = 3..file.len();
        (file, Runs::new(List::File { range, pages }))
    }

    fn place(runs: &Runs, file: &[u8], pfn: u64) -> Option<u64> {
        runs.find(file, pfn).map(|run| run.before + (pfn - run.pfn))
    }

    #[test]
    fn finds_pages_of_many_runs() {
        let list: Vec<(u64, u64)> = (0..1000).map(|n| (1 + n * 10, 1 + n % 9)).collect();
        let (file, runs) = in_file(&list, None);
        let mut next = 0;
        for &(pfn, pages) in &list {
            assert!(place(&runs, &file, pfn.wrapping_sub(1)).is_none(), "before {pfn}");
            for page in pfn..pfn + pages {
                assert_eq!(place(&runs, &file, page), Some(next));
                next += 1;
            }
        }
        assert_eq!(runs.total(&file), next);
        assert_eq!(runs.iter(&file).count(), 1000);
    }

    #[test]
    fn unordered_and_overlapping_runs_have_one_answer_a_page() {
        let (file, runs) = in_file(&[(100, 4), (10, 4), (12, 4)], None);
        assert_eq!(place(&runs, &file, 100), Some(0));
        assert_eq!(place(&runs, &file, 13), Some(7));
        assert_eq!(place(&runs, &file, 14), Some(10));
        assert_eq!(place(&runs, &file, 16), None);
        let all: Vec<(u64, u64)> = runs.iter(&file).map(|run| (run.pfn, run.pages)).collect();
        assert_eq!(all, [(10, 4), (14, 2), (100, 4)]);
    }

    #[test]
    fn the_list_ends_where_it_says() {
        let (file, runs) = in_file(&[(5, 2), (0, 9), (20, 1)], None);
        assert_eq!((runs.total(&file), place(&runs, &file, 20)), (2, None));
        let (file, runs) = in_file(&[(5, 2), (10, 9), (20, 1)], Some(4));
        assert_eq!((runs.total(&file), place(&runs, &file, 12)), (4, None));
        assert_eq!(place(&runs, &file, 11), Some(3));
        let (file, runs) = in_file(&[(5, u64::MAX)], None);
        assert_eq!(runs.total(&file), 0);
    }
}
