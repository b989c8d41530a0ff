//! What a thread waits in: the first function of its stack that is no part of the way into every wait.

use super::thread_stack::name;
use crate::debuggee::Scope;
use crate::kernel::is_wait_path;
use crate::unwind::{Frame, Stack};

/// The frame that waits; without names of the kernel's functions the innermost one.
pub fn blocker<'f>(stack: &'f Stack, space: &Scope<'_>) -> Option<&'f Frame> {
    let mut frames = stack.frames.iter();
    frames.find(|frame| !is_part_of_wait(frame, space)).or(stack.frames.last())
}

fn is_part_of_wait(frame: &Frame, space: &Scope<'_>) -> bool {
    match &frame.inline {
        Some(inline) => is_wait_path(&inline.name),
        None => {
            let named = space.name_address(frame.ip).filter(|named| named.module == "nt");
            named.and_then(|named| named.symbol).is_some_and(|symbol| is_wait_path(&symbol))
        }
    }
}

/// The name of the frame that waits; its address where it has none.
pub fn blocker_name(stack: &Stack, space: &Scope<'_>) -> Option<String> {
    let frame = blocker(stack, space)?;
    Some(name(frame, space).unwrap_or_else(|| format!("0x{:016x}", frame.ip)))
}
