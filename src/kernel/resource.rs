//! ERESOURCE: the kernel's lock for many readers or one writer.

use super::thread::Thread;
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;

/// A resource. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Resource<'s>(Object<'s>);

/// Someone who holds a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceOwner {
    /// As stored: an ETHREAD, or another number that the owner chose, which has its low two bits set
    /// (ExSetResourceOwnerPointer of the public headers).
    pub thread: u64,
    /// How often it took it.
    pub count: u64,
}

/// Who waits for a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiters {
    /// Those that would share it.
    Shared,
    /// Those that want it alone.
    Exclusive,
}

/// ERESOURCE.Flag: ResourceOwnedExclusive of the public wdm.h.
const OWNED_EXCLUSIVE: u64 = 0x80;
/// More owners than a resource is believed to have.
const MOST_OWNERS: u64 = 0x4000;
/// Where KWAIT_CHAIN_ENTRY.Thread lies in all public symbols that have the type (Windows 10 on); for builds of which no
/// symbols are at hand. The thread found there is believed only if the entry lies on its stack.
const CHAIN_THREAD: u64 = 0x10;

impl ResourceOwner {
    /// The thread that it means: the low two bits are no part of the address.
    pub fn address(&self) -> u64 {
        self.thread & !3
    }
}

impl<'s> Resource<'s> {
    /// The resource at an address.
    ///
    /// # Errors
    /// Where no layout of `_ERESOURCE` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Resource<'s>, Lack> {
        scope.object("nt!_ERESOURCE", address).map(Resource)
    }

    /// Every resource of the system.
    ///
    /// # Errors
    /// Where the list's head or its types are not known; what is wrong with the list comes as its last element.
    pub fn all(scope: &'s Scope<'s>) -> Result<impl Iterator<Item = Result<Resource<'s>, Lack>>, Lack> {
        let head = scope.global_of("nt!ExpSystemResourcesList", "nt!_LIST_ENTRY")?;
        Ok(head.list("nt!_ERESOURCE", "SystemResourcesList")?.map(|resource| resource.map(Resource)))
    }

    /// Address of the ERESOURCE.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Whether one owner has it alone.
    pub fn is_owned_exclusively(&self) -> Result<bool, Lack> {
        Ok(self.0.field("Flag")?.u64()? & OWNED_EXCLUSIVE != 0)
    }

    /// How many owners it has.
    pub fn active_entries(&self) -> Result<u64, Lack> {
        self.0.first_of(&["ActiveEntries", "ActiveCount"])?.u64()
    }

    /// How often someone had to wait for it.
    pub fn contention_count(&self) -> Result<u64, Lack> {
        self.0.field("ContentionCount")?.u64()
    }

    /// How many wait.
    pub fn waiter_count(&self, waiters: Waiters) -> Result<u64, Lack> {
        let member = match waiters {
            Waiters::Shared => "NumberOfSharedWaiters",
            Waiters::Exclusive => "NumberOfExclusiveWaiters",
        };
        self.0.field(member)?.u64()
    }

    /// Who owns it.
    ///
    /// # Errors
    /// What could not be read of the owners.
    pub fn owners(&self) -> Result<Vec<ResourceOwner>, Lack> {
        let owner = |entry: &Object<'s>| {
            let thread = entry.field("OwnerThread")?.u64()?;
            Ok::<_, Lack>(ResourceOwner { thread, count: entry.field("OwnerCount")?.u64()? })
        };
        let mut owners = Vec::new();
        if self.active_entries()? == 0 {
            return Ok(owners);
        }
        owners.push(owner(&self.0.field("OwnerEntry")?)?);
        let table = self.0.field("OwnerTable")?;
        if table.is_set()? {
            let table = table.pointee_as("nt!_OWNER_ENTRY")?;
            // The first entry of the table holds its size.
            let count = table.field("TableSize")?.u64()?.min(MOST_OWNERS);
            let size = table.size().unwrap_or_default();
            for index in 1..count {
                owners.push(owner(&table.moved_to(table.address().wrapping_add(index.wrapping_mul(size))))?);
            }
        }
        owners.retain(|owner| owner.thread != 0);
        Ok(owners)
    }

    /// The threads that wait, in their order; what is wrong with the chain comes last.
    ///
    /// # Errors
    /// Where nothing tells how the build chains them.
    pub fn waiters(&self, waiters: Waiters) -> Result<Vec<Result<u64, Lack>>, Lack> {
        let scope = self.0.scope();
        if self.waiter_count(waiters)? == 0 {
            return Ok(Vec::new());
        }
        let (member, header) = match waiters {
            Waiters::Shared => ("SharedWaiters", "nt!_KSEMAPHORE"),
            Waiters::Exclusive => ("ExclusiveWaiters", "nt!_KEVENT"),
        };
        let pointer = self.0.field(member)?;
        // Before Windows 10 they wait for a semaphore or an event.
        let dispatcher =
            pointer.pointee().is_ok_and(|to| matches!(to.type_name().as_str(), "_KSEMAPHORE" | "_KEVENT"));
        if dispatcher {
            let blocks = pointer.pointee_as(header)?.field("Header.WaitListHead")?;
            let blocks = blocks.list("nt!_KWAIT_BLOCK", "WaitListEntry")?;
            return Ok(blocks.map(|block| block?.field("Thread")?.u64()).collect());
        }
        // Since then each has an entry on its own stack, in a ring without a head.
        let first = pointer.pointee_as("nt!_LIST_ENTRY")?;
        let others = first.list("nt!_LIST_ENTRY", "Flink")?.map(|entry| Ok(entry?.address()));
        let entries = std::iter::once(Ok(first.address())).chain(others);
        Ok(entries.map(|entry| entry.and_then(|entry| chained_thread(scope, entry))).collect())
    }
}

/// The thread that an entry of a wait chain belongs to.
fn chained_thread<'s>(scope: &'s Scope<'s>, entry: u64) -> Result<u64, Lack> {
    let address = match scope.object("nt!_KWAIT_CHAIN_ENTRY", entry) {
        Ok(entry) => entry.field("Thread")?.u64()?,
        Err(_) => {
            let what = || format!("the thread of the wait chain's entry at {entry:016x}");
            let at = entry.wrapping_add(CHAIN_THREAD);
            scope.memory().u64(at).map_err(|why| Lack::Unreadable { what: what(), why })?
        }
    };
    let thread = Thread::at(scope, address)?;
    let stack = thread.stack_limit()?..thread.stack_base()?;
    if stack.contains(&entry) {
        Ok(address)
    } else {
        let what = format!("{address:016x}, which the wait chain's entry at {entry:016x} names,");
        Err(Lack::Shape { what, wanted: "thread with that entry on its stack" })
    }
}
