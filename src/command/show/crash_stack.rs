//! The stack of the processor that crashed, whatever is selected.

use crate::command::{CommandError, Context};

/// Shows it as the command line `line` does, and leaves what is selected as it was.
///
/// # Errors
/// The command was stopped. A dump without registers is only said to be one.
pub fn crash_stack(line: &str, context: &mut Context<'_>) -> Result<(), CommandError> {
    let view = context.session.view();
    context.session.select_processor(context.session.target.crashed_processor());
    let unseen = context.session.follow_thread();
    let outcome = context.out.warn(unseen).and_then(|()| context.run_line(line));
    context.session.restore(view);
    match outcome {
        // Its other facts are there all the same.
        Err(CommandError::Missing(why)) => context.lack(&why),
        outcome => outcome,
    }
}
