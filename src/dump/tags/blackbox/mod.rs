//! The kernel's black boxes: small records that it keeps up to date while it runs, so that a dump tells what was going on.

mod boot_status;
mod ntfs;
mod pnp;
mod winlogon;

pub use boot_status::{BootFact, BootStatus, BootValue};
pub use ntfs::{NtfsRecord, NtfsRecordKind, NtfsTimeouts};
pub use pnp::PnpEvent;
pub use winlogon::LogonState;
