//! The kernel's pool: blocks, tags, use.

mod damage;
#[expect(clippy::module_inception, reason = "a command's file is named by its word")]
pub mod pool;
mod rows;
mod tag;
