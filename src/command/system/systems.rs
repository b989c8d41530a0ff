//! `||`: what is open.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::Subject;
use crate::output::Line;

/// `||`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["||"],
    group: Group::Dump,
    summary: "Shows which kind of dump is open",
    help: "Shows the number of the system, the kind of dump and its file.",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
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
