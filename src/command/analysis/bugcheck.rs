//! `.bugcheck`: the code and its arguments.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::output::{Field, Line, Record};

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
    let (code, parameters) = (header.bug_check_code, header.bug_check_parameters);
    let mut arguments = Line::new().label("Arguments");
    for parameter in parameters {
        arguments = arguments.text(" ").address(parameter);
    }
    let record = Record::new("bugcheck")
        .field("code", Field::Hex(u64::from(code)))
        .field("arguments", Field::List(parameters.map(Field::Hex).to_vec()))
        .line(Line::new().label("Bugcheck code ").value(format!("{code:08X}")))
        .line(arguments);
    context.out.emit(record)
}
