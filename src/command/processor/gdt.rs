//! `!gdt`: what all segment selectors stand for.

use super::dg::{selectors, show};
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};

/// `!gdt`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!gdt"],
    group: Group::Registers,
    summary: "Shows the whole global descriptor table of the current processor",
    help: "In the form of dg, which explains the columns. Empty descriptors are left out.\n\n\
           kd> !gdt\n\
           GDT: fffff8075d20b100 Limit: 0057\n\
           \u{20}                                                   P Si Gr Pr Lo\n\
           Sel        Base              Limit          Type    l ze an es ng Flags\n\
           ---- ----------------- ----------------- ---------- - -- -- -- -- --------\n\
           0010 00000000`00000000 00000000`00000000 Code RE Ac 0 Nb By P  Lo 0000029b",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    show(context, |gdt| selectors(0, gdt.limit()), true)
}
