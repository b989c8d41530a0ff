//! `!mex.ready`: the threads that wait for a processor, a row each.

use super::mex_rows::{Listed, rows};
use crate::command::{CommandSpec, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Processor, ReadyQueue};
use crate::output::Line;
use crate::util::order::Order;
use std::collections::HashSet;

/// `!mex.ready`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!mex.ready"],
    group: Group::Kernel,
    summary: "Shows the threads that are ready to run and for how long they have waited for a processor",
    help: "Threads of all ready queues, by priority. Affinity is the mask of processors that a thread may run on.\n\n\
           kd> !mex.ready",
    needs: Needs::Types,
    ..CommandSpec::runs(|args, context| rows(args, context, ready))
};

fn ready<'s>(scope: &'s Scope<'s>) -> Listed<'s> {
    let mut threads = Vec::new();
    let mut known = HashSet::new();
    let mut add = |queue: Result<ReadyQueue<'s>, Lack>| match queue {
        Ok(queue) if !known.insert(queue.address()) => {}
        Ok(queue) => match queue.priorities() {
            Ok(priorities) => priorities.into_iter().for_each(|priority| match queue.threads(priority) {
                Ok(more) => threads.extend(more),
                Err(why) => threads.push(Err(why)),
            }),
            Err(why) => threads.push(Err(why)),
        },
        Err(why) => threads.push(Err(why)),
    };
    for (_, processor) in Processor::all(scope) {
        match processor {
            Ok(processor) => {
                // Before Windows 8 there is no shared queue; not every processor shares one.
                if let Ok(shared) = ReadyQueue::shared_by(&processor) {
                    add(Ok(shared));
                }
                add(ReadyQueue::of(&processor));
            }
            Err(why) => add(Err(why)),
        }
    }
    threads.order_by_key(|thread| {
        std::cmp::Reverse(thread.as_ref().ok().and_then(|thread| thread.priority().ok()))
    });
    Listed { threads, affinity: true, stacks: Line::new() }
}
