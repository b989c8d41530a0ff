//! The memory manager's counters: MI_PARTITION of the system, MI_SYSTEM_INFORMATION, and the older variables that the debugger
//! data block points to.

use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;

/// A count of pages. What each counts is Windows' own business; the names are those of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as Windows' members are")]
pub enum Counter {
    NumberOfPhysicalPages,
    AvailablePages,
    ResidentAvailablePages,
    FreeSystemPtes,
    ModifiedPages,
    ModifiedNoWritePages,
    NonPagedPool,
    NonPagedPoolMaximum,
    PagedPool,
    PagedPoolMaximum,
    ProcessCommit,
    SharedCommit,
    SpecialPool,
    MdlPages,
    ContiguousPages,
    PartitionPages,
    AwePages,
    NonPagedPoolCommit,
    DriverCommit,
    BootCommit,
    PfnDatabaseCommit,
    SmallNonPagedPtesCommit,
    SlabAllocatorPages,
    SystemPageTables,
    ProcessLockedFilePages,
    PagefileHashPages,
    CommittedPages,
    CommitLimit,
}

/// Where a counter stands.
enum Place {
    /// A member of the system's partition.
    Partition(&'static str),
    /// A member of the memory manager's state.
    State(&'static str),
}

/// The counters of the target's kernel.
pub struct MemoryCounters<'s> {
    scope: &'s Scope<'s>,
    partition: Result<Object<'s>, Lack>,
    state: Result<Object<'s>, Lack>,
}

/// A kind of system page table entries, which map what belongs to no process: MI_SYSTEM_PTE_TYPE.
pub struct SystemPtes<'s>(Object<'s>);

impl<'s> MemoryCounters<'s> {
    /// Those of the kernel; where it keeps them is asked with each.
    pub fn of(scope: &'s Scope<'s>) -> MemoryCounters<'s> {
        MemoryCounters {
            scope,
            partition: scope.global_of("nt!MiSystemPartition", "nt!_MI_PARTITION"),
            state: scope.global_of("nt!MiState", "nt!_MI_SYSTEM_INFORMATION"),
        }
    }

    /// How many pages a counter says; `None` where this Windows has no such counter.
    pub fn pages(&self, counter: Counter) -> Option<Result<u64, Lack>> {
        let (place, variable) = counter.place();
        let object = match place {
            Place::Partition(path) => self.partition.as_ref().map(|object| (object, path)),
            Place::State(path) => self.state.as_ref().map(|object| (object, path)),
        };
        let member = match object {
            Ok((object, path)) if object.has(path) => object.field(path).and_then(|member| member.u64()),
            Ok(_) => return self.variable(variable).map(Ok),
            Err(why) => Err(why.clone()),
        };
        Some(member.or_else(|why| self.variable(variable).ok_or(why)))
    }

    /// The value of a variable that the debugger data block points to.
    fn variable(&self, name: &str) -> Option<u64> {
        let at = self.scope.target().debugger_data()?.nonzero(name)?;
        let value = self.scope.memory().u64(at).ok()?;
        // Two variables count bytes; where they are zero this Windows keeps them elsewhere.
        match name.ends_with("InBytes") {
            true => Some(value >> 12).filter(|&pages| pages != 0),
            false => Some(value),
        }
    }

    /// The system's entries, and those that map kernel stacks.
    ///
    /// # Errors
    /// Where they lie is not known.
    pub fn system_ptes(&self) -> Result<[Result<SystemPtes<'s>, Lack>; 2], Lack> {
        let state = self.state.clone()?;
        Ok(["Vs.SystemPteInfo", "SystemPtes.KernelStackPteInfo"]
            .map(|path| state.field(path).map(SystemPtes)))
    }
}

impl Counter {
    /// The member, and the variable of the debugger data block that says the same.
    fn place(self) -> (Place, &'static str) {
        use Place::{Partition, State};
        match self {
            Counter::NumberOfPhysicalPages => {
                (Partition("Vp.NumberOfPhysicalPages"), "MmNumberOfPhysicalPages")
            }
            Counter::AvailablePages => (Partition("Vp.AvailablePages"), "MmAvailablePages"),
            Counter::ResidentAvailablePages => {
                (Partition("Vp.ResidentAvailablePages"), "MmResidentAvailablePages")
            }
            Counter::FreeSystemPtes => (State("Vs.SystemPteInfo.TotalFreeSystemPtes"), ""),
            Counter::ModifiedPages => (Partition("Vp.ModifiedPageListHead.Total"), ""),
            Counter::ModifiedNoWritePages => (Partition("Vp.ModifiedNoWritePageListHead.Total"), ""),
            Counter::NonPagedPool => (State("Pools.AllocatedNonPagedPool"), "MmAllocatedNonPagedPool"),
            Counter::NonPagedPoolMaximum => {
                (State("Vs.MaximumNonPagedPoolInPages"), "MmMaximumNonPagedPoolInBytes")
            }
            Counter::PagedPool => (State("Vs.PagedPoolInfo.AllocatedPagedPool"), ""),
            Counter::PagedPoolMaximum => (State("Vs.SizeOfPagedPoolInPages"), "MmSizeOfPagedPoolInBytes"),
            Counter::ProcessCommit => (State("Vs.ProcessCommit"), "MmProcessCommit"),
            Counter::SharedCommit => (Partition("Vp.SharedCommit"), "MmSharedCommit"),
            Counter::SpecialPool => (State("Vs.SpecialPagesInUse"), ""),
            Counter::PartitionPages => (State("Partitions.TotalPagesInChildPartitions"), ""),
            Counter::MdlPages => (State("Vs.MdlPagesAllocated"), ""),
            Counter::ContiguousPages => (State("Vs.ContiguousPagesAllocated"), ""),
            Counter::AwePages => (Partition("Vp.VadPhysicalPages"), ""),
            Counter::NonPagedPoolCommit => (State("Vs.NonPagedPoolCommit"), ""),
            Counter::DriverCommit => (State("Vs.DriverCommit"), "MmDriverCommit"),
            Counter::BootCommit => (State("Vs.BootCommit"), ""),
            Counter::PfnDatabaseCommit => (State("Vs.PfnDatabaseCommit"), ""),
            Counter::SmallNonPagedPtesCommit => (State("Vs.SmallNonPagedPtesCommit"), ""),
            Counter::SlabAllocatorPages => (Partition("Vp.SlabAllocatorPages"), ""),
            Counter::SystemPageTables => (State("Vs.SystemPageTableCommit"), ""),
            Counter::ProcessLockedFilePages => (Partition("Vp.ProcessLockedFilePages"), ""),
            Counter::PagefileHashPages => (State("Vs.PagefileHashPages"), ""),
            Counter::CommittedPages => (Partition("Vp.TotalCommittedPages"), "MmTotalCommittedPages"),
            Counter::CommitLimit => (Partition("Vp.TotalCommitLimit"), "MmTotalCommitLimit"),
        }
    }
}

impl SystemPtes<'_> {
    /// Address of the MI_SYSTEM_PTE_TYPE.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// How many there are.
    pub fn total(&self) -> Result<u64, Lack> {
        self.0.field("TotalSystemPtes")?.u64()
    }

    /// How many of them are free.
    pub fn free(&self) -> Result<u64, Lack> {
        self.0.field("TotalFreeSystemPtes")?.u64()
    }

    /// How often none could be had.
    pub fn failures(&self) -> Result<u64, Lack> {
        self.0.field("PteFailures")?.u64()
    }

    /// Address of the first.
    pub fn first(&self) -> Result<u64, Lack> {
        self.0.field("BasePte")?.u64()
    }
}
