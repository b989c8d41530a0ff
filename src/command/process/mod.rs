//! Processes and what runs.

pub mod mex_running;
pub mod process;
pub mod thread;
