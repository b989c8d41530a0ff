//! Processes and what runs.

pub mod process;
pub mod ready;
pub mod running;
