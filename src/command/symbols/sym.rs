//! `!sym`: whether the search for symbols is told.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::Record;

/// `!sym`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!sym"],
    group: Group::Symbols,
    arguments: &[Argument::new("[noisy | quiet]", Expects::Word(&["noisy", "quiet"]))],
    summary: "Tells, or keeps quiet, where symbols are looked for",
    help: "While noisy, every command that loads symbols says afterwards what was tried and what was taken. Without an \
           argument the mode is shown.",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let table = context.session.target.symbols();
    match args.text {
        "" => {}
        "noisy" => table.set_noisy(true),
        "quiet" => table.set_noisy(false),
        // Nothing ever asks for a password.
        "prompts" | "prompts on" | "prompts off" => {}
        other => return Err(CommandError::Syntax(other.to_owned())),
    }
    let mode = if table.is_noisy() { "noisy" } else { "quiet" };
    let record = Record::new("symbol_messages").cell("mode", mode).text(" mode - symbol prompts off");
    context.out.emit(record)
}
