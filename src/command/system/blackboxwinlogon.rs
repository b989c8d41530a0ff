//! `!blackboxwinlogon`: what winlogon was doing.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::output::{Cell, Record};

/// `!blackboxwinlogon`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!blackboxwinlogon"],
    group: Group::Dump,
    summary: "Shows what winlogon was doing: logging on, locked, starting the shell",
    help: "The last state of winlogon, as the kernel added it to the dump: `ShellStartupShellStarted` once somebody has \
           logged on, `WluiRequestCredentials` while it waits for a password.\n\
           \n\
           kd> !blackboxwinlogon\n\
           \x20   ThreadName         : ShellStartupShellStarted\n\
           \x20   IsOperationPending : 0",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let Some(state) = context.session.target.dump()?.tagged().logon_state() else {
        return Err(CommandError::Missing("no winlogon block in this dump".to_owned()));
    };
    let pending = Cell::new(state.pending).shown(u8::from(state.pending).to_string());
    context.out.emit(
        Record::new("logon_state").label("    ThreadName         : ").cell("thread", state.thread).labelled(
            "    IsOperationPending : ",
            "pending",
            pending,
        ),
    )?;
    context.out.blank()
}
