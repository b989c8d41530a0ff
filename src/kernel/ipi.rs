//! What a processor does with others: frozen, asked, waiting for them.

use super::processor::Processor;
use crate::debuggee::{Lack, Object};
use std::fmt;

/// KPRCB.IpiFrozen: the low four bits are a state, the others flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frozen(u64);

/// The flag of a freeze that is in force (FREEZE_ACTIVE).
const ACTIVE: u64 = 0x20;

impl Frozen {
    /// The value as it is stored.
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Whether a freeze is in force.
    pub fn is_active(self) -> bool {
        self.0 & ACTIVE != 0
    }

    /// The state's name; `None` for a value that has none.
    pub fn state(self) -> Option<&'static str> {
        Some(match self.0 & 0xf {
            0 => "Running",
            2 => "Frozen",
            3 => "Thaw",
            4 => "Owner",
            5 => "TargetFreeze",
            _ => return None,
        })
    }
}

impl fmt::Display for Frozen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.state() {
            Some(name) => f.write_str(name),
            None => write!(f, "unknown state {:x}", self.0 & 0xf),
        }
    }
}

/// The requests between a processor and others.
#[derive(Clone)]
pub struct Ipi<'s>(Object<'s>);

impl<'s> Ipi<'s> {
    /// Those of a processor.
    pub fn of(processor: &Processor<'s>) -> Ipi<'s> {
        Ipi(processor.object().clone())
    }

    /// Whether it was stopped by another processor.
    pub fn frozen(&self) -> Result<Frozen, Lack> {
        self.0.field("IpiFrozen")?.u64().map(Frozen)
    }

    /// How many processors have still to answer its request.
    pub fn target_count(&self) -> Result<u64, Lack> {
        self.0.field("TargetCount")?.u64()
    }

    /// Whether it waits until all of them have taken the request.
    pub fn packet_barrier(&self) -> Result<u64, Lack> {
        self.0.field("PacketBarrier")?.u64()
    }

    /// The requests that other processors left here. Windows lays out one for each processor behind the KPRCB.
    ///
    /// # Errors
    /// Where the layout is not known.
    pub fn mailbox(&self, sender: u64) -> Result<Mailbox<'s>, Lack> {
        let first = self.0.field("RequestMailbox")?.index(0)?;
        let size = first.size().ok_or_else(|| Lack::Shape { what: first.what(), wanted: "known size" })?;
        Ok(Mailbox(first.moved_to(first.address().wrapping_add(sender.wrapping_mul(size)))))
    }
}

/// REQUEST_MAILBOX.
#[derive(Clone)]
pub struct Mailbox<'s>(Object<'s>);

impl Mailbox<'_> {
    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A bit for each kind of request that has not been taken.
    pub fn summary(&self) -> Result<u64, Lack> {
        self.0.field("RequestSummary")?.u64()
    }

    /// The function that is asked for; it stays when the request has been answered.
    pub fn worker_routine(&self) -> Result<u64, Lack> {
        self.0.field("RequestPacket.WorkerRoutine")?.u64()
    }

    /// One of the three values that the function is called with.
    pub fn parameter(&self, index: u64) -> Result<u64, Lack> {
        self.0.field("RequestPacket.CurrentPacket")?.index(index)?.u64()
    }
}
