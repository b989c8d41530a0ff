//! What the DPC watchdog found (0x133): which of its two limits was passed, by how much, and whose routine ran.

use super::modules::described;
use super::{Crash, Fact, Value};
use crate::kernel::{DpcWatchdog, Processor};
use crate::output::Action;

/// DPC_WATCHDOG_VIOLATION: 0 for one DPC, whose time and limit are its second and third parameter; 1 for the sum, with its
/// limit in the second.
const WATCHDOG: u32 = 0x133;

/// `dpc_watchdog`, and `dpc_routine`: the routine of the DPC that ran on the processor.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    if crash.code() != WATCHDOG {
        return Vec::new();
    }
    let target = crash.scope.target();
    let [kind, second, third, _] = crash.header.bug_check_parameters;
    let processor = Processor::numbered(crash.scope, target.crashed_processor());
    let watchdog = processor.as_ref().ok().map(DpcWatchdog::of);
    let fact = match kind {
        0 => {
            Fact::new("dpc_watchdog").with("time", second).with("limit", third).worded("evidence.dpc_single")
        }
        _ => Fact::new("dpc_watchdog")
            .maybe("time", watchdog.as_ref().and_then(|watchdog| watchdog.count().ok()))
            .with("limit", second)
            .worded("evidence.dpc_cumulative"),
    };
    let link = Action::Processor(target.crashed_processor());
    let watchdog_fact = fact.with("single", kind == 0).link(link);
    let routine = watchdog.filter(|watchdog| watchdog.is_active().unwrap_or(false));
    let routine = routine.and_then(|watchdog| watchdog.routine().ok()).filter(|&routine| routine != 0);
    let routine = routine.map(|routine| {
        let fact = Fact::new("dpc_routine").with("address", Value::Address(routine));
        described(fact, target, routine).worded("evidence.dpc_routine").link(Action::Code(routine))
    });
    std::iter::once(watchdog_fact).chain(routine).collect()
}
