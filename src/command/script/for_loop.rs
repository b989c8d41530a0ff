//! `.for`: a loop with a beginning, a condition and a step.

use super::loops::{in_loop, turn};
use crate::command::line::{Reader, SYNTAX, closing};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Glue, Group, Needs, Rest};

/// `.for`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".for"],
    glue: Glue::Anything,
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new("(COMMAND; CONDITION; COMMAND) { COMMANDS }", Expects::Command)],
    summary: "Runs a block as long as a condition is not zero, with a command before and one after each turn",
    help: ".break ends the loop, .continue its turn.\n\
           Example: .for (r $t0=3; @$t0; r $t0=@$t0-1) { .printf \"%d \", @$t0 }\n\
           3 2 1",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut reader = Reader::new(&args.typed);
    reader.blanks();
    if !reader.takes("(") {
        return Err(reader.fail(SYNTAX));
    }
    let first = reader.rest().split_once(';').map(|(first, _)| first).ok_or_else(|| reader.fail(SYNTAX))?;
    reader.until(|c| c == ';');
    reader.takes(";");
    let condition = reader;
    let (step, block, end) = parts(condition).ok_or_else(|| condition.fail(SYNTAX))?;
    context.run_block(first)?;
    in_loop(context, |context| {
        loop {
            let mut condition = condition;
            if condition.value(context)? == 0 {
                return Ok(());
            }
            condition.blanks();
            if !condition.takes(";") {
                return Err(condition.fail(SYNTAX));
            }
            if !turn(block, context)? {
                return Ok(());
            }
            context.run_block(step)?;
        }
    })?;
    context.ends_at(end.at());
    Ok(())
}

/// The step, the block and where it ends, of what stands from the condition on.
fn parts(mut reader: Reader<'_>) -> Option<(&str, &str, Reader<'_>)> {
    reader.until(|c| c == ';');
    reader.takes(";").then_some(())?;
    let length = closing(reader.rest(), '(', ')')?;
    let (step, after) = reader.rest().split_at_checked(length)?;
    reader.go_to(after);
    reader.takes(")");
    let block = reader.block().ok()?;
    Some((step, block, reader))
}
