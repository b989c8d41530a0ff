//! The kernel's pool: blocks, tags, use.

mod damage;
pub mod lookaside;
mod owner_line;
#[expect(clippy::module_inception, reason = "a command's file is named by its word")]
pub mod pool;
pub mod poolfind;
pub mod poolused;
pub mod poolval;
mod rows;
pub mod tag;
mod told;
