//! What the machine went through before and after the crash, by its event logs: data that a time line is made of.

mod classify;
mod collect;
mod crashes;
mod entry;

pub use classify::classify;
pub use collect::History;
pub use crashes::{Crashes, Own, Restart};
pub use entry::{Check, Entry, Kind};
