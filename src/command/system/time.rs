//! `.time`: when the dump was written and how long the computer had run.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::dump::Header;
use crate::output::{Cell, Line, Record, Role};
use crate::util::filetime::{self, Zone};

/// `.time`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".time"],
    group: Group::Dump,
    summary: "Shows when the crash happened and the uptime",
    help: "Shows the time of the crash in the zone chosen by --tz (UTC if none is), with that zone, and how long the \
           computer had run.",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let record = times(context.session.target.header()?, &context.session.settings.zone);
    context.out.emit(record)
}

/// The two lines, which `vertarget` shows as well.
pub fn times(header: &Header, zone: &Zone) -> Record {
    let [crashed, uptime] = cells(header, zone);
    Record::new("time")
        .label("Debug session time: ")
        .cell("session_time", crashed)
        .line(Line::new())
        .label("System Uptime: ")
        .cell("system_uptime", uptime)
}

/// When the crash was, and how long the computer had run then.
pub fn cells(header: &Header, zone: &Zone) -> [Cell; 2] {
    let time = header.system_time.and_then(|time| filetime::session_time(time, zone));
    let uptime = header.uptime.map(filetime::uptime);
    [time, uptime].map(|value| Cell::new(value).absent("not available").role(Role::Value))
}
