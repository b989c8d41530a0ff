//! `version`, `||` and `.effmach`: the target and the debugger in short.

use super::vertarget;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::Subject;
use crate::dump::Machine;
use crate::output::{Line, Record};

/// `version`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["version"],
    group: Group::Dump,
    summary: "Shows what vertarget shows, and dumpscope's own version",
    help: "Shows the target's version and times, then the debugger's version.",
    needs: Needs::Target,
    ..CommandSpec::runs(version)
};

/// `||`
pub const SYSTEMS: CommandSpec = CommandSpec {
    names: &["||"],
    group: Group::Dump,
    summary: "Shows which kind of dump is open",
    help: "Shows the number of the system, the kind of dump and its file.",
    needs: Needs::Target,
    ..CommandSpec::runs(systems)
};

/// `.effmach`
pub const MACHINE: CommandSpec = CommandSpec {
    names: &[".effmach"],
    group: Group::Registers,
    summary: "Shows the processor type in use",
    help: "Shows the processor type. A kernel dump has only one, so it cannot be changed.",
    needs: Needs::Target,
    ..CommandSpec::runs(machine)
};

fn version(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    (vertarget::SPEC.run)(args, context)?;
    context.out.emit(Line::new().label("dumpscope: ").value(env!("CARGO_PKG_VERSION")))
}

fn systems(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let text = match context.session.target.subject() {
        Subject::Dump(dump) => {
            let bits = dump.header().bits.count();
            format!(".  0 {bits}-bit Kernel {}: {}", dump.kind().name(), dump.title())
        }
        Subject::Image(image) => {
            format!(".  0 {}-bit image: {}", image.bits().count(), image.path().display())
        }
    };
    context.out.emit(Line::of(text))
}

fn machine(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let text = match context.session.target.machine() {
        Machine::Amd64 => "x64 (AMD64)".to_owned(),
        Machine::Arm64 => "ARM 64-bit (AArch64) (arm64)".to_owned(),
        other => other.banner_name(),
    };
    context.out.emit(
        Record::new("machine")
            .field("machine", text.as_str())
            .line(Line::of(format!("Effective machine: {text}"))),
    )
}
