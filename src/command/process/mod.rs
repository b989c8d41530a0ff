//! Processes and what runs.

pub mod process;
pub mod running;
