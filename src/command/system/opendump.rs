//! `.opendump`: opens another dump beside those that are open.

use super::systems::go_to;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs};
use std::path::Path;

/// `.opendump`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".opendump"],
    group: Group::Dump,
    arguments: &[Argument::new("FILE", Expects::Path)],
    summary: "Opens another dump or image beside those that are open, and looks at it",
    help: "The file becomes the next system, as if it had been named when the program began, and the current one: || lists \
           them, ||0s leads back. In the explorer it has a tab of its own. A file that is open already is looked at again; \
           one that cannot be opened leaves everything as it was in scripts and at the prompt of lines, and in the explorer \
           its tab says why. There is nothing to wait for, so no g is needed.\n\
           Example: .opendump MEMORY2.DMP",
    // Also where the current one's file is gone.
    needs: Needs::Nothing,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let typed = args.text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(args.text);
    if typed.is_empty() {
        return Err(CommandError::Argument(".opendump needs a file: .opendump FILE".to_owned()));
    }
    let session = &mut *context.session;
    let opened = session.target.subject().path().to_owned();
    let (number, is_new) = session
        .systems
        .add(Path::new(typed), &opened)
        .map_err(|why| CommandError::Argument(why.to_string()))?;
    let systems = session.systems.clone();
    let outcome = go_to(number, context);
    if is_new && matches!(outcome, Err(CommandError::Missing(_) | CommandError::Argument(_))) {
        systems.forget_last(number);
    }
    outcome
}
