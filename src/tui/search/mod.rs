//! Searching lines.

mod pattern;
mod tally;

pub(super) use pattern::Pattern;
pub(super) use tally::{Next, Tally};
