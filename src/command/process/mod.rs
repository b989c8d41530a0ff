//! Processes and what runs.

pub mod findstack;
pub mod job;
pub mod lt;
pub mod mex_running;
pub mod p;
pub mod peb;
pub mod process;
pub mod process_dump;
pub mod processes;
pub mod session;
pub mod stacks;
pub mod t;
pub mod teb;
pub mod thread;
pub mod tl;
pub mod token;
pub mod uniqstack;
pub mod us;
pub mod vad;
pub mod w;
