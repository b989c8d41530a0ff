//! Processes.

pub mod job;
pub mod p;
pub mod peb;
pub mod process;
pub mod process_dump;
pub mod processes;
pub mod session;
pub mod tl;
pub mod token;
pub mod vad;
pub mod w;
