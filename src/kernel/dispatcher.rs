//! DISPATCHER_HEADER: what everything begins with that a thread can wait for.

use crate::debuggee::{Lack, Object, Scope};

/// An object that can be waited for. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Dispatcher<'s>(Object<'s>);

/// What such an object is: KOBJECTS, as the type information of Windows 11 numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DispatcherKind {
    /// An event that stays set.
    NotificationEvent,
    /// An event that lets one thread pass.
    SynchronizationEvent,
    /// A KMUTANT: a mutex.
    Mutant,
    /// A process.
    Process,
    /// A KQUEUE.
    Queue,
    /// A semaphore.
    Semaphore,
    /// A thread.
    Thread,
    /// A gate.
    Gate,
    /// A timer that stays set.
    NotificationTimer,
    /// A timer that lets one thread pass.
    SynchronizationTimer,
    /// A KPRIQUEUE.
    PriQueue,
    /// A KTIMER2 that stays set.
    Timer2Notification,
    /// A KTIMER2 that lets one thread pass.
    Timer2Synchronization,
    /// A number that stands for no object that can be waited for.
    Unknown(u8),
}

/// The highest bit of the type is a lock (KOBJECT_LOCK_BIT of the public headers).
const TYPE: u64 = 0x7f;

impl<'s> Dispatcher<'s> {
    /// The object at an address.
    ///
    /// # Errors
    /// Where no layout of `_DISPATCHER_HEADER` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Dispatcher<'s>, Lack> {
        scope.object("nt!_DISPATCHER_HEADER", address).map(Dispatcher)
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// What it is.
    pub fn kind(&self) -> Result<DispatcherKind, Lack> {
        Ok(match self.0.field("Type")?.u64()? & TYPE {
            0 => DispatcherKind::NotificationEvent,
            1 => DispatcherKind::SynchronizationEvent,
            2 => DispatcherKind::Mutant,
            3 => DispatcherKind::Process,
            4 => DispatcherKind::Queue,
            5 => DispatcherKind::Semaphore,
            6 => DispatcherKind::Thread,
            7 => DispatcherKind::Gate,
            8 => DispatcherKind::NotificationTimer,
            9 => DispatcherKind::SynchronizationTimer,
            21 => DispatcherKind::PriQueue,
            24 => DispatcherKind::Timer2Notification,
            25 => DispatcherKind::Timer2Synchronization,
            other => DispatcherKind::Unknown(u8::try_from(other).unwrap_or(u8::MAX)),
        })
    }

    /// The object itself.
    pub fn object(&self) -> &Object<'s> {
        &self.0
    }

    /// The thread that owns a mutant; [`Lack::Null`] where nobody does.
    ///
    /// # Errors
    /// As [`Object::u64`].
    pub fn owner_thread(&self) -> Result<u64, Lack> {
        let owner = self.0.scope().object("nt!_KMUTANT", self.address())?.field("OwnerThread")?;
        match owner.u64()? {
            0 => Err(Lack::Null { what: owner.what() }),
            thread => Ok(thread),
        }
    }

    /// How many threads a semaphore lets pass at most.
    ///
    /// # Errors
    /// As [`Object::u64`].
    pub fn limit(&self) -> Result<u64, Lack> {
        self.0.scope().object("nt!_KSEMAPHORE", self.address())?.field("Limit")?.u64()
    }

    /// The thread that holds the fast or guarded mutex of which this is the event; [`Lack::Null`] where nobody does.
    ///
    /// # Errors
    /// As [`Object::u64`].
    pub fn fast_mutex_owner(&self) -> Result<u64, Lack> {
        // KGUARDED_MUTEX is another name of FAST_MUTEX since Windows 8, and had the same beginning before.
        let mutex = self.0.container("nt!_FAST_MUTEX", "Event")?;
        let owner = mutex.field("Owner")?;
        match owner.u64()? {
            0 => Err(Lack::Null { what: owner.what() }),
            thread => Ok(thread),
        }
    }
}
