//! ARM64 stacks: by unwind data where an image gives it, else by frame records.

mod apply;
#[cfg(test)]
mod data_tests;
mod pdata;
pub(super) mod registers;
mod walk;
mod xdata;

pub use pdata::prolog_codes as arm64_prolog;
pub use registers::{Arm64Register, Arm64Registers};
pub use walk::{Arm64Start, walk_arm64};
pub use xdata::Arm64Code;
