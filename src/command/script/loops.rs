//! What all loops share.

use crate::command::{CommandError, Context, Flow};

/// Runs a loop, inside of which `.break` and `.continue` mean it.
///
/// # Errors
/// What it fails with.
pub fn in_loop(
    context: &mut Context<'_>,
    run: impl FnOnce(&mut Context<'_>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    context.session.interpreter.depth.loops += 1;
    let outcome = run(context);
    context.session.interpreter.depth.loops -= 1;
    outcome
}

/// Runs a loop's block once; whether the loop goes on.
///
/// # Errors
/// What the block fails with.
pub fn turn(block: &str, context: &mut Context<'_>) -> Result<bool, CommandError> {
    context.out.check()?;
    match context.run_block(block) {
        Err(CommandError::Flow(Flow::Break)) => Ok(false),
        Ok(()) | Err(CommandError::Flow(Flow::Continue)) => Ok(true),
        Err(error) => Err(error),
    }
}
