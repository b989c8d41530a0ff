//! Event logs of Windows (`.evtx`): what customers send beside a dump.
//!
//! A log is read chunk by chunk, so that memory does not grow with it; what is damaged is counted and left out.

mod decode;
mod event;
mod log;

pub use decode::decode;
pub use event::Event;
pub use log::{LogError, Reading, read};
