//! Processes and what runs.

pub mod job;
pub mod mex_running;
pub mod p;
pub mod peb;
pub mod process;
pub mod process_dump;
mod processes;
pub mod session;
pub mod thread;
pub mod tl;
pub mod token;
pub mod vad;
