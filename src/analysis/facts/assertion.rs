//! Stops that code makes on purpose: an assertion that did not hold, a breakpoint that nobody waited for. They are no wild
//! faults.

use super::modules::described;
use super::scene::Scene;
use super::{Crash, Fact, Value};
use crate::memory::Memory;
use crate::output::Action;

/// STATUS_ASSERTION_FAILURE, which `int 2Ch` raises, and STATUS_BREAKPOINT (ntstatus.h).
const ASSERTION: u32 = 0xc000_0420;
const BREAKPOINT: u32 = 0x8000_0003;
/// `int 2Ch`, and `int 3`, of which two in a row are padding.
const INT_2C: [u8; 2] = [0xcd, 0x2c];
const INT_3: u8 = 0xcc;

/// `assertion`, of kind `assert` or `breakpoint`, where the instruction itself is known to be one or the status says so.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Option<Fact> {
    let target = crash.scope.target();
    let fault = scene.fault.as_ref()?;
    let module = target.modules().at(fault.ip)?;
    let near = |from: u64, length: usize| {
        let mut bytes = vec![0u8; length];
        target.memory().read(from, &mut bytes).ok().map(|()| bytes)
    };
    let kind = match fault.status? {
        ASSERTION => "assert",
        // The trap frame of a breakpoint stands at it or behind it.
        BREAKPOINT => {
            let is_lone = |at: u64| {
                near(at.wrapping_sub(1), 3).is_some_and(
                    |bytes| matches!(bytes.as_slice(), [a, INT_3, b] if *a != INT_3 && *b != INT_3),
                )
            };
            let is_assert = near(fault.ip.wrapping_sub(2), 2).is_some_and(|bytes| bytes == INT_2C);
            match () {
                () if is_assert => "assert",
                () if is_lone(fault.ip) || is_lone(fault.ip.wrapping_sub(1)) => "breakpoint",
                () => return None,
            }
        }
        _ => return None,
    };
    // DbgBreakPoint is the kernel's: its caller stopped.
    let caller = scene.frames.get(1).filter(|_| target.kernel_base() == Some(module.base));
    let at = caller.filter(|_| kind == "breakpoint").map_or(fault.ip, |frame| frame.ip);
    let fact = Fact::new("assertion").with("address", Value::Address(at)).with("of", kind);
    let key = if kind == "assert" { "evidence.assertion" } else { "evidence.breakpoint" };
    Some(described(fact, target, at).worded(key).link(Action::Code(at)))
}
