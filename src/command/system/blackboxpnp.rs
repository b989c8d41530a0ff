//! `!blackboxpnp`: the last Plug and Play event.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::output::{Cell, Field, Record};

/// `!blackboxpnp`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!blackboxpnp"],
    group: Group::Dump,
    summary: "Shows what Plug and Play was doing: the device, its problem, who refused",
    help: "The last event of the Plug and Play manager, as the kernel added it to the dump. `PnpEventInProgress : 1` \
           means that it was still going on at the crash. The time is a FILETIME.\n\
           \n\
           kd> !blackboxpnp\n\
           \x20   PnpActivityId      : {00000000-0000-0000-0000-000000000000}\n\
           \x20   PnpActivityTime    : 132455672801234567\n\
           \x20   PnpEventInformation: 3",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let Some(event) = context.session.target.dump()?.tagged().pnp_event() else {
        return Err(CommandError::Missing("no Plug and Play (PNP) block in this dump".to_owned()));
    };
    let time = Cell::new(Field::Time(event.time)).shown(event.time.to_string());
    let in_progress = Cell::new(event.in_progress).shown(u8::from(event.in_progress).to_string());
    context.out.emit(
        Record::new("pnp_event")
            .label("    PnpActivityId      : ")
            .cell("activity", event.activity.to_string())
            .labelled("    PnpActivityTime    : ", "time", time)
            .labelled("    PnpEventInformation: ", "information", i64::from(event.information))
            .labelled("    PnpEventInProgress : ", "in_progress", in_progress)
            .labelled("    PnpProblemCode     : ", "problem", u64::from(event.problem))
            .labelled("    PnpVetoType        : ", "veto", i64::from(event.veto))
            .labelled("    DeviceId           : ", "device", event.device)
            .labelled("    VetoString         : ", "vetoed_by", event.vetoed_by),
    )?;
    context.out.blank()
}
