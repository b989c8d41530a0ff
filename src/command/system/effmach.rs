//! `.effmach`: the kind of processor.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::dump::Machine;
use crate::output::Record;

/// `.effmach`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".effmach"],
    group: Group::Registers,
    summary: "Shows the processor type in use",
    help: "Shows the processor type. A kernel dump has only one, so it cannot be changed.",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let text = match context.session.target.machine() {
        Machine::Amd64 => "x64 (AMD64)".to_owned(),
        Machine::Arm64 => "ARM 64-bit (AArch64) (arm64)".to_owned(),
        other => other.banner_name(),
    };
    context.out.emit(Record::new("machine").text("Effective machine: ").cell("machine", text))
}
