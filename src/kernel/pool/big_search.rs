//! The table of large allocations where no symbols name it: among the pages that the kernel's variables point to it is the one whose
//! entries are all either free or pages with a tag.

use super::header::PAGE;
use super::kernel_data::{each_quadword, is_kernel_page};
use super::tag::PoolTag;
use crate::debuggee::{Lack, Scope};
use crate::memory::Memory as _;
use crate::util::bounded::{u32_at, u64_at};
use std::ops::ControlFlow;

/// Entries of the first page that have to be in use.
const LEAST: usize = 4;
/// The most tables that are compared, and pages that are counted of one.
const TRIED: usize = 16;
const PAGES: u64 = 1 << 17;

/// Where the table begins and how many entries it has, as far as they make sense: entries of `stride` bytes.
///
/// # Errors
/// [`Lack::Stopped`].
pub(super) fn table(scope: &Scope<'_>, stride: u64) -> Result<Option<(u64, u64)>, Lack> {
    scope.target().searched().once("nt!PoolBigPageTable", stride, || searched(scope, stride))
}

fn searched(scope: &Scope<'_>, stride: u64) -> Result<Option<(u64, u64)>, Lack> {
    let mut tables: Vec<u64> = Vec::new();
    each_quadword(scope, &mut |_, value| {
        if is_kernel_page(value)
            && !tables.contains(&value)
            && page(scope, value, stride, 0).is_some_and(|used| used >= LEAST)
        {
            tables.push(value);
        }
        if tables.len() >= TRIED { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let mut best = None;
    for start in tables {
        let (mut pages, mut used) = (0, 0);
        while pages < PAGES
            && let Some(more) = page(scope, start + pages * PAGE, stride, pages * PAGE % stride)
        {
            scope.check()?;
            pages += 1;
            used += more;
        }
        let found = (used, start, pages * PAGE / stride);
        best = best.max(Some(found));
    }
    Ok(best.map(|(_, start, entries)| (start, entries)))
}

/// How many entries of a page are in use; `None` where one is neither in use nor free. An entry began `begun` bytes before the page.
fn page(scope: &Scope<'_>, address: u64, stride: u64, begun: u64) -> Option<usize> {
    let mut bytes = vec![0; PAGE as usize];
    scope.memory().read(address, &mut bytes).ok()?;
    let first = usize::try_from((stride - begun) % stride).ok()?;
    let entries = bytes.get(first..)?.chunks_exact(usize::try_from(stride).ok()?);
    let mut used = 0;
    for entry in entries {
        let (place, tag, size) = (u64_at(entry, 0)?, u32_at(entry, 8)?, u64_at(entry, 0x10)?);
        if place == 0 || place & 1 != 0 {
            continue;
        }
        let is_one = is_kernel_page(place) && PoolTag(tag).is_plausible() && (1..1 << 40).contains(&size);
        if !is_one {
            return None;
        }
        used += 1;
    }
    Some(used)
}
