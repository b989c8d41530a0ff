//! Who waits for whom: from a thread, through what it waits for, to the threads that can end the wait.

use super::dispatcher::{Dispatcher, DispatcherKind};
use super::push_lock::{HeldLocks, PushLock};
use super::resource::{Resource, Waiters};
use super::thread::Thread;
use super::wait::{ThreadState, WaitReason};
use crate::debuggee::{Lack, Scope};
use std::cell::OnceCell;
use std::collections::HashMap;

/// Something that a thread waits for.
#[derive(Clone)]
pub enum Awaited<'s> {
    /// An object with a dispatcher header.
    Object(Dispatcher<'s>),
    /// The event inside a fast or guarded mutex.
    FastMutex(Dispatcher<'s>),
    /// A resource.
    Resource(Resource<'s>),
    /// A push lock.
    PushLock(PushLock<'s>),
    /// The answer to a message: the address of the KALPC_MESSAGE.
    Reply(u64),
}

/// Something that a thread waits for, with the threads that hold it.
#[derive(Clone)]
pub struct Wait<'s> {
    /// What it waits for.
    pub awaited: Awaited<'s>,
    /// Who can end the wait, by address: the owners of a lock, a thread whose end is waited for, a server's thread. Empty
    /// where nobody in particular can: an event, a timer.
    pub holders: Result<Vec<u64>, Lack>,
}

/// All that is needed to tell who waits for whom.
pub struct WaitChains<'s> {
    scope: &'s Scope<'s>,
    /// By the thread that waits: the resource that it waits for.
    resources: HashMap<u64, Resource<'s>>,
    /// Why not all resources are known.
    lack: Option<Lack>,
    /// Who holds which push lock, read when the first thread is met that waits for one.
    locks: OnceCell<HeldLocks>,
}

impl<'s> WaitChains<'s> {
    /// Looks through the resources that somebody waits for.
    ///
    /// # Errors
    /// [`Lack::Stopped`]. Where the resources are not known, waits for them tell so.
    pub fn new(scope: &'s Scope<'s>) -> Result<WaitChains<'s>, Lack> {
        let mut chains = WaitChains { scope, resources: HashMap::new(), lack: None, locks: OnceCell::new() };
        match chains.read_resources() {
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Err(why) => chains.lack = Some(why),
            Ok(()) => {}
        }
        Ok(chains)
    }

    fn read_resources(&mut self) -> Result<(), Lack> {
        for resource in Resource::all(self.scope)? {
            let resource = resource?;
            for kind in [Waiters::Shared, Waiters::Exclusive] {
                for thread in resource.waiters(kind)? {
                    match thread {
                        Ok(thread) => drop(self.resources.insert(thread, resource.clone())),
                        Err(Lack::Stopped) => return Err(Lack::Stopped),
                        // One that cannot be read hides no other.
                        Err(why) => self.lack = Some(why),
                    }
                }
            }
        }
        Ok(())
    }

    /// What a thread waits for; nothing where it does not wait.
    ///
    /// # Errors
    /// Where its state or its wait blocks are not known.
    pub fn of(&self, thread: &Thread<'s>) -> Result<Vec<Wait<'s>>, Lack> {
        if thread.state()? != ThreadState::WAITING {
            return Ok(Vec::new());
        }
        let reason = thread.wait_reason()?;
        if let Some(resource) = self.resources.get(&thread.address()) {
            let holders =
                resource.owners().map(|owners| owners.iter().map(|owner| owner.address()).collect());
            return Ok(vec![Wait { awaited: Awaited::Resource(resource.clone()), holders }]);
        }
        if reason == WaitReason::LPC_REPLY {
            return reply(thread).map(|wait| vec![wait]);
        }
        if reason == WaitReason::PUSH_LOCK {
            return self.push_lock(thread);
        }
        let mutex = matches!(reason, WaitReason::FAST_MUTEX | WaitReason::GUARDED_MUTEX);
        let objects = Dispatcher::waited_for(thread)?;
        objects
            .into_iter()
            .map(|object| {
                let object = object?;
                let nobody = |owner: Result<u64, Lack>| match owner {
                    Ok(owner) => Ok(vec![owner]),
                    Err(Lack::Null { .. }) => Ok(Vec::new()),
                    Err(why) => Err(why),
                };
                Ok(match object.kind()? {
                    _ if mutex => Wait {
                        holders: nobody(object.fast_mutex_owner()),
                        awaited: Awaited::FastMutex(object),
                    },
                    DispatcherKind::Mutant => {
                        Wait { holders: nobody(object.owner_thread()), awaited: Awaited::Object(object) }
                    }
                    DispatcherKind::Thread => {
                        Wait { holders: Ok(vec![object.address()]), awaited: Awaited::Object(object) }
                    }
                    _ if reason == WaitReason::RESOURCE => Wait {
                        holders: Err(self.lack.clone().unwrap_or_else(|| Lack::NoName {
                            name: "the resource that the thread waits for".to_owned(),
                        })),
                        awaited: Awaited::Object(object),
                    },
                    _ => Wait { holders: Ok(Vec::new()), awaited: Awaited::Object(object) },
                })
            })
            .collect()
    }

    /// The wait for a push lock: where it is not known which, for the event on the thread's stack.
    fn push_lock(&self, thread: &Thread<'s>) -> Result<Vec<Wait<'s>>, Lack> {
        if self.locks.get().is_none() {
            let _ = self.locks.set(HeldLocks::of(self.scope)?);
        }
        let lock = match self.locks.get() {
            Some(locks) => locks.awaited(thread).map(|lock| (locks.owners(&lock), lock)),
            None => Err(Lack::Stopped),
        };
        match lock {
            Ok((Err(Lack::Stopped), _)) | Err(Lack::Stopped) => Err(Lack::Stopped),
            Ok((holders, lock)) => Ok(vec![Wait { awaited: Awaited::PushLock(lock), holders }]),
            Err(why) => {
                let events = Dispatcher::waited_for(thread)?.into_iter();
                events
                    .map(|event| Ok(Wait { awaited: Awaited::Object(event?), holders: Err(why.clone()) }))
                    .collect()
            }
        }
    }
}

/// The wait for the answer to a message, which a thread of the server may be working on.
fn reply<'s>(thread: &Thread<'s>) -> Result<Wait<'s>, Lack> {
    let message = thread.alpc_message()?;
    let server = message.field("ServerThread").and_then(|server| server.u64());
    let holders = match server {
        Ok(0) => Ok(Vec::new()),
        Ok(server) => Ok(vec![server]),
        Err(why) => Err(why),
    };
    Ok(Wait { awaited: Awaited::Reply(message.address()), holders })
}
