//! The dump file: what it is, its header, and where in the file each piece of memory lies.
//!
//! Nothing here interprets Windows objects. A file is mapped, not read; opening costs the same for 1 MiB and 1 TiB.

mod archive;
mod bitmap;
pub mod cper;
mod error;
mod header;
mod header32;
mod header64;
mod kind;
mod mapping;
mod open;
mod pages;
mod pod;
mod progress;
mod raw;
mod runs;
mod secondary;
mod sources;
#[cfg(test)]
#[path = "../../tests/support/synth.rs"]
pub(crate) mod synth;
pub mod tags;
mod triage;
mod triage_drivers;

pub use error::DumpError;
pub use header::{
    ExceptionRecord, Header, PhysicalMemoryRuns, PhysicalRun, attribute_names, mini_dump_field_names,
};
pub use kind::{Bits, DumpKind, Machine};
pub use mapping::{Lost, Mapping, before_death};
pub use open::DumpFile;
pub use pages::{PageIndex, PageRun};
pub use progress::Progress;
pub use raw::RawFile;
pub use secondary::SecondaryBlob;
pub use triage::{Block, Triage};
pub use triage_drivers::{TriageDriver, UnloadedDriver};
