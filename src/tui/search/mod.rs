//! Searching lines.

mod pattern;
mod seeking;
mod tally;

pub(super) use pattern::Pattern;
pub(super) use seeking::{Found, Seeking};
pub(super) use tally::{Next, Tally};
