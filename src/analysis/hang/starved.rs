//! Threads that would run, and get no processor.

use super::subject::{name, seconds};
use crate::analysis::facts::{Fact, Value};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Clock, Processor, ReadyQueue, Thread};
use crate::output::Action;
use std::collections::BTreeSet;

/// Windows itself raises a thread that was ready for some four seconds (the balance set manager, as documented): one that was
/// ready for longer than this is kept from running.
const LONG: u64 = 10;
/// Threads of a queue that are looked at.
const MOST: usize = 1000;

/// `starved` for the thread that was ready longest, with how many were ready too long.
pub fn facts(scope: &Scope<'_>) -> Result<Vec<Fact>, Lack> {
    let clock = Clock::of(scope)?;
    let mut queues = Vec::new();
    let mut shared = BTreeSet::new();
    let mut lack = None;
    for (_, processor) in Processor::all(scope) {
        let processor = match processor {
            Ok(processor) => processor,
            Err(why) => {
                lack = Some(why);
                continue;
            }
        };
        queues.extend(ReadyQueue::of(&processor));
        queues.extend(
            ReadyQueue::shared_by(&processor).into_iter().filter(|queue| shared.insert(queue.address())),
        );
    }
    let mut waiting: Vec<(u64, Thread<'_>)> = Vec::new();
    for queue in &queues {
        for priority in queue.priorities()? {
            scope.check()?;
            let threads = queue.threads(priority)?.take(MOST).filter_map(Result::ok);
            waiting.extend(threads.filter_map(|thread| Some((seconds(&clock, &thread)?, thread))));
        }
    }
    waiting.retain(|(seconds, _)| *seconds >= LONG);
    let Some((seconds, thread)) = waiting.iter().max_by_key(|(seconds, _)| *seconds) else {
        return lack.map_or(Ok(Vec::new()), Err);
    };
    let fact = Fact::new("starved")
        .with("address", Value::Address(thread.address()))
        .with("thread", name(scope, thread))
        .with("seconds", *seconds)
        .with("count", waiting.len())
        .with("priority", thread.priority().unwrap_or(0));
    Ok(vec![fact.worded("evidence.starved").link(Action::Thread(thread.address()))])
}
