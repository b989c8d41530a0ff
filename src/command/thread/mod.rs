//! Threads and their stacks.

pub mod findstack;
pub mod lt;
pub mod stacks;
pub mod t;
pub mod teb;
pub mod thread;
pub mod uniqstack;
pub mod us;
