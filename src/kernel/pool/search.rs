//! Walking every block of the pool.

use super::big::BigTable;
use super::block::{BlockState, PoolBlock};
use super::found::Found;
use super::heaps::{HeapKind, SegmentHeaps};
use super::lfh::Lfh;
use super::segment::RangeKind;
use super::vs::Vs;
use crate::debuggee::{Lack, Scope};
use std::ops::ControlFlow;

/// A block on the way, or how far the walk is.
pub enum Step {
    /// A block, and whether its pool is paged.
    Block(PoolBlock, bool),
    /// A segment was walked: how many so far.
    Segment(u64),
}

/// What was not walked, and why.
pub type Missing = Vec<Lack>;

/// The most reasons that are kept.
const MAX_MISSING: usize = 16;

/// Tells every large allocation, then every small block of every segment heap, until `visit` breaks.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn each_block(
    scope: &Scope<'_>,
    visit: &mut dyn FnMut(Step) -> ControlFlow<()>,
) -> Result<Missing, Lack> {
    let mut missing = Missing::new();
    let mut ended = false;
    let table = BigTable::open(scope).and_then(|table| {
        table.each(&mut |big| {
            let block = PoolBlock {
                address: big.address,
                size: big.size,
                previous: 0,
                state: BlockState::Allocated,
                header: None,
                tag: Some(big.tag),
                is_large: true,
            };
            ended = visit(Step::Block(block, big.is_paged)).is_break();
            !ended
        })
    });
    note(table, &mut missing)?;
    if ended {
        return Ok(missing);
    }
    match SegmentHeaps::open(scope) {
        Ok(heaps) => in_heaps(scope, &heaps, visit, &mut missing)?,
        Err(why) => note(Err(why), &mut missing)?,
    }
    Ok(missing)
}

/// Keeps a reason; being stopped is none.
fn note(outcome: Result<(), Lack>, missing: &mut Missing) -> Result<(), Lack> {
    match outcome {
        Err(Lack::Stopped) => Err(Lack::Stopped),
        Err(why) => {
            if missing.len() < MAX_MISSING && !missing.contains(&why) {
                missing.push(why);
            }
            Ok(())
        }
        Ok(()) => Ok(()),
    }
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
            if missing.len() < MAX_MISSING && !missing.contains(&why) {
                missing.push(why);
            }
            ControlFlow::Continue(())
        }
        Found::Damage(_) => ControlFlow::Continue(()),
    }
}
