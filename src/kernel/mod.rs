//! Windows' objects, one kind a file. Data, never text: how they are printed is the commands' business.

mod clock;
mod file_object;
mod object_directory;
mod object_header;
mod object_type;
mod process;
mod processor;
mod ready;
mod resource;
pub mod stack;
mod thread;
mod wait;

pub use clock::Clock;
pub use file_object::FileObject;
pub use object_directory::{DirectoryEntry, ObjectDirectory};
pub use object_header::ObjectHeader;
pub use object_type::{ObjectType, ObjectTypes};
pub use process::Process;
pub use processor::{LockState, Processor};
pub use ready::ReadyQueue;
pub use resource::{Resource, ResourceOwner, Waiters};
pub use thread::{ClientId, Thread};
pub use wait::{ThreadState, WaitReason};
