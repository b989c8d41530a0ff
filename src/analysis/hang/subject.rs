//! What is said of a thread that has to do with a hang.

use crate::analysis::facts::modules::{described, origin_word};
use crate::analysis::facts::{Fact, Value};
use crate::debuggee::Scope;
use crate::kernel::{Clock, Process, Thread, ThreadState, stack::walk_thread};
use crate::output::Action;

/// Frames of a stack that are looked at.
const FRAMES: usize = 64;
/// 100 ns in a second.
const SECOND: u64 = 10_000_000;

/// `System (4.30)`: the process and the ids of a thread, as far as they are known.
pub fn name(scope: &Scope<'_>, thread: &Thread<'_>) -> String {
    let process = thread.process().and_then(|process| Process::at(scope, process)?.name());
    let id = thread.client_id().map(|id| format!("{:x}.{:x}", id.process, id.thread));
    match (process, id) {
        (Ok(process), Ok(id)) => format!("{process}, {id}"),
        (Ok(one), Err(_)) | (Err(_), Ok(one)) => one,
        (Err(_), Err(_)) => "?".to_owned(),
    }
}

/// Seconds since a thread began to wait, or became ready.
pub fn seconds(clock: &Clock<'_>, thread: &Thread<'_>) -> Option<u64> {
    let ticks = clock.ticks_since(thread.wait_time().ok()?).ok()?;
    Some(clock.ticks_as_time(ticks).ok()? / SECOND)
}

/// What a thread does: the scheduler's word, with the reason where it waits.
pub fn state(thread: &Thread<'_>) -> String {
    match (thread.state(), thread.wait_reason()) {
        (Ok(ThreadState::WAITING), Ok(reason)) => format!("{} ({reason})", ThreadState::WAITING),
        (Ok(state), _) => state.to_string(),
        (Err(_), _) => "?".to_owned(),
    }
}

/// `stack_module` for the first third-party module on a thread's stack, if one is there.
pub fn third_party(scope: &Scope<'_>, thread: &Thread<'_>) -> Option<Fact> {
    let target = scope.target();
    let stack = walk_thread(thread, FRAMES).ok()?;
    let frames =
        stack.physical().take_while(|frame| frame.ip >> 47 != 0).filter(|frame| !frame.trust.is_scan());
    let found = frames.enumerate().find(|(_, frame)| {
        let module = target.modules().at(frame.lookup_ip());
        module.is_some_and(|module| origin_word(target, module) == "third_party")
    });
    let (distance, frame) = found?;
    let fact = Fact::new("stack_module").with("address", Value::Address(frame.ip)).with("distance", distance);
    let fact = described(fact, target, frame.ip).with("thread", Value::Address(thread.address()));
    Some(fact.worded("evidence.hang_module").link(Action::Thread(thread.address())))
}
