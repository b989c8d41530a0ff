//! EPARTITION: the system's share of the computer, with the executive's part of it.

use crate::debuggee::{Lack, Scope};
use std::collections::BTreeSet;

/// ExPoolMax of EXQUEUEINDEX: worker queues of a node.
pub const WORK_QUEUES: u64 = 8;

/// Addresses of the EX_WORK_QUEUEs of the first node of the system's partition.
///
/// # Errors
/// Where nt!PspSystemPartition or the types are not known: built-in layouts lack them.
pub fn work_queues(scope: &Scope<'_>) -> Result<BTreeSet<u64>, Lack> {
    let partition = scope.global("nt!PspSystemPartition")?.pointee_as("nt!_EPARTITION")?;
    let executive = partition.field("ExPartition")?.pointee_as("nt!_EX_PARTITION")?;
    let queues = executive.field("WorkQueues")?.index(0)?;
    let queues = (0..WORK_QUEUES).map_while(|index| queues.index(index).and_then(|queue| queue.u64()).ok());
    Ok(queues.filter(|&queue| queue != 0).collect())
}
