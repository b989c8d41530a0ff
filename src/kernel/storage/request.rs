//! _EXTENDED_REQUEST_BLOCK: a request that a miniport has.

use crate::debuggee::{Lack, Object};

/// A request that a miniport has.
pub struct StorageRequest<'s>(pub(super) Object<'s>);

/// SRB_FUNCTION_STORAGE_REQUEST_BLOCK of srb.h: the block is of the newer kind, whose own function lies elsewhere.
const EXTENDED: u64 = 0x28;

impl StorageRequest<'_> {
    /// The name of its type.
    pub const TYPE: &'static str = "storport!_EXTENDED_REQUEST_BLOCK";
    /// Its link in a unit's queue.
    pub(super) const LINK: &'static str = "PendingLink.NextLink";

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A pointer or a number of its own: `Irp`, `Srb` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// When it was given to the miniport, in a unit of storport's that no public source tells: less is earlier.
    pub fn started(&self) -> Result<u64, Lack> {
        self.number("PendingLink.StartTime")
    }

    /// What it does, and how many seconds it may take: SRB_FUNCTION_... and TimeOutValue of srb.h.
    pub fn function(&self) -> Result<(u64, u64), Lack> {
        let block = self.0.field("Srb")?.pointee_as("storport!_SCSI_REQUEST_BLOCK")?;
        let function = block.field("Function")?.u64()?;
        if function != EXTENDED {
            return Ok((function, block.field("TimeOutValue")?.u64()?));
        }
        let block = self.0.field("Srb")?.pointee_as("storport!_STORAGE_REQUEST_BLOCK")?;
        Ok((block.field("SrbFunction")?.u64()?, block.field("TimeOutValue")?.u64()?))
    }
}

/// SRB_FUNCTION_... of srb.h, without that beginning.
pub fn function_name(function: u64) -> Option<&'static str> {
    Some(match function {
        0x00 => "EXECUTE_SCSI",
        0x01 => "CLAIM_DEVICE",
        0x02 => "IO_CONTROL",
        0x03 => "RECEIVE_EVENT",
        0x04 => "RELEASE_QUEUE",
        0x05 => "ATTACH_DEVICE",
        0x06 => "RELEASE_DEVICE",
        0x07 => "SHUTDOWN",
        0x08 => "FLUSH",
        0x09 => "PROTOCOL_COMMAND",
        0x10 => "ABORT_COMMAND",
        0x11 => "RELEASE_RECOVERY",
        0x12 => "RESET_BUS",
        0x13 => "RESET_DEVICE",
        0x14 => "TERMINATE_IO",
        0x15 => "FLUSH_QUEUE",
        0x16 => "REMOVE_DEVICE",
        0x17 => "WMI",
        0x18 => "LOCK_QUEUE",
        0x19 => "UNLOCK_QUEUE",
        0x1a => "QUIESCE_DEVICE",
        0x20 => "RESET_LOGICAL_UNIT",
        0x21 => "SET_LINK_TIMEOUT",
        0x22 => "LINK_TIMEOUT_OCCURRED",
        0x23 => "LINK_TIMEOUT_COMPLETE",
        0x24 => "POWER",
        0x25 => "PNP",
        0x26 => "DUMP_POINTERS",
        0x27 => "FREE_DUMP_POINTERS",
        _ => return None,
    })
}
