//! Windows' objects, one kind a file. Data, never text: how they are printed is the commands' business.

mod clock;
mod dispatcher;
mod file_object;
mod irp;
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
mod wait_block;

pub use clock::Clock;
pub use dispatcher::{Dispatcher, DispatcherKind};
pub use file_object::FileObject;
pub use irp::{Irp, IrpState};
pub use object_directory::{DirectoryEntry, ObjectDirectory};
pub use object_header::ObjectHeader;
pub use object_type::{ObjectType, ObjectTypes};
pub use process::Process;
pub use processor::{LockState, Processor};
pub use ready::ReadyQueue;
pub use resource::{Resource, ResourceOwner, Waiters};
pub use thread::{ClientId, Impersonation, Level, Thread};
pub use wait::{ThreadState, WaitReason};
pub use wait_block::WaitBlock;
