//! `!irql`: how urgent a processor's work was when it was stopped.

use crate::command::show::processor::one;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::kernel::Processor;
use crate::output::{Cell, Field, Record, Role};

/// `!irql`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!irql"],
    group: Group::Kernel,
    arguments: &[Argument::new("[PROCESSOR]", Expects::Expression)],
    summary: "Shows the IRQL that a processor had when it was stopped",
    help: "Windows notes the IRQL before it raises it for the crash. Without a number: of the current processor.\n\n\
           kd> !irql 1\n\
           Debugger saved IRQL for processor 0x1 -- 2 (DISPATCH_LEVEL)",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let number = one(args, context)?;
    let scope = context.session.scope();
    let irql = Processor::numbered(&scope, number).and_then(|processor| processor.saved_irql());
    let name = irql.as_ref().map_or(String::new(), ToString::to_string);
    let meaning = irql.as_ref().ok().and_then(|irql| irql.meaning()).map(|meaning| format!(" [{meaning}]"));
    let record = Record::new("irql")
        .text("Debugger saved IRQL for processor ")
        .cell("processor", Cell::new(number).shown(format!("{number:#x}")).role(Role::Text))
        .text(" -- ")
        .cell("irql", Cell::new(irql.as_ref().map(|irql| irql.level()).map_err(Clone::clone)).mark("??"));
    context.out.emit(match irql {
        Ok(_) => record.text(" (").cell("name", Cell::new(name)).text(")").text(meaning.unwrap_or_default()),
        Err(why) => record.field("name", Field::Null).role(Role::Unreadable, format!(" ({why})")),
    })
}
