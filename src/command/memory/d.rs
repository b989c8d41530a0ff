//! `d`: the last display once more.

use super::{da, db, dpp, dps, dyb};
use crate::command::{Args, Argument, Call, CommandError, CommandSpec, Context, Expects, Group, Needs};

/// `d`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["d"],
    group: Group::Memory,
    arguments: &[Argument::new("[ADDRESS [LCOUNT | END]]", Expects::Range)],
    summary: "Shows memory in the form that was used last",
    help: "Shows memory in the form of the last d command (db at first), from where that ended if no address is given.",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let name = context.session.display_form;
    let families = [&db::SPEC, &da::SPEC, &dps::SPEC, &dpp::SPEC, &dyb::SPEC];
    let family = families.into_iter().find(|spec| spec.names.contains(&name));
    let Some(family) = family else {
        return Err(CommandError::Syntax(name.to_owned()));
    };
    family.start(&Call { name, ..args.typed }, context)
}
