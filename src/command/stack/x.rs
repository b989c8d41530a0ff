//! `!x`: the variables of the selected frame and where they are kept.

use super::dv::{Columns, Order, show};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};

/// `!x`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!x"],
    group: Group::Stack,
    arguments: &[Argument::new("[PATTERN]", Expects::Variable)],
    summary: "Shows the variables of the selected frame with the places that hold them",
    help: "One line a variable: its register or stack slot, its name, its value.\n\
           Example: .frame 0n17; !x",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let pattern = Some(args.text).filter(|text| !text.is_empty());
    show(Columns { short_places: true, ..Columns::default() }, Order::Declared, pattern, context)
}
