//! The machine: its processor, how long it ran, whether it is a virtual one.

use super::{Crash, Fact};
use crate::output::Action;

/// The first minute: drivers are still starting.
const JUST_BOOTED: u64 = 60;
/// 100 ns in a second.
const SECOND: u64 = 10_000_000;

/// `uptime` and `cpu`.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    let tagged = crash.scope.target().dump().map(|dump| dump.tagged().hardware()).unwrap_or_default();
    let cpu = tagged.cpu.and_then(|cpu| cpu.name);
    let uptime = crash.header.uptime.map(|ticks| ticks / SECOND);
    let uptime = uptime.map(|seconds| {
        let fact = Fact::new("uptime").with("seconds", seconds).with("just_booted", seconds < JUST_BOOTED);
        match seconds < JUST_BOOTED {
            true => fact.worded("evidence.just_booted").link(Action::Run(".time")),
            false => fact,
        }
    });
    let cpu = cpu.map(|name| Fact::new("cpu").with("name", name));
    uptime.into_iter().chain(cpu).collect()
}
