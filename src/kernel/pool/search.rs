//! Walking every block of the pool.

use super::big::BigTable;
use super::block::PoolBlock;
use super::classic_search;
use super::found::Found;
use super::heaps::{HeapKind, SegmentHeaps};
use super::lfh::Lfh;
use super::segment::RangeKind;
use super::step::{Missing, Step, keep, note};
use super::vs::Vs;
use crate::debuggee::{Lack, Scope};
use crate::util::order::Order;
use std::ops::ControlFlow;

/// Allocations of whole pages that are kept, to look for no small blocks in them.
const MAX_LARGE: usize = 1 << 18;

/// Tells every large allocation, then every small block of every segment heap, or before there were such of every page of small
/// blocks, until `visit` breaks.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn each_block(
    scope: &Scope<'_>,
    visit: &mut dyn FnMut(Step) -> ControlFlow<()>,
) -> Result<Missing, Lack> {
    let mut missing = Missing::new();
    let mut ended = false;
    let mut large = Vec::new();
    let table = BigTable::open(scope).and_then(|table| {
        table.each(&mut |big| {
            let block = PoolBlock::large(big.address, big.size, Some(big.tag));
            if large.len() < MAX_LARGE {
                large.push(big.address..big.end());
            }
            ended = visit(Step::Block(block, big.is_paged)).is_break();
            !ended
        })
    });
    note(table, &mut missing)?;
    if ended {
        return Ok(missing);
    }
    if !SegmentHeaps::are_used(scope) {
        large.order_by_key(|range| range.start);
        classic_search::each(scope, &large, visit, &mut missing)?;
        return Ok(missing);
    }
    match SegmentHeaps::open(scope) {
        Ok(heaps) => in_heaps(scope, &heaps, visit, &mut missing)?,
        Err(why) => note(Err(why), &mut missing)?,
    }
    Ok(missing)
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
        Found::Block(block) => visit(Step::Block(block, kind.is_paged())),
        Found::Gap { why, .. } => {
            keep(why, missing);
            ControlFlow::Continue(())
        }
        Found::Damage(_) => ControlFlow::Continue(()),
    }
}
