//! How far the computer's memory goes.

use crate::debuggee::Scope;
use crate::memory::Memory;

/// What tells how far memory goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitSource {
    /// The kernel's MmHighestPhysicalPage.
    Kernel,
    /// The runs of memory in the dump's header.
    Header,
    /// Twice the sizes of the memory modules (SMBIOS) and 4 GiB: an upper bound.
    Modules,
}

/// The last page of memory, or one that is surely not before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HighestPage {
    /// Its page frame number.
    pub number: u64,
    /// What tells it.
    pub source: LimitSource,
}

/// Room for devices below 4 GiB.
const DEVICES: u64 = 1 << 32;
/// Page frames have fewer bits than this.
const MAX_BITS: u32 = 40;

/// The last page of the computer's memory; `None` where nothing in the dump tells.
pub fn highest_page(scope: &Scope<'_>) -> Option<HighestPage> {
    let target = scope.target();
    let variable = target.debugger_data().and_then(|data| data.nonzero("MmHighestPhysicalPage"));
    let kernel = variable.and_then(|at| scope.memory().u64(at).ok()).map(|pfn| (pfn, LimitSource::Kernel));
    let header = || {
        let runs = target.header().ok()?.physical_memory.as_ref()?;
        // Where the header has no room for all runs, the last is not known.
        let complete = runs.runs.len() == usize::try_from(runs.number_of_runs).ok()?;
        let ends = runs.runs.iter().map(|run| run.base_page.saturating_add(run.page_count));
        let end = ends.max().filter(|_| complete)?;
        Some((end.checked_sub(1)?, LimitSource::Header))
    };
    let modules = || {
        let firmware = target.dump().ok()?.tagged().hardware().firmware?;
        let sizes: Option<Vec<u64>> = firmware.memory.iter().map(|module| module.size).collect();
        let total = sizes?.into_iter().try_fold(0u64, u64::checked_add).filter(|&total| total != 0)?;
        // Devices take addresses below the memory that is moved up for them, at most as much as there is.
        Some(((total.checked_mul(2)?.checked_add(DEVICES)? >> 12) - 1, LimitSource::Modules))
    };
    let found = [kernel, header(), modules()].into_iter().flatten();
    let (number, source) = found.into_iter().find(|(page, _)| *page != 0 && page >> MAX_BITS == 0)?;
    Some(HighestPage { number, source })
}
