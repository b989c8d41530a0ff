//! KPRCB: what a processor runs.

use super::irql::Irql;
use super::thread::Thread;
use crate::debuggee::{Lack, Object, Scope};

/// A processor. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Processor<'s> {
    number: u32,
    prcb: Object<'s>,
}

/// What a processor does with one of its queued spin locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockState {
    /// Nothing.
    Free,
    /// It waits for the lock.
    Waiting,
    /// It owns the lock.
    Owned,
}

/// KSPIN_LOCK_QUEUE: a processor's place in the queue for one of the numbered spin locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueuedLock {
    /// Where it lies.
    pub address: u64,
    /// The place of whoever waits behind it; 0 where nobody does.
    pub next: u64,
    /// What the processor does with the lock.
    pub state: LockState,
}

/// Low bits of KSPIN_LOCK_QUEUE.Lock (LOCK_QUEUE_WAIT and LOCK_QUEUE_OWNER of the public headers).
const LOCK_WAIT: u64 = 1;
const LOCK_OWNER: u64 = 2;
/// Queued spin locks of a processor; the array has a spare entry on some builds.
const LOCKS: u64 = 16;

impl<'s> Processor<'s> {
    /// Every processor of the computer, each with the reason where its KPRCB is not known.
    pub fn all(scope: &'s Scope<'s>) -> impl Iterator<Item = (u32, Result<Processor<'s>, Lack>)> {
        scope.target().processors().iter().map(move |processor| {
            let number = processor.number;
            let prcb = processor
                .prcb
                .ok_or_else(|| Lack::NoName { name: format!("the KPRCB of processor {number}") });
            let found = prcb.and_then(|address| scope.object("nt!_KPRCB", address));
            (number, found.map(|prcb| Processor { number, prcb }))
        })
    }

    /// The processor of that number.
    ///
    /// # Errors
    /// There is none, or its KPRCB is not known.
    pub fn numbered(scope: &'s Scope<'s>, number: u32) -> Result<Processor<'s>, Lack> {
        let found = Processor::all(scope).find(|(known, _)| *known == number);
        found.map_or_else(|| Err(Lack::NoName { name: format!("processor {number}") }), |(_, found)| found)
    }

    /// The KPRCB itself.
    pub fn object(&self) -> &Object<'s> {
        &self.prcb
    }

    /// Its number.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The group that it belongs to: each has up to 64.
    pub fn group(&self) -> Result<u64, Lack> {
        self.prcb.field("Group")?.u64()
    }

    /// Its number within the group.
    pub fn group_index(&self) -> Result<u64, Lack> {
        self.prcb.field("GroupIndex")?.u64()
    }

    /// Its bit in the masks of its group.
    pub fn set_member(&self) -> Result<u64, Lack> {
        // Windows 7 brought groups.
        self.prcb.first_of(&["GroupSetMember", "SetMember"])?.u64()
    }

    /// The IRQL that it had when the crash, or a debugger, stopped it.
    pub fn saved_irql(&self) -> Result<Irql, Lack> {
        let member = self.prcb.field("DebuggerSavedIRQL")?;
        let level = member.u64()?;
        Irql::of(level).ok_or_else(|| Lack::Shape { what: member.what(), wanted: "IRQL" })
    }

    /// How many interrupts it served.
    pub fn interrupt_count(&self) -> Result<u64, Lack> {
        self.prcb.field("InterruptCount")?.u64()
    }

    /// Ticks that it spent in the kernel, DPCs and interrupts included.
    pub fn kernel_time(&self) -> Result<u64, Lack> {
        self.prcb.field("KernelTime")?.u64()
    }

    /// Ticks that it ran user code.
    pub fn user_time(&self) -> Result<u64, Lack> {
        self.prcb.field("UserTime")?.u64()
    }

    /// Ticks that it ran DPCs.
    pub fn dpc_time(&self) -> Result<u64, Lack> {
        self.prcb.field("DpcTime")?.u64()
    }

    /// Ticks that it served interrupts.
    pub fn interrupt_time(&self) -> Result<u64, Lack> {
        self.prcb.field("InterruptTime")?.u64()
    }

    /// A control or descriptor table register that it saved; `None` where none was saved.
    pub fn special_register(&self, name: &str) -> Option<u64> {
        let processors = self.prcb.scope().target().processors();
        let saved = processors.iter().find(|processor| processor.number == self.number)?;
        saved.special.as_ref()?.get(name).filter(|&value| value != 0)
    }

    fn thread(&self, member: &str) -> Result<Thread<'s>, Lack> {
        let pointer = self.prcb.field(member)?;
        match pointer.u64()? {
            0 => Err(Lack::Null { what: pointer.what() }),
            address => Thread::at(self.prcb.scope(), address),
        }
    }

    /// The thread that it runs.
    pub fn current_thread(&self) -> Result<Thread<'s>, Lack> {
        self.thread("CurrentThread")
    }

    /// The thread that it will run next; [`Lack::Null`] where none is chosen.
    pub fn next_thread(&self) -> Result<Thread<'s>, Lack> {
        self.thread("NextThread")
    }

    /// The thread that it runs when there is nothing to do.
    pub fn idle_thread(&self) -> Result<Thread<'s>, Lack> {
        self.thread("IdleThread")
    }

    /// Whether it has nothing to do.
    pub fn is_idle(&self) -> Result<bool, Lack> {
        Ok(self.current_thread()?.address() == self.idle_thread()?.address())
    }

    /// Its queued spin locks, in the order of Windows' own numbers, each with the reason where it is not known.
    ///
    /// # Errors
    /// The types are not known.
    pub fn queued_locks(&self) -> Result<Vec<Result<QueuedLock, Lack>>, Lack> {
        let locks = self.prcb.field("LockQueue")?;
        let place = |index| {
            let place: Object<'_> = locks.index(index)?;
            let lock = place.field("Lock")?.u64()?;
            let state = match (lock & LOCK_OWNER != 0, lock & LOCK_WAIT != 0) {
                (true, _) => LockState::Owned,
                (_, true) => LockState::Waiting,
                _ => LockState::Free,
            };
            Ok(QueuedLock { address: place.address(), next: place.field("Next")?.u64()?, state })
        };
        Ok((0..LOCKS).map(place).collect())
    }
}
