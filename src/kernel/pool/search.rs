//! Walking every block of the pool.

use super::big::BigTable;
use super::block::PoolBlock;
use super::classic;
use super::classic_search;
use super::found::Found;
use super::heaps::{HeapKind, SegmentHeaps};
use super::lfh::Lfh;
use super::place::Region;
use super::segment::RangeKind;
use super::step::{Missing, Step, keep, note};
use super::vs::Vs;
use crate::debuggee::{Lack, Scope};
use crate::util::order::Order;
use std::ops::{ControlFlow, Range};

/// Allocations of whole pages that are kept, to look for no small blocks in them.
const MAX_LARGE: usize = 1 << 18;

/// Tells every large allocation, those of the session whose memory is read included, then every small block of every segment heap, or
/// where there are none of every page of small blocks, until `visit` breaks.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn each_block(
    scope: &Scope<'_>,
    visit: &mut dyn FnMut(Step) -> ControlFlow<()>,
) -> Result<Missing, Lack> {
    let mut missing = Missing::new();
    let mut large = Vec::new();
    if let Some(table) = known(BigTable::open(scope), &mut missing)?
        && each_large(&table, None, &mut large, visit, &mut missing)?.is_break()
    {
        return Ok(missing);
    }
    let of_session = match BigTable::of_session(scope) {
        // Not every build tells where its sessions have one.
        Err(Lack::NoName { .. } | Lack::NoMember { .. }) => None,
        table => known(table, &mut missing)?.flatten(),
    };
    if let Some(table) = of_session
        && each_large(&table, Some(Region::Session), &mut large, visit, &mut missing)?.is_break()
    {
        return Ok(missing);
    }
    large.order_by_key(|range| range.start);
    let has_lists = classic::has_lists(scope);
    if SegmentHeaps::are_used(scope) {
        match SegmentHeaps::open(scope) {
            // 10.0.17763 has both, and chooses one when it starts.
            Ok(heaps) if heaps.is_empty() && has_lists => {}
            Ok(heaps) => {
                in_heaps(scope, &heaps, visit, &mut missing)?;
                return Ok(missing);
            }
            Err(why) => {
                note(Err(why), &mut missing)?;
                if !has_lists {
                    return Ok(missing);
                }
            }
        }
    } else if !has_lists {
        note(scope.find_type("nt!_EX_POOL_HEAP_MANAGER_STATE").map(|_| ()), &mut missing)?;
    }
    classic_search::each(scope, &large, visit, &mut missing)?;
    Ok(missing)
}

/// What is known; else why not is kept.
fn known<T>(found: Result<T, Lack>, missing: &mut Missing) -> Result<Option<T>, Lack> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(why) => note(Err(why), missing).map(|()| None),
    }
}

/// Tells the allocations that a table lists, of the kind of pool that is given or that they state.
fn each_large(
    table: &BigTable<'_>,
    pool: Option<Region>,
    large: &mut Vec<Range<u64>>,
    visit: &mut dyn FnMut(Step) -> ControlFlow<()>,
    missing: &mut Missing,
) -> Result<ControlFlow<()>, Lack> {
    let mut flow = ControlFlow::Continue(());
    let told = table.each(&mut |big| {
        if large.len() < MAX_LARGE {
            large.push(big.address..big.end());
        }
        let block = PoolBlock::large(big.address, big.size, Some(big.tag));
        flow = visit(Step::Block(block, pool.unwrap_or(Region::of(big.is_paged))));
        flow.is_continue()
    });
    note(told, missing)?;
    Ok(flow)
}

fn in_heaps(
    scope: &Scope<'_>,
    heaps: &SegmentHeaps<'_>,
    visit: &mut dyn FnMut(Step) -> ControlFlow<()>,
    missing: &mut Missing,
) -> Result<(), Lack> {
    let lfh = heaps.keys.lfh.map(|key| Lfh::new(scope, key));
    for (done, segment) in (1..).zip(heaps.segments()) {
        scope.check()?;
        let (segment, kind) = match segment {
            Ok(found) => found,
            Err(why) => {
                note(Err(why), missing)?;
                continue;
            }
        };
        for range in segment.ranges().into_iter().filter(|_| !kind.is_special()) {
            let mut take = |found| tell(found, kind, visit, missing);
            let flow = match (range.kind, &lfh) {
                (RangeKind::Vs, lfh) => {
                    Vs::new(scope, &range, heaps.keys.heap, lfh.as_ref()).walk(&mut take)?
                }
                (RangeKind::Lfh, Some(lfh)) => lfh.walk(&range, &mut take)?,
                // Whole units stand in the table of large allocations.
                _ => ControlFlow::Continue(()),
            };
            if flow.is_break() {
                return Ok(());
            }
        }
        if visit(Step::Segment(done)).is_break() {
            return Ok(());
        }
    }
    Ok(())
}

fn tell(
    found: Found,
    kind: HeapKind,
    visit: &mut dyn FnMut(Step) -> ControlFlow<()>,
    missing: &mut Missing,
) -> ControlFlow<()> {
    match found {
        // Large ones were told before, with their tags.
        Found::Block(block) if block.is_large => ControlFlow::Continue(()),
        Found::Block(block) => visit(Step::Block(block, Region::of(kind.is_paged()))),
        Found::Gap { why, .. } => {
            keep(why, missing);
            ControlFlow::Continue(())
        }
        Found::Damage(_) => ControlFlow::Continue(()),
    }
}
