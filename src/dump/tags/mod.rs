//! What drivers and the kernel add to a dump at the crash, by the GUID of each blob: who wrote it, and the forms that are
//! known.

mod blackbox;
mod crash;
mod driver_log;
mod firmware_table;
mod machine;
mod memory;
mod registry;
mod smbios;
mod smbios_listing;
mod trace_sessions;
mod writers;

pub use blackbox::{
    BootFact, BootStatus, BootValue, LogonState, NtfsRecord, NtfsRecordKind, NtfsTimeouts, PnpEvent,
};
pub use driver_log::{DriverLog, LogRecord};
pub use firmware_table::FirmwareTable;
pub use machine::{AcpiTable, Cpu, Hardware};
pub(super) use memory::parse as parse_memory;
pub use memory::{TaggedMemory, TaggedRange};
pub use registry::{RegistryData, RegistryValue};
pub use smbios::{Firmware, MemoryDevice};
pub use smbios_listing::FirmwareStructure;
pub use trace_sessions::{TraceEvent, TraceSession, TraceSessions};
pub use writers::{Writer, driver, writer};

use super::secondary::SecondaryBlob;
use crate::util::guid::Guid;

/// The tagged data of a dump, to be read by what they mean.
#[derive(Clone, Copy)]
pub struct Tagged<'a> {
    bytes: &'a [u8],
    blobs: &'a [SecondaryBlob],
}

impl<'a> Tagged<'a> {
    pub(super) fn new(bytes: &'a [u8], blobs: &'a [SecondaryBlob]) -> Tagged<'a> {
        Tagged { bytes, blobs }
    }

    /// The data of every blob under `tag`.
    pub fn blobs(self, tag: Guid) -> impl Iterator<Item = &'a [u8]> {
        let found = self.blobs.iter().filter(move |blob| blob.tag == tag);
        found.filter_map(move |blob| self.bytes.get(blob.data.clone()))
    }

    /// The logs that the driver framework kept of drivers.
    pub fn driver_logs(self) -> Vec<DriverLog<'a>> {
        driver_log::parse(self)
    }

    /// The event tracing sessions whose last events the kernel saved.
    pub fn trace_sessions(self) -> Option<TraceSessions<'a>> {
        trace_sessions::parse(self)
    }

    /// The data of the first blob under `tag`, as far as the file holds them.
    pub fn blob(self, tag: Guid) -> Option<&'a [u8]> {
        let found = self.blobs.iter().find(|blob| blob.tag == tag)?;
        self.bytes.get(found.data.clone())
    }
}
