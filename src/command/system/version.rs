//! `version`: the target and the debugger in short.

use super::vertarget;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::output::{Cell, Record, Role};

/// `version`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["version"],
    group: Group::Dump,
    summary: "Shows what vertarget shows, and dumpscope's own version",
    help: "Shows the target's version and times, then the debugger's version.",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    (vertarget::SPEC.run)(args, context)?;
    let version = Cell::new(env!("CARGO_PKG_VERSION")).role(Role::Value);
    context.out.emit(Record::new("dumpscope").label("dumpscope: ").cell("version", version))
}
