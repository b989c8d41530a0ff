//! Windows' objects, one kind a file. Data, never text: how they are printed is the commands' business.

mod clock;
mod process;
mod processor;
mod ready;
pub mod stack;
mod thread;
mod wait;

pub use clock::Clock;
pub use process::Process;
pub use processor::{LockState, Processor};
pub use ready::ReadyQueue;
pub use thread::{ClientId, Thread};
pub use wait::{ThreadState, WaitReason};
