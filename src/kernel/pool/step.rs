//! The steps of a walk through every block of the pool, and what of it was not walked.

use super::block::PoolBlock;
use super::place::Region;
use crate::debuggee::Lack;

/// A block on the way, or how far the walk is.
pub enum Step {
    /// A block, and its kind of pool.
    Block(PoolBlock, Region),
    /// A segment was walked: how many so far.
    Segment(u64),
    /// Pages without segment heap were walked: how many so far.
    Pages(u64),
}

/// What was not walked, and why.
pub type Missing = Vec<Lack>;

/// The most reasons that are kept.
const MAX_MISSING: usize = 16;

/// Keeps a reason, once.
pub(super) fn keep(why: Lack, missing: &mut Missing) {
    if missing.len() < MAX_MISSING && !missing.contains(&why) {
        missing.push(why);
    }
}

/// Keeps a reason; being stopped is none.
pub(super) fn note(outcome: Result<(), Lack>, missing: &mut Missing) -> Result<(), Lack> {
    match outcome {
        Err(Lack::Stopped) => Err(Lack::Stopped),
        Err(why) => {
            keep(why, missing);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
