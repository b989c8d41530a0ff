//! `.bugcheck`: the code and its arguments.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::output::{Cell, Field, Line, Record};

/// `.bugcheck`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".bugcheck"],
    group: Group::Analysis,
    summary: "Shows the bug check code and its four arguments",
    help: "Shows the code as the dump's header holds it and the four arguments; !analyze explains them.",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let header = context.session.target.header()?;
    let code = u64::from(header.bug_check_code);
    let code = Cell::new(Field::Hex(code)).shown(format!("{code:08X}"));
    let arguments = header.bug_check_parameters.map(|parameter| Cell::new(Field::Address(parameter)));
    let record = Record::new("bugcheck")
        .label("Bugcheck code ")
        .cell("code", code)
        .line(Line::new().label("Arguments "))
        .list("arguments", " ", arguments);
    context.out.emit(record)
}
