//! Kernel stacks that were used up.

use super::modules::{described, origin_word, place};
use super::scene::Scene;
use super::{Crash, Fact, Value};
use crate::kernel::Thread;
use crate::output::Action;
use crate::unwind::Frame;

/// A stack pointer so far above the end is at it: a page, which the next call or its frame would leave.
const AT_END: u64 = 0x1000;
/// The longest cycle of functions that is looked for, and the fewest turns that make one.
const LONGEST: usize = 16;
const TURNS: usize = 3;

/// `overflow`: where the stack ended, and which functions filled it; `stack_room`: how much was left of it.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Vec<Fact> {
    let (Some(fault), Some(thread)) = (&scene.fault, crash.scope.target().current_thread()) else {
        return Vec::new();
    };
    let Ok(thread) = Thread::at(crash.scope, thread) else { return Vec::new() };
    let (Ok(limit), Ok(base)) = (thread.stack_limit(), thread.stack_base()) else { return Vec::new() };
    if (limit.saturating_add(AT_END)..base).contains(&fault.sp) {
        let fact = Fact::new("stack_room").with("address", Value::Address(fault.sp));
        let fact = fact.with("room", Value::Hex(fault.sp - limit)).with("limit", Value::Address(limit));
        return vec![fact.worded("evidence.stack_room").link(Action::Run("!thread"))];
    }
    // Below the end there is nothing; a stack pointer that is elsewhere is on another stack.
    if fault.sp > limit.saturating_add(AT_END) || fault.sp < limit.saturating_sub(AT_END) || limit >= base {
        return Vec::new();
    }
    let target = crash.scope.target();
    let fact = Fact::new("overflow")
        .with("limit", Value::Address(limit))
        .with("sp", Value::Address(fault.sp))
        .with("stack", Value::Hex(base - limit));
    let fact = match cycle(&scene.frames) {
        Some(cycle) => {
            let functions: Vec<String> = cycle.frames.iter().map(|frame| function(crash, frame)).collect();
            // The cycle belongs to whoever is in it and is no part of Windows, if that is one.
            let module_of = |frame: &Frame| target.modules().at(frame.lookup_ip());
            let others: Vec<&Frame> = cycle
                .frames
                .iter()
                .filter(|frame| {
                    module_of(frame).is_some_and(|module| origin_word(target, module) == "third_party")
                })
                .collect();
            let base = |frame: &Frame| module_of(frame).map(|module| module.base);
            let first = others.first().map(|frame| base(frame));
            let shared = others.iter().any(|frame| Some(base(frame)) != first);
            let of = others.first().copied().or(cycle.frames.first()).map_or(fault.ip, |frame| frame.ip);
            described(fact, target, of)
                .with("shared", shared)
                .with("turns", cycle.turns)
                .with("bytes", Value::Number(cycle.bytes))
                .with("functions", functions.join(", "))
                .worded("evidence.overflow_cycle")
        }
        None => fact
            .with("origin", "unknown")
            .with("functions", place(target, fault.ip))
            .worded("evidence.overflow"),
    };
    vec![fact.link(Action::Run("k 200"))]
}

/// A function by its name, without the place in it.
fn function(crash: &Crash<'_>, frame: &Frame) -> String {
    let shown = place(crash.scope.target(), frame.ip);
    match shown.contains('!') {
        true => shown.split('+').next().unwrap_or_default().to_owned(),
        false => shown,
    }
}

/// Frames that come again and again.
struct Cycle<'f> {
    /// One turn.
    frames: &'f [Frame],
    turns: usize,
    /// Bytes of the stack that a turn takes.
    bytes: u64,
}

/// The shortest cycle among the innermost frames.
fn cycle(frames: &[Frame]) -> Option<Cycle<'_>> {
    for from in 0..LONGEST.min(frames.len()) {
        let rest = frames.get(from..)?;
        for length in 1..=LONGEST {
            let turns = rest
                .chunks_exact(length)
                .zip(rest.get(length..)?.chunks_exact(length))
                .take_while(|(one, next)| one.iter().zip(*next).all(|(one, next)| one.ip == next.ip))
                .count();
            if turns + 1 >= TURNS {
                let bytes = rest.get(length)?.sp.wrapping_sub(rest.first()?.sp);
                return Some(Cycle { frames: rest.get(..length)?, turns: turns + 1, bytes });
            }
        }
    }
    None
}
