//! MMSUPPORT: the physical memory of a process.

use crate::debuggee::{Lack, Object};

/// A working set. Sizes are in pages.
#[derive(Clone)]
pub struct WorkingSet<'s>(Object<'s>);

impl<'s> WorkingSet<'s> {
    pub(super) fn of(support: Object<'s>) -> WorkingSet<'s> {
        WorkingSet(support)
    }

    fn number(&self, member: &str) -> Result<u64, Lack> {
        // The members of one process moved into a part of their own with Windows 10 1607.
        self.0.first_of(&[&format!("Instance.{member}"), member])?.u64()
    }

    /// Pages that are in it.
    pub fn size(&self) -> Result<u64, Lack> {
        self.number("WorkingSetSize")
    }

    /// The least size.
    pub fn minimum(&self) -> Result<u64, Lack> {
        self.number("MinimumWorkingSetSize")
    }

    /// The largest size.
    pub fn maximum(&self) -> Result<u64, Lack> {
        self.number("MaximumWorkingSetSize")
    }

    /// The most pages that ever were in it.
    pub fn peak(&self) -> Result<u64, Lack> {
        self.number("PeakWorkingSetSize")
    }

    /// How often a page was not in it.
    pub fn page_faults(&self) -> Result<u64, Lack> {
        self.number("PageFaultCount")
    }

    /// How well its pages are treated: 0 those of the background, 2 of the foreground.
    pub fn memory_priority(&self) -> Result<u64, Lack> {
        self.number("Flags.MemoryPriority")
    }
}
