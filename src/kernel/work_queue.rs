//! EX_WORK_QUEUE: work that system threads do for drivers.

use super::partition;
use super::process::Process;
use super::thread::Thread;
use crate::debuggee::{Lack, Object};
use std::collections::BTreeSet;

/// Priorities and WORK_QUEUE_ITEMs.
type Items<'s> = Vec<Result<(u64, Object<'s>), Lack>>;

/// A queue of work items, with the threads that take them.
pub struct WorkQueue<'s>(Object<'s>);

/// Windows' priorities: 0 to 31; the queue has a list for each.
const PRIORITIES: u64 = 32;
/// PriQueueObject of KOBJECTS.
const PRIQUEUE: u64 = 21;

impl<'s> WorkQueue<'s> {
    /// The queues of the system's partition, and those that a thread of the System process is tied to, which are known
    /// without symbols too; why the former are not known, so that queues without workers are missing.
    ///
    /// # Errors
    /// As [`Thread::of_process`]; [`Lack::NoMember`] in Windows 7.
    pub fn all(system: &Process<'s>) -> Result<(Vec<WorkQueue<'s>>, Option<Lack>), Lack> {
        let scope = system.object().scope();
        // The three queues of Windows 7 are of another kind, which is said.
        scope.object("nt!_EX_WORK_QUEUE", 0)?.field("WorkPriQueue")?;
        let (mut found, lack) = match partition::work_queues(scope) {
            Ok(found) => (found, None),
            Err(why) => (BTreeSet::new(), Some(why)),
        };
        // What is wrong with a thread is said where threads are listed.
        found.extend(Thread::of_process(system)?.filter_map(|thread| thread.ok()?.queue().ok()));
        let queues = found.into_iter().filter_map(|at| scope.object("nt!_EX_WORK_QUEUE", at).ok());
        Ok((queues.map(WorkQueue).filter(|queue| queue.is_one().unwrap_or(false)).collect(), lack))
    }

    /// Threads wait at other queues, too: a worker queue is a KPRIQUEUE with an index.
    fn is_one(&self) -> Result<bool, Lack> {
        let is_queue = self.0.field("WorkPriQueue.Header.Type")?.u64()? & 0x7f == PRIQUEUE;
        Ok(is_queue && self.0.field("QueueIndex")?.u64()? < partition::WORK_QUEUES)
    }

    /// Address of the EX_WORK_QUEUE.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Which queue of its node it is: `ExPoolUntrusted`, `IoPoolUntrusted` ...
    pub fn index(&self) -> Result<String, Lack> {
        let index = self.0.field("QueueIndex")?;
        // Built-in layouts do not name enumerators.
        Ok(index.enum_name().ok().flatten().unwrap_or(index.u64()?.to_string()))
    }

    /// A number of the queue's own: `ThreadCount`, `MaxThreads`, `WorkPriQueue.MaximumCount` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// What waits to be done, by priority, next first: WORK_QUEUE_ITEMs; what is wrong with a list comes last in it.
    pub fn items(&self) -> Result<Items<'s>, Lack> {
        let lists = self.0.field("WorkPriQueue.EntryListHead")?;
        let mut items = Vec::new();
        for priority in (0..PRIORITIES).rev() {
            let list = lists.index(priority)?.list("nt!_WORK_QUEUE_ITEM", "List")?;
            items.extend(list.map(|item| item.map(|item| (priority, item))));
        }
        Ok(items)
    }

    /// The threads that are tied to it; what is wrong with the list comes last.
    pub fn workers(&self) -> Result<impl Iterator<Item = Result<Thread<'s>, Lack>> + use<'s>, Lack> {
        let scope = self.0.scope();
        let threads = self.0.field("WorkPriQueue.ThreadListHead")?.list("nt!_KTHREAD", "QueueListEntry")?;
        Ok(threads.map(|thread| Thread::at(scope, thread?.address())))
    }
}
