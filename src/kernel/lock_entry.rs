//! KLOCK_ENTRY: what a thread notes of a lock that it holds or waits for, so that whoever holds it can be boosted (AutoBoost).

use super::thread::Thread;
use crate::debuggee::{Lack, Object};
use crate::symbols::types::Type;

/// An entry that is in use. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct LockEntry<'s>(Object<'s>);

/// A thread has six in all public symbols; a type that claims more is damaged.
const MOST: u64 = 16;
/// What KLOCK_ENTRY_LOCK_STATE keeps in the lock's address, by the public symbols of Windows 10: two flags below, and in the
/// topmost bit whether the entry stands in a tree.
const FLAGS: u64 = 3;
const IN_TREE: u64 = 1 << 63;

impl<'s> LockEntry<'s> {
    /// The entries of a thread that are in use: those whose bit in AbEntrySummary, which tells the free ones, is clear.
    ///
    /// # Errors
    /// Where the types do not tell where the entries lie (26100 and later), what they mean (Windows 8.1), or that there
    /// are any (before).
    pub fn of(thread: &Thread<'s>) -> Result<Vec<LockEntry<'s>>, Lack> {
        let object = thread.object();
        // In KTHREAD until 18362, which 19041 made a pointer to what lies in ETHREAD.
        let entries = object.first_of(&["LockEntries", "Tcb.LockEntries"])?;
        let free = object.field("Tcb.AbEntrySummary")?.u64()?;
        let count = match entries.ty() {
            Some(Type::Array { count, .. }) => count.min(MOST),
            _ => return Err(Lack::Shape { what: entries.what(), wanted: "array" }),
        };
        (0..count)
            .filter(|index| free >> index & 1 == 0)
            .map(|index| entries.index(index).map(LockEntry))
            .collect()
    }

    /// The lock: a push lock, a mutex, a resource.
    pub fn lock(&self) -> Result<u64, Lack> {
        Ok(self.0.field("LockUnsafe")?.u64()? & !FLAGS | IN_TREE)
    }

    /// Whether the thread has the lock, alone or with others.
    pub fn is_acquired(&self) -> Result<bool, Lack> {
        self.0.first_of(&["AcquiredBit", "AcquiredByte"])?.is_set()
    }

    /// Whether it waits for the lock.
    pub fn is_waiting(&self) -> Result<bool, Lack> {
        self.0.first_of(&["WaitingBit", "WaitingByte"])?.is_set()
    }
}
