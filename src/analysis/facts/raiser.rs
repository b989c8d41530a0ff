//! Who stopped the machine: the caller of KeBugCheckEx, and what called that.

use super::modules::{described, is_library, origin_word};
use super::{Crash, Fact, Value};
use crate::memory::Memory;
use crate::output::Action;
use crate::unwind::{Frame, FrameKind, Stack};

/// `raised_by`: whose return address stands where KeBugCheckEx was entered, with how many of its frames in a row.
/// `raised_under`: the module right below the class library that raised it.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    let target = crash.scope.target();
    let Some(stack) = &crash.stack else { return Vec::new() };
    let Some(start) = stack.frames.first().filter(|frame| is_in_kernel(crash, frame)) else {
        return Vec::new();
    };
    // KeBugCheckEx saves the registers before it does anything else, so the word at rsp is where it returns to.
    let Ok(caller) = crash.scope.memory().u64(start.sp) else { return Vec::new() };
    if target.modules().at(caller).is_none() {
        return Vec::new();
    }
    let callers = callers(stack);
    let run = module_run(crash, &callers, 0);
    let fact = described(Fact::new("raised_by").with("address", Value::Address(caller)), target, caller)
        .with("slot", Value::Address(start.sp))
        .with("frames", run)
        .worded("evidence.raised_by")
        .link(Action::Code(caller));
    let mut facts = vec![fact];
    facts.extend(under(crash, &callers));
    facts
}

fn is_in_kernel(crash: &Crash<'_>, frame: &Frame) -> bool {
    let target = crash.scope.target();
    target.modules().at(frame.ip).is_some_and(|module| target.kernel_base() == Some(module.base))
}

/// The frames that called KeBugCheckEx, as far as nothing was interrupted on the way.
fn callers(stack: &Stack) -> Vec<&Frame> {
    let mut frames = stack.physical().skip(1);
    let mut found = Vec::new();
    while let Some(frame) = frames.next().filter(|frame| frame.kind == FrameKind::Caller) {
        found.push(frame);
    }
    found
}

/// How many frames from one on are the same module's.
fn module_run(crash: &Crash<'_>, frames: &[&Frame], from: usize) -> usize {
    let modules = crash.scope.target().modules();
    let name = |frame: &&Frame| modules.at(frame.lookup_ip()).map(|module| module.base);
    let rest = frames.get(from..).unwrap_or_default();
    let first = rest.first().and_then(name);
    rest.iter().take_while(|frame| first.is_some() && name(frame) == first).count()
}

/// The module below the class library that raised the bug check, and the frames that it has there. A frame or two of the
/// library, or of the kernel, between its own are what it called back through.
fn under(crash: &Crash<'_>, frames: &[&Frame]) -> Option<Fact> {
    let target = crash.scope.target();
    let module_of = |frame: &Frame| target.modules().at(frame.lookup_ip());
    if !is_library(&module_of(frames.first()?)?.name) {
        return None;
    }
    let from =
        frames.iter().position(|frame| module_of(frame).is_some_and(|module| !is_library(&module.name)))?;
    let first = frames.get(from)?;
    let module = module_of(first)?;
    if origin_word(target, module) != "third_party" {
        return None;
    }
    const BETWEEN: usize = 2;
    let (mut count, mut others) = (0usize, 0usize);
    for frame in frames.get(from..)? {
        match module_of(frame) {
            Some(of) if of.base == module.base => (count, others) = (count + 1, 0),
            _ if others < BETWEEN => others += 1,
            _ => break,
        }
    }
    let library = module_of(frames.first()?)?;
    let fact = Fact::new("raised_under").with("address", Value::Address(first.ip));
    Some(
        described(fact, target, first.ip)
            .with("frames", count)
            .with("library_name", library.name.as_str())
            .worded("evidence.raised_under")
            .link(Action::Frame(first.number)),
    )
}
