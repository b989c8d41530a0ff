//! `.echotime`: what time it is.

use crate::command::{CommandSpec, Group, Needs};
use crate::output::{Cell, Record, Role};
use crate::util::filetime;

/// `.echotime`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".echotime"],
    group: Group::Language,
    summary: "Shows the time of this computer, not the dump's",
    help: "In the zone chosen by --tz (UTC if none is); .time tells when the crash was.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(|args, context| {
        args.none()?;
        let now = filetime::session_time(filetime::now(), &context.session.settings.zone);
        let now = Cell::new(now).absent("not available").role(Role::Value);
        context.out.emit(Record::new("now").label("Debugger (not debuggee) time: ").cell("time", now))
    })
};
