//! Ready queues: the threads that would run if they had a processor.

use super::processor::Processor;
use super::thread::Thread;
use crate::debuggee::{Lack, Object};

/// A ready queue: a list for each priority, and a word that has a bit for each list that is not empty.
#[derive(Clone)]
pub struct ReadyQueue<'s> {
    owner: Object<'s>,
    /// The array of lists: [`PRIORITIES`] of them.
    lists: Object<'s>,
}

/// Windows' priorities: 0 to 31.
const PRIORITIES: u64 = 32;

impl<'s> ReadyQueue<'s> {
    /// The queue of a processor's own: threads that no other processor may take.
    pub fn of(processor: &Processor<'s>) -> Result<ReadyQueue<'s>, Lack> {
        let owner = processor.object().clone();
        Ok(ReadyQueue { lists: owner.field("DispatcherReadyListHead")?, owner })
    }

    /// The KSHARED_READY_QUEUE that a processor shares with its neighbours; [`Lack::Null`] where it shares none, and
    /// [`Lack::NoMember`] before Windows 8.
    pub fn shared_by(processor: &Processor<'s>) -> Result<ReadyQueue<'s>, Lack> {
        let owner = processor.object().field("SharedReadyQueue")?.pointee_as("nt!_KSHARED_READY_QUEUE")?;
        Ok(ReadyQueue { lists: owner.field("ReadyListHead")?, owner })
    }

    /// Address of the KSHARED_READY_QUEUE, or of the processor's KPRCB.
    pub fn address(&self) -> u64 {
        self.owner.address()
    }

    /// A bit for each priority at which a thread is ready.
    pub fn summary(&self) -> Result<u64, Lack> {
        self.owner.field("ReadySummary")?.u64()
    }

    /// How many threads are ready, as the scheduler counts them.
    pub fn thread_count(&self) -> Result<u64, Lack> {
        self.owner.field("ReadyThreadCount")?.u64()
    }

    /// A bit for each processor of the group that shares the queue.
    pub fn affinity(&self) -> Result<u64, Lack> {
        self.owner.field("Affinity")?.u64()
    }

    /// The priorities at which threads are ready, highest first.
    pub fn priorities(&self) -> Result<Vec<u64>, Lack> {
        let summary = self.summary()?;
        Ok((0..PRIORITIES).rev().filter(|priority| summary >> priority & 1 == 1).collect())
    }

    /// The threads that are ready at a priority, next first; what is wrong with the list comes last.
    pub fn threads(
        &self,
        priority: u64,
    ) -> Result<impl Iterator<Item = Result<Thread<'s>, Lack>> + use<'s>, Lack> {
        let scope = self.owner.scope();
        let threads = self.lists.index(priority)?.list("nt!_KTHREAD", "WaitListEntry")?;
        Ok(threads.map(|thread| Thread::at(scope, thread?.address())))
    }
}
