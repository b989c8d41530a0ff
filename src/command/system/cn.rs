//! `!cn`: the computer's name.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::computer_name;
use crate::output::{Cell, Record, Role};

/// `!cn`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!cn"],
    group: Group::Dump,
    summary: "Shows the name of the computer that crashed",
    help: "It stands in the environment of processes, so a dump without user memory does not tell it.\n\n\
           kd> !cn\n\
           Computer Name: TESTPC01",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let record = record(context)?;
    context.out.emit(record)
}

/// The line, which `!di` shows as well.
///
/// # Errors
/// Where the command was stopped.
pub fn record(context: &Context<'_>) -> Result<Record, CommandError> {
    let name = computer_name(&context.session.scope());
    if name == Err(Lack::Stopped) {
        return Err(CommandError::Cancelled);
    }
    let name = Cell::new(name).mark(" Not Found").role(Role::Value);
    Ok(Record::new("computer").label("Computer Name: ").cell("name", name))
}
