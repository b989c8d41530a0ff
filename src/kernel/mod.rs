//! Windows' objects, one kind a file. Data, never text: how they are printed is the commands' business.

mod process;
mod thread;

pub use process::ProcessId;
pub use thread::ClientId;
