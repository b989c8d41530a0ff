//! Threads and their stacks.

pub mod findstack;
pub mod lt;
pub mod stacks;
pub mod t;
pub mod teb;
pub mod thread;
pub mod thread_dump;
pub mod trep;
pub mod uniqstack;
pub mod us;
