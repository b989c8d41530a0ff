//! Commands that show stacks and select frames.

pub mod fnent;
pub mod frame;
pub mod k;
pub mod kframes;
mod rows;
pub mod thread;
pub mod trap;
