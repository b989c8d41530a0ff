//! `.time`: when the dump was written and how long the computer had run.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::dump::Header;
use crate::output::{Line, Record};
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
    let time = header.system_time.and_then(|time| filetime::session_time(time, zone));
    let uptime = header.uptime.map(filetime::uptime);
    Record::new("time")
        .field("session_time", time.clone())
        .field("system_uptime", uptime.clone())
        .line(labelled("Debug session time: ", time))
        .line(labelled("System Uptime: ", uptime))
}

fn labelled(label: &str, value: Option<String>) -> Line {
    Line::new().label(label).value(value.unwrap_or_else(|| "not available".to_owned()))
}
