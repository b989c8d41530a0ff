//! Signs that somebody asked for the crash.

use super::{Crash, Fact, Value};
use crate::kernel::Process;
use crate::output::Action;

/// The crash tool of Sysinternals: its program and its driver.
const TOOL: &str = "notmyfault";
const TOOL_DRIVER: &str = "myfault";

/// `process`, the current one; `crash_tool` where its driver is loaded.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    let target = crash.scope.target();
    let process = target.current_process().and_then(|at| Some((at, Process::at(crash.scope, at).ok()?)));
    let name = process.as_ref().and_then(|(_, process)| process.name().ok());
    let driver = target.modules().iter().find(|module| module.name.eq_ignore_ascii_case(TOOL_DRIVER));
    let is_current = name.as_ref().is_some_and(|name| name.to_lowercase().starts_with(TOOL));
    let tool = driver.map(|driver| {
        Fact::new("crash_tool")
            .with("driver", driver.image_name.as_str())
            .with("current", is_current)
            .maybe("process", name.clone())
            .worded(if is_current { "evidence.crash_tool_current" } else { "evidence.crash_tool" })
            .link(Action::Module(driver.name.as_str().into()))
    });
    let process = process.map(|(at, process)| {
        Fact::new("process")
            .with("address", Value::Address(at))
            .maybe("id", process.id().ok().map(Value::Hex))
            .maybe("name", name)
            .link(Action::Process(at))
    });
    process.into_iter().chain(tool).collect()
}
