//! EX_PUSH_LOCK: a lock of one word, which says whether it is held and who waits, but not who holds it.

use super::dispatcher::Dispatcher;
use super::lock_entry::LockEntry;
use super::thread::Thread;
use crate::debuggee::{Lack, Link, Object, Scope};
use crate::util::links::Broken;
use std::collections::HashMap;

/// A push lock. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct PushLock<'s>(Object<'s>);

/// The low bits of the word (Locked, Waiting, Waking, MultipleShared); above them the number of those that share it, or
/// the address of the last waiter's block.
const BITS: u64 = 0xf;
/// Where EX_PUSH_LOCK_WAIT_BLOCK.Next lies by the public symbols of Windows 7, the last that have the type; its first member
/// is the event that the waiter waits for. A lock found this way is believed only if its list leads to that very event.
const NEXT: u64 = 0x18;
/// Locks begin at words of eight bytes.
const ALIGNED: u64 = 7;
/// Threads that wait for one lock and are looked at.
const MOST_WAITERS: usize = 0x1000;

impl<'s> PushLock<'s> {
    /// The push lock at an address.
    ///
    /// # Errors
    /// Where no layout of `_EX_PUSH_LOCK` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<PushLock<'s>, Lack> {
        scope.object("nt!_EX_PUSH_LOCK", address).map(PushLock)
    }

    /// Where it lies.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Whether anybody has it.
    pub fn is_locked(&self) -> Result<bool, Lack> {
        self.0.field("Locked")?.is_set()
    }

    /// The events that its waiters wait for: each is the beginning of a block on a waiter's stack. The last that came is the
    /// first. Where the list cannot be read to its end, what was read of it.
    ///
    /// # Errors
    /// The lock cannot be read; [`Lack::Stopped`].
    pub fn waiters(&self) -> Result<Vec<u64>, Lack> {
        if !self.0.field("Waiting")?.is_set()? {
            return Ok(Vec::new());
        }
        let first = self.0.field("Value")?.u64()? & !BITS;
        let next = Link { offset: self.next(), size: 8, inner: 0 };
        let mut found = Vec::new();
        for block in self.0.scope().chain(first, next).at_most(MOST_WAITERS) {
            match block {
                Ok(block) => found.push(block),
                Err(Broken::Stopped) => return Err(Lack::Stopped),
                Err(_) => break,
            }
        }
        Ok(found)
    }

    fn next(&self) -> u64 {
        let block = self.0.scope().object("nt!_EX_PUSH_LOCK_WAIT_BLOCK", 0);
        block.and_then(|block| block.field("Next")).map_or(NEXT, |next| next.address())
    }
}

/// Who holds which lock, as the threads' lock entries tell.
#[derive(Default)]
pub struct HeldLocks {
    /// By the lock: the threads that have it.
    owners: HashMap<u64, Vec<u64>>,
    /// Why not all are known.
    lack: Option<Lack>,
}

impl HeldLocks {
    /// Looks through the lock entries of all threads.
    ///
    /// # Errors
    /// [`Lack::Stopped`].
    pub fn of(scope: &Scope<'_>) -> Result<HeldLocks, Lack> {
        let mut held = HeldLocks::default();
        match Thread::all(scope) {
            Err(why) => held.lack = Some(why),
            Ok(threads) => {
                for thread in threads {
                    match thread.and_then(|thread| held.read(&thread)) {
                        Err(Lack::Stopped) => return Err(Lack::Stopped),
                        Err(why) => held.lack = Some(why),
                        Ok(()) => {}
                    }
                }
            }
        }
        Ok(held)
    }

    fn read(&mut self, thread: &Thread<'_>) -> Result<(), Lack> {
        for entry in LockEntry::of(thread)? {
            if entry.is_acquired()? && !entry.is_waiting()? {
                self.owners.entry(entry.lock()?).or_default().push(thread.address());
            }
        }
        Ok(())
    }

    /// The push lock that a thread waits for, by its own lock entry, or because a lock's list of waiters leads to the event
    /// that it waits for: the lock that the thread notes itself (AbWaitObject, since Windows 10 1903: builds whose types do
    /// not tell where lock entries lie have it, too), or one that others hold.
    ///
    /// # Errors
    /// Why it is not known; [`Lack::Stopped`].
    pub fn awaited<'s>(&self, thread: &Thread<'s>) -> Result<PushLock<'s>, Lack> {
        let scope = thread.object().scope();
        let own = LockEntry::of(thread);
        if let Ok(entries) = &own {
            for entry in entries {
                if entry.is_waiting()? && !entry.is_acquired()? {
                    return PushLock::at(scope, entry.lock()?);
                }
            }
        }
        let events = Dispatcher::waited_for(thread)?;
        let events: Vec<u64> = events.into_iter().filter_map(|event| Some(event.ok()?.address())).collect();
        let noted = thread.object().field("Tcb.AbWaitObject").and_then(|noted| noted.u64());
        let noted = noted.ok().map(|noted| noted & !ALIGNED).filter(|&noted| noted != 0);
        for lock in noted.into_iter().chain(self.owners.keys().copied()) {
            scope.check()?;
            let lock = PushLock::at(scope, lock)?;
            match lock.waiters() {
                Ok(waiters) if waiters.iter().any(|waiter| events.contains(waiter)) => return Ok(lock),
                Err(Lack::Stopped) => return Err(Lack::Stopped),
                _ => {}
            }
        }
        Err(match own {
            Err(why) => why,
            Ok(_) => Lack::NoName { name: "the push lock that the thread waits for".to_owned() },
        })
    }

    /// The threads that have a push lock; nobody where it is free.
    ///
    /// # Errors
    /// Where it is held, and no thread's entries name it.
    pub fn owners(&self, lock: &PushLock<'_>) -> Result<Vec<u64>, Lack> {
        if !lock.is_locked()? {
            return Ok(Vec::new());
        }
        self.owners.get(&lock.address()).cloned().ok_or_else(|| {
            let name = format!("the owner of the push lock {}", crate::util::hex::tick(lock.address()));
            self.lack.clone().unwrap_or(Lack::NoName { name })
        })
    }
}
