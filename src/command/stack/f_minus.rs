//! `.f-`: looks at the next inner frame.

use super::frame::{select, selected};
use crate::command::{Args, CommandError, CommandSpec, Context, Effect, Group, Needs};

/// `.f-`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".f-"],
    group: Group::Stack,
    summary: "Selects the next inner frame",
    help: "The frame that the selected one called, as .frame would show it.",
    needs: Needs::Dump,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let number = selected(context)
        .checked_sub(1)
        .ok_or_else(|| CommandError::Argument("frame 0 is the innermost one".to_owned()))?;
    select(number, false, false, context)
}
