//! Registers and processors.

pub mod cxr;
pub mod ecxr;
pub mod processor;
pub mod r;
pub mod r_typed;
pub mod rm;
pub mod trap;
