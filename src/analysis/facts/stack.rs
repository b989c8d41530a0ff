//! The true stack: what called the faulting code, or KeBugCheckEx where nothing faulted.
//!
//! What lies between the fault and the bug check belongs to the kernel's handling of the fault, and makes nobody a suspect.

use super::modules::{described, is_library, origin_word, place};
use super::scene::Scene;
use super::{Crash, Fact, Value};
use crate::debuggee::Target;
use crate::output::Action;
use crate::unwind::{Frame, Note, TrapCause, Trust};
use crate::words::Message;

/// Modules that are named.
const MOST: usize = 6;
/// From this on a single word is taken for a frame.
const SURE: u8 = 90;
/// Frames between two of one module that make them neighbours.
const BESIDE: usize = 2;
/// Below this a frame that was found by searching is no more than a word that happens to lie there.
const BELIEVED: u8 = 60;

/// `stack_module` for each third-party module on it, nearest first; `stack_unknown` for each whose maker is not known;
/// `stack_clean` where there are neither.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Vec<Fact> {
    let target = crash.scope.target();
    let frames = &scene.frames;
    // Code that is none may lie low, where the kernel was sent to by a bad pointer: its stack is the kernel's all the same.
    let is_kernels_own = |frame: &&Frame| frame.ip >> 47 != 0 || frame.sp >> 47 != 0;
    let kernel = frames.iter().take_while(is_kernels_own);
    let mut found: Vec<Fact> = Vec::new();
    let (mut count, mut others, mut position) = (0usize, Vec::new(), 0usize);
    let mut unknown: Vec<Fact> = Vec::new();
    for (index, frame) in kernel.enumerate() {
        count += 1;
        let Some(module) = target.modules().at(frame.lookup_ip()) else { continue };
        let origin = origin_word(target, module);
        let of_module = Some(&Value::Text(module.name.clone()));
        if origin == "unknown" {
            let is_known = unknown.iter().any(|fact| fact.get("module") == of_module);
            if !is_known && is_believed(frame) && unknown.len() < MOST {
                unknown.push(of_unknown(crash, scene, index, frame));
            }
            continue;
        }
        if origin != "third_party" {
            if origin != "kernel" && !others.contains(&module.name) {
                others.push(module.name.clone());
            }
            continue;
        }
        let is_known = found.iter().any(|fact| fact.get("module") == of_module);
        if is_known || !is_believed(frame) || found.len() >= MOST {
            continue;
        }
        let libraries_only = frames.iter().take(index).skip(1).all(|frame| {
            target.modules().at(frame.lookup_ip()).is_some_and(|module| is_library(&module.name))
        });
        // A system call on the way: the driver itself asked Windows for what failed.
        let before = frames.iter().take(index);
        let by_service = before.clone().any(|frame| is_service(crash, frame))
            && before.clone().all(|frame| is_kernels(crash, frame));
        let fact =
            Fact::new("stack_module").with("address", Value::Address(frame.ip)).with("distance", index);
        found.push(
            described(fact, target, frame.ip)
                .with("by_service", by_service)
                .with("position", position)
                .with("where", above(scene.fault.is_some(), index))
                .with("interruptions", before.clone().filter(|frame| is_boundary(frame)).count())
                .with("interrupted", before.clone().any(is_interruption))
                .with("after", before.clone().rev().take_while(|frame| !is_boundary(frame)).count())
                .with("solid", is_solid(target, frames, index))
                .with("under_verifier", is_verifiers(crash, frames, index))
                .with("under_libraries", index > 0 && libraries_only)
                .worded("evidence.stack_module")
                .link(Action::Frame(frame.number)),
        );
        position += 1;
    }
    if found.is_empty() && unknown.is_empty() && count > 1 {
        let fact = Fact::new("stack_clean").with("frames", count);
        let fact = match others.is_empty() {
            true => fact.with("inbox", "nt").worded("evidence.stack_kernel"),
            false => fact.with("inbox", others.join(", ")).worded("evidence.stack_clean"),
        };
        found.push(fact.link(Action::Run("k")));
    }
    let found = with_rivals(found);
    found.into_iter().chain(unknown).collect()
}

/// Adds to each module how many others are in the same run of calls, with nothing interrupted between them.
fn with_rivals(found: Vec<Fact>) -> Vec<Fact> {
    let run = |fact: &Fact| fact.get("interruptions").cloned();
    let runs: Vec<Option<Value>> = found.iter().map(run).collect();
    let rivals = |fact: &Fact| runs.iter().filter(|other| **other == run(fact)).count().saturating_sub(1);
    found
        .into_iter()
        .map(|fact| {
            let count = rivals(&fact);
            fact.with("rivals", count)
        })
        .collect()
}

/// A module on the stack that is not known to be Windows' own, nor to be somebody else's.
fn of_unknown(crash: &Crash<'_>, scene: &Scene, index: usize, frame: &Frame) -> Fact {
    let fact = Fact::new("stack_unknown").with("address", Value::Address(frame.ip)).with("distance", index);
    described(fact, crash.scope.target(), frame.ip)
        .with("where", above(scene.fault.is_some(), index))
        .worded("evidence.stack_unknown")
        .link(Action::Frame(frame.number))
}

/// Whether what follows the frame was left for it by an interrupt, an exception or a system call, or stands on another stack.
fn is_boundary(frame: &Frame) -> bool {
    frame.trap_frame().is_some() || frame.notes.iter().any(|note| matches!(note, Note::StackSwitch { .. }))
}

/// Whether what follows the frame did not call it: it was interrupted. A system call is a call.
fn is_interruption(frame: &Frame) -> bool {
    let is_call = |note: &Note| matches!(note, Note::TrapFrame { cause: TrapCause::SystemCall, .. });
    is_boundary(frame) && !frame.notes.iter().any(is_call)
}

/// How far a frame stands above the fault, or above what called KeBugCheckEx where nothing faulted.
fn above(is_fault: bool, distance: usize) -> Message {
    let key = match (is_fault, distance) {
        (true, 0) => "stack_place.at_fault",
        (true, 1) => "stack_place.above_fault_one",
        (true, _) => "stack_place.above_fault",
        (false, 0) => "stack_place.at_stop",
        (false, 1) => "stack_place.above_stop_one",
        (false, _) => "stack_place.above_stop",
    };
    Message::new(key).with("distance", distance.to_string())
}

/// Whether a frame was found by unwinding, or there is much to say for it.
pub(super) fn is_believed(frame: &Frame) -> bool {
    match &frame.trust {
        Trust::Scan { score, .. } => *score >= BELIEVED,
        _ => true,
    }
}

/// Whether more than one word of the stack speaks for a frame: it was found otherwise than by searching, much speaks for that
/// word, or another frame of its module stands beside it. A single word may have been left there by a call that is over.
pub(super) fn is_solid(target: &Target, frames: &[Frame], index: usize) -> bool {
    let module = |frame: &Frame| target.modules().at(frame.lookup_ip()).map(|module| module.base);
    let Some(frame) = frames.get(index) else { return false };
    let is_sure = match &frame.trust {
        Trust::Scan { score, .. } => *score >= SURE,
        _ => true,
    };
    let near = index.saturating_sub(BESIDE)..=index.saturating_add(BESIDE);
    let beside = near.filter(|&other| other != index).filter_map(|other| frames.get(other));
    is_sure || beside.filter(|other| is_believed(other)).any(|other| module(other) == module(frame))
}

/// Whether a system call built a trap frame in it, or it is a stub that makes system calls for drivers.
fn is_service(crash: &Crash<'_>, frame: &Frame) -> bool {
    const STUBS: [&str; 2] = ["nt!KiServiceLinkage", "nt!KiSystemServiceCopyEnd"];
    let is_call = |note: &Note| matches!(note, Note::TrapFrame { cause: TrapCause::SystemCall, .. });
    frame.notes.iter().any(is_call) || {
        let place = place(crash.scope.target(), frame.ip);
        STUBS.iter().any(|stub| place.starts_with(stub))
    }
}

fn is_kernels(crash: &Crash<'_>, frame: &Frame) -> bool {
    let target = crash.scope.target();
    target.modules().at(frame.lookup_ip()).is_some_and(|module| origin_word(target, module) == "kernel")
}

/// Whether the function that the frame called is one of Driver Verifier's: those replace what drivers import from the kernel.
fn is_verifiers(crash: &Crash<'_>, frames: &[Frame], index: usize) -> bool {
    const PREFIXES: [&str; 3] = ["nt!Verifier", "nt!Vf", "VerifierExt!"];
    let called = index.checked_sub(1).and_then(|index| frames.get(index));
    called.is_some_and(|frame| {
        let place = place(crash.scope.target(), frame.ip);
        PREFIXES.iter().any(|prefix| place.starts_with(prefix))
    })
}
