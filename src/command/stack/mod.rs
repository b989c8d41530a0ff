//! Commands that show stacks and select frames.

pub mod fnent;
mod fnent_arm64;
mod fold;
pub mod frame;
pub mod k;
pub mod kframes;
mod parameters;
pub mod process;
mod rows;
pub mod thread;
pub mod trap;
