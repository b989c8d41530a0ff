//! `||`: what is open.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::Subject;
use crate::dump::Bits;
use crate::output::{Cell, Record, Role};

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
    let record = Record::new("system").text(".  ").cell("number", Cell::new(0u64).role(Role::Text)).text(" ");
    let bits = |bits: Bits| Cell::new(bits.count()).role(Role::Text);
    let record = match context.session.target.subject() {
        Subject::Dump(dump) => record
            .cell("bits", bits(dump.header().bits))
            .text("-bit Kernel ")
            .cell("kind", dump.kind().name())
            .text(": ")
            .cell("file", dump.title()),
        Subject::Image(image) => record
            .cell("bits", bits(image.bits()))
            .text("-bit ")
            .cell("kind", "image")
            .text(": ")
            .cell("file", image.path().display().to_string()),
    };
    context.out.emit(record)
}
