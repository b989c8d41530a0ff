//! DPCs: calls that wait to be made at DISPATCH_LEVEL, in two queues a processor.

use super::processor::Processor;
use crate::debuggee::{Elements, Lack, Object, Scope};
use std::fmt;

/// Which queue a DPC belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DpcKind {
    /// It runs at DISPATCH_LEVEL.
    Normal,
    /// It runs in a thread at PASSIVE_LEVEL.
    Threaded,
}

impl DpcKind {
    /// Both, in the order of KPRCB.DpcData.
    pub const ALL: [DpcKind; 2] = [DpcKind::Normal, DpcKind::Threaded];
}

impl fmt::Display for DpcKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            DpcKind::Normal => "Normal",
            DpcKind::Threaded => "Threaded",
        })
    }
}

/// KOBJECTS of wdm.h: DpcObject and ThreadedDpcObject.
const NORMAL: u64 = 19;
const THREADED: u64 = 26;

/// A KDPC.
#[derive(Clone)]
pub struct Dpc<'s>(Object<'s>);

impl<'s> Dpc<'s> {
    /// The DPC at an address.
    ///
    /// # Errors
    /// Where the layout of `_KDPC` is not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Dpc<'s>, Lack> {
        scope.object("nt!_KDPC", address).map(Dpc)
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Whether it is threaded; anything else that lies there is no DPC.
    pub fn kind(&self) -> Result<DpcKind, Lack> {
        let member = self.0.field("Type")?;
        match member.u64()? {
            NORMAL => Ok(DpcKind::Normal),
            THREADED => Ok(DpcKind::Threaded),
            _ => Err(Lack::Shape { what: member.what(), wanted: "type of a DPC" }),
        }
    }

    /// The function that will be called.
    pub fn routine(&self) -> Result<u64, Lack> {
        self.0.field("DeferredRoutine")?.u64()
    }

    /// What the function is called with.
    pub fn context(&self) -> Result<u64, Lack> {
        self.0.field("DeferredContext")?.u64()
    }
}

/// KDPC_DATA: the queue of a processor for DPCs of one kind.
#[derive(Clone)]
pub struct DpcQueue<'s>(Object<'s>);

impl<'s> DpcQueue<'s> {
    /// The queue of a processor.
    ///
    /// # Errors
    /// Where the layout is not known.
    pub fn of(processor: &Processor<'s>, kind: DpcKind) -> Result<DpcQueue<'s>, Lack> {
        let index = if kind == DpcKind::Normal { 0 } else { 1 };
        processor.object().field("DpcData")?.index(index).map(DpcQueue)
    }

    /// How many DPCs wait in it.
    pub fn depth(&self) -> Result<u64, Lack> {
        self.0.field("DpcQueueDepth")?.u64()
    }

    /// How many DPCs were ever queued here.
    pub fn count(&self) -> Result<u64, Lack> {
        self.0.field("DpcCount")?.u64()
    }

    /// The DPC that runs; [`Lack::Null`] where none does, [`Lack::NoMember`] before Windows 8.1.
    pub fn active(&self) -> Result<Dpc<'s>, Lack> {
        let pointer = self.0.field("ActiveDpc")?;
        match pointer.u64()? {
            0 => Err(Lack::Null { what: pointer.what() }),
            address => Dpc::at(self.0.scope(), address),
        }
    }

    /// The DPCs that wait, next first; what is wrong with the list comes last.
    ///
    /// # Errors
    /// Where the list's head cannot be read.
    pub fn dpcs(&self) -> Result<impl Iterator<Item = Result<Dpc<'s>, Lack>> + use<'s>, Lack> {
        let link = "DpcListEntry";
        // Windows 8.1 made the list single linked.
        let elements: Elements<'s> = match self.0.field("DpcList.ListHead") {
            Ok(head) => head.chain("nt!_KDPC", link)?,
            Err(_) => {
                let head = self.0.field("DpcListHead")?;
                // A head that cannot be read is a queue that is not known, not one that breaks off.
                head.field("Flink")?.u64()?;
                head.list("nt!_KDPC", link)?
            }
        };
        Ok(elements.map(|dpc| dpc.map(Dpc)))
    }
}
