//! Work that system threads are to do, and that none of them is free for.

use super::subject::{seconds, third_party};
use crate::analysis::facts::{Fact, Value};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Clock, Process, ThreadState, WaitReason, WorkQueue};
use crate::output::Action;

/// Seconds for which every worker has been busy with one thing.
const LONG: u64 = 10;
/// Workers of a queue that are looked at, and those whose stacks are.
const MOST: usize = 4096;
const MOST_STACKS: usize = 4;

/// `workers_busy` for each queue with work to do whose workers have all waited for something else for long.
pub fn facts(scope: &Scope<'_>) -> Result<Vec<Fact>, Lack> {
    let clock = Clock::of(scope)?;
    let mut facts = Vec::new();
    for queue in WorkQueue::all(&Process::system(scope)?)?.0 {
        scope.check()?;
        let pending = queue.items()?.iter().filter(|item| item.is_ok()).count();
        if pending == 0 {
            continue;
        }
        let workers: Vec<_> = queue.workers()?.take(MOST).filter_map(Result::ok).collect();
        let is_stuck = |thread: &crate::kernel::Thread<'_>| {
            thread.state() == Ok(ThreadState::WAITING)
                && thread.wait_reason().is_ok_and(|reason| reason != WaitReason::QUEUE)
                && seconds(&clock, thread).is_some_and(|seconds| seconds >= LONG)
        };
        if workers.is_empty() || !workers.iter().all(is_stuck) {
            continue;
        }
        let fact = Fact::new("workers_busy")
            .with("address", Value::Address(queue.address()))
            .with("queue", queue.index().unwrap_or_else(|_| "?".to_owned()))
            .with("pending", pending)
            .with("workers", workers.len());
        facts.push(fact.worded("evidence.workers_busy").link(Action::Run("!exqueue")));
        facts.extend(workers.iter().take(MOST_STACKS).filter_map(|thread| third_party(scope, thread)));
    }
    Ok(facts)
}
