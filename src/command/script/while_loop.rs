//! `.while` and `.do`: loops with a condition.

use super::loops::{in_loop, turn};
use crate::command::line::Reader;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Rest};

/// `.while`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".while"],
    glue: Glue::Anything,
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new("(CONDITION) { COMMANDS }", Expects::Expression)],
    summary: "Runs a block as long as a condition is not zero",
    help: ".break ends the loop, .continue its turn.\n\
           Example: r $t0=0; .while (@$t0 < 2) { .echo x; r $t0=@$t0+1 }\n\
           x\n\
           x",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

/// `.do`
pub const DO: CommandSpec = CommandSpec {
    names: &[".do"],
    glue: Glue::Anything,
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new("{ COMMANDS } (CONDITION)", Expects::Command)],
    summary: "Runs a block, again as long as a condition is not zero",
    help: "The block runs once before the condition is looked at; .continue goes on there.\n\
           Example: .do { .echo once } (0)\n\
           once",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run_first)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let start = Reader::new(&args.typed);
    in_loop(context, |context| {
        loop {
            let mut reader = start;
            let goes_on = reader.value(context)? != 0;
            let block = reader.block()?;
            context.ends_at(reader.at());
            if !goes_on || !turn(block, context)? {
                return Ok(());
            }
        }
    })
}

fn run_first(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut start = Reader::new(&args.typed);
    let block = start.block()?;
    in_loop(context, |context| {
        loop {
            let goes_on = turn(block, context)?;
            let mut reader = start;
            // What ends the command is known only when the condition has been read.
            let value = reader.value(context)?;
            context.ends_at(reader.at());
            if !goes_on || value == 0 {
                return Ok(());
            }
        }
    })
}
