//! `.f+`: looks at the next outer frame.

use super::frame::{select, selected};
use crate::command::{Args, CommandError, CommandSpec, Context, Effect, Group, Needs};

/// `.f+`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".f+"],
    group: Group::Stack,
    summary: "Selects the next outer frame",
    help: "The caller of the selected frame, as .frame would show it.",
    needs: Needs::Dump,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    select(selected(context).saturating_add(1), false, false, context)
}
