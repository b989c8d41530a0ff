//! Every block of pages of small blocks without segment heap: the pages that are mapped in the regions that Windows set aside for
//! the pools, read one by one.

use super::classic;
use super::found::Found;
use super::header::PAGE;
use super::place::Region;
use super::step::{Missing, Step, note};
use crate::debuggee::{Lack, Scope};
use crate::kernel::system_regions::SystemRegions;
use crate::memory::Step as Mapping;
use std::ops::{ControlFlow, Range};

/// The regions, by Windows' word and ours.
const REGIONS: [(&str, Region); 2] = [("NonPagedPool", Region::Nonpaged), ("PagedPool", Region::Paged)];
/// Pages between two reports of how far the walk is.
const REPORT: u64 = 256;

/// Tells every block in use or free, region by region, until `visit` breaks; `large` are the allocations of whole pages, in which
/// nothing is looked for, by address.
///
/// # Errors
/// [`Lack::Stopped`].
pub(super) fn each(
    scope: &Scope<'_>,
    large: &[Range<u64>],
    visit: &mut dyn FnMut(Step) -> ControlFlow<()>,
    missing: &mut Missing,
) -> Result<(), Lack> {
    let regions = SystemRegions::of(scope)?;
    let Some(paging) = scope.memory().paging() else {
        return note(Err(Lack::NoName { name: "where pages of small blocks lie".to_owned() }), missing);
    };
    let mut done = 0;
    let mut found_any = false;
    for region in regions.assigned.iter().chain(&regions.slots) {
        let Some((_, pool)) = REGIONS.into_iter().find(|(kind, _)| *kind == region.kind) else {
            continue;
        };
        found_any = true;
        for step in paging.mappings_within(region.base..=region.last) {
            scope.check()?;
            let (address, size) = match step {
                Mapping::Page { address, size, .. } => (address, size),
                Mapping::Table => continue,
                Mapping::Missing(why) => {
                    let what = format!("page tables of {}", region.kind);
                    note(Err(Lack::Unreadable { what, why }), missing)?;
                    continue;
                }
            };
            let end = address.saturating_add(size).min(region.last.saturating_add(1));
            for page in (address.max(region.base)..end).step_by(PAGE as usize) {
                done += 1;
                if done % REPORT == 0 && visit(Step::Pages(done)).is_break() {
                    return Ok(());
                }
                if !is_in(large, page) && in_page(scope, page, pool, visit).is_break() {
                    return Ok(());
                }
            }
        }
    }
    match found_any {
        true => Ok(()),
        false => {
            let why = Lack::NoName { name: "where Windows set memory aside for the pools".to_owned() };
            note(Err(regions.missing.into_iter().next().unwrap_or(why)), missing)
        }
    }
}

fn is_in(large: &[Range<u64>], page: u64) -> bool {
    let behind = large.partition_point(|range| range.start <= page);
    behind.checked_sub(1).and_then(|last| large.get(last)).is_some_and(|range| range.contains(&page))
}

fn in_page(
    scope: &Scope<'_>,
    page: u64,
    pool: Region,
    visit: &mut dyn FnMut(Step) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let Ok(walked) = classic::walk(scope, page) else { return ControlFlow::Continue(()) };
    for found in walked.found.into_iter().filter(|_| walked.is_one) {
        if let Found::Block(block) = found {
            visit(Step::Block(block, pool))?;
        }
    }
    ControlFlow::Continue(())
}
