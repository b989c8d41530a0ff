//! `.catch`: a block whose errors do not end the line.

use crate::command::line::Reader;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Flow, Glue, Group, Needs, Rest,
};

/// `.catch`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".catch"],
    glue: Glue::Anything,
    rest: Rest::Own,
    group: Group::Language,
    arguments: &[Argument::new("{ COMMANDS }", Expects::Command)],
    summary: "Runs a block; an error in it ends the block, not the line",
    help: "The error is shown, and makes a script's exit status 1 as any other. .leave ends the block.\n\
           Example: .catch { ? nosuch; .echo a }; .echo b\n\
           Couldn't resolve error at 'nosuch; .echo a '\n\
           b",
    needs: Needs::Nothing,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut reader = Reader::new(&args.typed);
    let block = reader.block()?;
    context.session.interpreter.depth.catches += 1;
    let outcome = context.run_block(block);
    context.session.interpreter.depth.catches -= 1;
    match outcome {
        Ok(()) | Err(CommandError::Flow(Flow::Leave)) => {}
        Err(error) => context.tell(error)?,
    }
    context.ends_at(reader.at());
    Ok(())
}
