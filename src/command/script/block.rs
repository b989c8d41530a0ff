//! `.block`: a block by itself.

use crate::command::line::Reader;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Rest};

/// `.block`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".block"],
    glue: Glue::Anything,
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new("{ COMMANDS }", Expects::Command)],
    summary: "Runs a block: aliases made before it count in it",
    help: "Aliases are replaced where a line or a block begins to run, so one that a line makes counts in the blocks behind it.\n\
           Example: aS foo bar; .block { .echo foo }\n\
           bar",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut reader = Reader::new(&args.typed);
    let block = reader.block()?;
    context.run_block(block)?;
    context.ends_at(reader.at());
    Ok(())
}
