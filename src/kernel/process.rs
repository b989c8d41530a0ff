//! EPROCESS.

use crate::debuggee::Target;
use crate::memory::Memory;
use crate::symbols::types::layout::field_of;
use crate::util::bounded::ascii_z;

/// Which process an EPROCESS stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessId {
    /// Image file name; the kernel keeps at most 15 characters of it.
    pub name: String,
    /// Process id.
    pub pid: u64,
}

/// Longest ImageFileName.
const MAX_NAME: usize = 16;

impl ProcessId {
    /// Reads name and id of the EPROCESS at an address. `None` where no layout of `_EPROCESS` is at hand (or the dump
    /// contradicts it), and where the members cannot be read.
    pub fn read(target: &Target, process: u64) -> Option<ProcessId> {
        let types = target.find_type("nt!_EPROCESS")?;
        let name = field_of(&*types.source, types.id, "ImageFileName")?;
        let pid = field_of(&*types.source, types.id, "UniqueProcessId")?;
        let memory = target.memory();
        let text = memory
            .read_vec(process.checked_add(name.offset)?, MAX_NAME.min(name.size as usize), MAX_NAME)
            .ok()?;
        Some(ProcessId {
            name: ascii_z(&text, 0, MAX_NAME)?,
            pid: memory.u64(process.checked_add(pid.offset)?).ok()?,
        })
    }
}
