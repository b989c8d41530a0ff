//! What the DPC watchdog counts on a processor.

use super::dpc::{Dpc, DpcKind, DpcQueue};
use super::processor::Processor;
use crate::debuggee::{Lack, Object};

/// The watchdog's counters of a processor. All times are clock ticks.
#[derive(Clone)]
pub struct DpcWatchdog<'s> {
    prcb: Object<'s>,
    processor: Processor<'s>,
}

impl<'s> DpcWatchdog<'s> {
    /// That of a processor.
    pub fn of(processor: &Processor<'s>) -> DpcWatchdog<'s> {
        DpcWatchdog { prcb: processor.object().clone(), processor: processor.clone() }
    }

    /// How long the processor has been at DISPATCH_LEVEL or above, DPCs and the time between them together; how long it
    /// may still be where it does not count up.
    pub fn count(&self) -> Result<u64, Lack> {
        self.prcb.field("DpcWatchdogCount")?.u64()
    }

    /// Whether the counter counts up to the period, as on builds from 17763 on; on 9600 it counts down from it (seen in
    /// dumps of these builds; what is between them is told by the thresholds, which 9600 has not).
    pub fn counts_up(&self) -> bool {
        self.cumulative_threshold().is_ok()
    }

    /// How long it may be; 0 where that is not watched.
    pub fn period(&self) -> Result<u64, Lack> {
        // Windows 11 added the unit to the names.
        self.prcb.first_of(&["DpcWatchdogPeriodTicks", "DpcWatchdogPeriod"])?.u64()
    }

    /// How long the DPC that runs has run.
    pub fn dpc_time(&self) -> Result<u64, Lack> {
        self.prcb.field("DpcTimeCount")?.u64()
    }

    /// How long one DPC may run; 0 where that is not watched.
    pub fn dpc_limit(&self) -> Result<u64, Lack> {
        self.prcb.first_of(&["DpcTimeLimitTicks", "DpcTimeLimit"])?.u64()
    }

    /// From when on the watchdog keeps stacks of what runs at DISPATCH_LEVEL or above.
    pub fn cumulative_threshold(&self) -> Result<u64, Lack> {
        let name = "DpcWatchdogProfileCumulativeDpcThreshold";
        self.prcb.first_of(&[&format!("{name}Ticks"), name])?.u64()
    }

    /// From when on it keeps stacks of one DPC.
    pub fn single_threshold(&self) -> Result<u64, Lack> {
        let name = "DpcWatchdogProfileSingleDpcThreshold";
        self.prcb.first_of(&[&format!("{name}Ticks"), name])?.u64()
    }

    /// Where it keeps them; 0 for nowhere.
    pub fn profile(&self) -> Result<u64, Lack> {
        self.prcb.field("DpcWatchdogProfile")?.u64()
    }

    /// Whether DPCs were being run.
    pub fn is_active(&self) -> Result<bool, Lack> {
        self.prcb.field("DpcRoutineActive")?.is_set()
    }

    /// The function of the DPC that runs; 0 for none. Windows 10 and later keep it.
    pub fn routine(&self) -> Result<u64, Lack> {
        self.prcb.field("CurrentDpcRoutine")?.u64()
    }

    /// The DPC of a queue that runs; [`Lack::Null`] for none.
    pub fn active_dpc(&self, kind: DpcKind) -> Result<Dpc<'s>, Lack> {
        DpcQueue::of(&self.processor, kind)?.active()
    }
}
