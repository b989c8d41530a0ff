//! Stacks, frames and what is local to them.

pub mod dv;
mod fold;
pub mod frame;
pub mod k;
pub mod kframes;
mod parameters;
mod rows;
pub mod thread;
