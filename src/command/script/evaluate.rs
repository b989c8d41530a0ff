//! `?`: the value of an expression.

use crate::command::line::nothing_more;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs};
use crate::output::{Action, Cell, Field, Record};
use crate::util::hex;

/// `?`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["?"],
    glue: Glue::Anything,
    group: Group::Language,
    arguments: &[Argument::new("EXPRESSION", Expects::Expression)],
    summary: "Evaluates a MASM expression",
    help: "Numbers are hexadecimal (0n10 is decimal); registers are @rsp, memory is poi(), dwo(), wo(), by(). Without an \
           expression it lists the commands.\nExample: ? poi(@rsp)+8\n\
           Evaluate expression: -8776834812703 = fffff804`7be0f4e1",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return super::help::list(context);
    }
    // `? ?` is `??` with a blank in it.
    if let Some(text) = args.text.strip_prefix('?') {
        return super::evaluate_cxx::show(text, context);
    }
    let (value, rest) = context.evaluate_prefix(args.text)?;
    context.session.last_value = value;
    let number = Cell::new(Field::Hex(value)).shown(hex::tick(value)).link(Action::Number(value));
    let record = Record::new("value")
        .label("Evaluate expression: ")
        .cell("decimal", value.cast_signed())
        .text(" = ")
        .cell("value", number);
    context.out.emit(record)?;
    nothing_more(rest)
}
