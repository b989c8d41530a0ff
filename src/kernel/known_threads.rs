//! Every thread that a dump lets one find: those of all processes, and where lists are broken those that processors run.

use super::process::Process;
use super::processor::Processor;
use super::thread::Thread;
use crate::debuggee::{Lack, Scope};
use std::collections::HashSet;

/// The threads of all processes. Where a list breaks, as most do in triage dumps, those that processors run and that no
/// list led to come last.
///
/// # Errors
/// Where neither list nor types are known.
pub fn known_threads<'s>(
    scope: &'s Scope<'s>,
) -> Result<impl Iterator<Item = Result<Thread<'s>, Lack>>, Lack> {
    Ok(with_running(Thread::all(scope)?, move |seen| running_besides(scope, seen)))
}

/// The threads of a process in the same way: where its list breaks, those of its own that processors run come last.
///
/// # Errors
/// As [`Thread::of_process`].
pub fn known_threads_of<'s>(
    process: &Process<'s>,
) -> Result<impl Iterator<Item = Result<Thread<'s>, Lack>> + use<'s>, Lack> {
    let (scope, address) = (process.object().scope(), process.address());
    Ok(with_running(Thread::of_process(process)?, move |seen| {
        let mut running = running_besides(scope, seen);
        running.retain(|thread| thread.process() == Ok(address));
        running
    }))
}

/// The threads of a list, and if it breaks those that `rest` finds besides.
fn with_running<'s>(
    list: impl Iterator<Item = Result<Thread<'s>, Lack>>,
    rest: impl FnOnce(&HashSet<u64>) -> Vec<Thread<'s>>,
) -> impl Iterator<Item = Result<Thread<'s>, Lack>> {
    let mut find = Some(rest);
    let mut listed = Some(list);
    let mut seen = HashSet::new();
    let mut broken = false;
    let mut rest = Vec::new().into_iter();
    std::iter::from_fn(move || {
        if let Some(list) = &mut listed {
            match list.next() {
                Some(Ok(thread)) => {
                    seen.insert(thread.address());
                    return Some(Ok(thread));
                }
                Some(Err(why)) => {
                    broken |= why != Lack::Stopped;
                    return Some(Err(why));
                }
                None => {
                    listed = None;
                    if let Some(find) = find.take().filter(|_| broken) {
                        rest = find(&seen).into_iter();
                    }
                }
            }
        }
        rest.next().map(Ok)
    })
}

/// The threads that processors run, without those that were seen; of those that run when there is nothing to do only the
/// one that crashed.
pub fn running_besides<'s>(scope: &'s Scope<'s>, seen: &HashSet<u64>) -> Vec<Thread<'s>> {
    let target = scope.target();
    let idle: HashSet<u64> = Processor::all(scope)
        .filter_map(|(_, processor)| Some(processor.ok()?.idle_thread().ok()?.address()))
        .collect();
    // What runs is known of more processors than those whose KPRCB the dump holds.
    let running = target.processors().iter().filter_map(|processor| processor.current_thread);
    running
        .filter(|thread| !seen.contains(thread))
        .filter(|thread| !idle.contains(thread) || Some(*thread) == target.current_thread())
        .filter_map(|thread| Thread::at(scope, thread).ok())
        .collect()
}
