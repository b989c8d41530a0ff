//! `!gdt`: what all segment selectors stand for.

use super::dg::{selectors, show};
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};

/// `!gdt`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!gdt"],
    group: Group::Registers,
    summary: "Shows the whole global descriptor table of the current processor",
    help: "In the form of dg, which explains the columns. Empty descriptors are left out.\n\n\
           kd> !gdt",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    show(context, |gdt| selectors(0, gdt.limit()), true)
}
