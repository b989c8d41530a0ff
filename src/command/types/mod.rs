//! Types, and memory seen as one.

pub mod ddt;
pub mod dlist;
pub mod dt;
pub mod dx;
pub mod list;
