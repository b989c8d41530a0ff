//! The machine: its processor, how long it ran, whether it is a virtual one.

use super::{Crash, Fact};
use crate::debuggee::{Maker, ModuleKind};
use crate::output::Action;

/// The first minute: drivers are still starting.
const JUST_BOOTED: u64 = 60;
/// 100 ns in a second.
const SECOND: u64 = 10_000_000;

/// More drivers than a command line should name.
const MOST_FILES: usize = 40;

/// `loaded`: the third-party drivers, by their files.
fn loaded(crash: &Crash<'_>) -> Option<Fact> {
    let target = crash.scope.target();
    let drivers = target.modules().iter().filter(|module| module.kind == ModuleKind::Kernel);
    let drivers = drivers.filter(|module| target.origin(module).maker == Maker::ThirdParty);
    let mut files: Vec<&str> = drivers.map(|module| module.image_name.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    let is_named = (1..=MOST_FILES).contains(&files.len());
    is_named
        .then(|| Fact::new("loaded").with("count", files.len()).with("third_party_files", files.join(" ")))
}

/// `dump`: whether it holds the kernel's memory as a whole, and not only what belongs to the crash.
fn dump(crash: &Crash<'_>) -> Fact {
    Fact::new("dump").with("whole", crash.scope.memory().blocks().is_none())
}

/// `uptime`, `cpu`, `hypervisor`, `dump`, `loaded`.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    let tagged = crash.scope.target().dump().map(|dump| dump.tagged().hardware()).unwrap_or_default();
    let hypervisor = tagged.hypervisor.clone().filter(|_| tagged.under_hypervisor != Some(false));
    let hypervisor = hypervisor.map(|name| {
        Fact::new("hypervisor").with("name", name).worded("evidence.hypervisor").link(Action::Run("!sysinfo"))
    });
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
    uptime.into_iter().chain(cpu).chain(hypervisor).chain([dump(crash)]).chain(loaded(crash)).collect()
}
