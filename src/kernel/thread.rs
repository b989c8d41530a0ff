//! ETHREAD.

use crate::debuggee::Target;
use crate::memory::Memory;
use crate::symbols::types::layout::field_of;

/// CLIENT_ID: which thread of which process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientId {
    /// Process id.
    pub process: u64,
    /// Thread id.
    pub thread: u64,
}

impl ClientId {
    /// Reads the ids of the ETHREAD at an address; `None` as for a process.
    pub fn read(target: &Target, thread: u64) -> Option<ClientId> {
        let types = target.find_type("nt!_ETHREAD")?;
        let member = |path| {
            let field = field_of(&*types.source, types.id, path)?;
            target.memory().u64(thread.checked_add(field.offset)?).ok()
        };
        Some(ClientId { process: member("Cid.UniqueProcess")?, thread: member("Cid.UniqueThread")? })
    }
}
