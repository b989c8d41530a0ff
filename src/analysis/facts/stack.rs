//! The true stack: what called the faulting code, or KeBugCheckEx where nothing faulted.
//!
//! What lies between the fault and the bug check belongs to the kernel's handling of the fault, and makes nobody a suspect.

use super::modules::{described, is_library, origin_word};
use super::{Crash, Fact, Value};
use crate::analysis::context::{ContextKind, crash_context, trap_frame_at};
use crate::debuggee::RegisterContext;
use crate::memory::Memory;
use crate::output::Action;
use crate::unwind::{Frame, FrameKind, Origin, Registers, Stack, Trust};

/// Modules that are named.
const MOST: usize = 6;
/// Below this a frame that was found by searching is no more than a word that happens to lie there.
const BELIEVED: u8 = 60;

/// The frames of the true stack, innermost first: the fault's own, or the caller of KeBugCheckEx.
pub fn true_stack(crash: &Crash<'_>) -> Vec<Frame> {
    let of = |stack: Stack, skip: usize| {
        stack.frames.into_iter().filter(|frame| frame.kind != FrameKind::Inline).skip(skip).collect()
    };
    let Some(stack) = crash.stack.clone() else { return Vec::new() };
    let Some(registers) = fault_registers(crash, &stack) else { return of(stack, 1) };
    let (ip, sp) = (registers.rip.value, registers.rsp());
    let position = stack.physical().position(|frame| frame.ip == ip && frame.sp == sp);
    match position {
        Some(position) => of(stack, position),
        None => of((crash.walk)(registers), 0),
    }
}

/// The registers of the fault, as far as what saved them tells.
pub fn fault_registers(crash: &Crash<'_>, stack: &Stack) -> Option<Registers> {
    let target = crash.scope.target();
    let found = crash_context(target, || Some(stack.clone()))?;
    match found.kind {
        ContextKind::TrapFrame => trap_frame_at(target, found.address).map(|frame| frame.registers()),
        ContextKind::ContextRecord => {
            let mut bytes = vec![0u8; RegisterContext::size_of(crash.header.machine)?];
            crash.scope.memory().read(found.address, &mut bytes).ok()?;
            Registers::from_context(&bytes, |at| Origin::Saved(found.address.wrapping_add(at as u64)))
        }
    }
}

/// `stack_module` for each third-party module on it, nearest first; `stack_clean` where there is none.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    let target = crash.scope.target();
    let frames = true_stack(crash);
    let kernel = frames.iter().take_while(|frame| frame.ip >> 47 != 0);
    let mut found: Vec<Fact> = Vec::new();
    let (mut count, mut others, mut position) = (0usize, Vec::new(), 0usize);
    for (index, frame) in kernel.enumerate() {
        count += 1;
        let Some(module) = target.modules().at(frame.lookup_ip()) else { continue };
        let origin = origin_word(target, module);
        if origin != "third_party" {
            if origin != "kernel" && !others.contains(&module.name) {
                others.push(module.name.clone());
            }
            continue;
        }
        let is_known = found.iter().any(|fact| fact.get("module") == Some(&Value::Text(module.name.clone())));
        if is_known || !is_believed(frame) || found.len() >= MOST {
            continue;
        }
        let libraries_only = frames.iter().take(index).skip(1).all(|frame| {
            target.modules().at(frame.lookup_ip()).is_some_and(|module| is_library(&module.name))
        });
        let fact =
            Fact::new("stack_module").with("address", Value::Address(frame.ip)).with("distance", index);
        found.push(
            described(fact, target, frame.ip)
                .with("position", position)
                .with("under_libraries", index > 0 && libraries_only)
                .worded("evidence.stack_module")
                .link(Action::Frame(frame.number)),
        );
        position += 1;
    }
    if found.is_empty() && count > 1 {
        let fact = Fact::new("stack_clean").with("frames", count);
        let fact = match others.is_empty() {
            true => fact.with("inbox", "nt").worded("evidence.stack_kernel"),
            false => fact.with("inbox", others.join(", ")).worded("evidence.stack_clean"),
        };
        found.push(fact.link(Action::Run("k")));
    }
    found
}

/// Whether a frame was found by unwinding, or there is much to say for it.
fn is_believed(frame: &Frame) -> bool {
    match &frame.trust {
        Trust::Scan { score, .. } => *score >= BELIEVED,
        _ => true,
    }
}
