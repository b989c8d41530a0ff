//! `!crash`: the crash on one page.

use super::di;
use crate::command::show::crash_stack::crash_stack;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::output::{Branch, Line, Record, Role};

/// `!crash`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!crash"],
    group: Group::Analysis,
    summary: "Shows the crash on one page: the dump, the bug check, the stack of the processor that crashed",
    help: "What !di tells first, then .bugcheck, then the stack of the processor that crashed, whichever is selected. \
           !analyze explains them.\n\n\
           kd> !crash\n\
           Dump Info\n\
           ============================================\n\
           Computer Name:  Not Found\n\
           Windows 10 Kernel Version 19041 MP (2 procs) Free x64\n\
           ...\n\n\
           Bugcheck details\n\
           ============================================\n\
           Bugcheck code 0000001E\n\
           Arguments ffffffff`80000003 fffff807`650610fb 00000000`00000000 00000000`00000000\n\n\
           Crashing Stack\n\
           ============================================\n\
           \u{20}# Child-SP          RetAddr               Call Site\n\
           00 fffffa8c`1001baa8 fffff807`614022f0     nt!KeBugCheckEx",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

/// What stands under a title.
const RULE: &str = "============================================";

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    context.within(part("dump_info", "Dump Info"), di::block)?;
    context.out.blank()?;
    context.out.blank()?;
    context.within(part("bugcheck_details", "Bugcheck details"), |context| context.run_line(".bugcheck"))?;
    context.out.blank()?;
    context.within(part("crashing_stack", "Crashing Stack"), |context| crash_stack("k", context))
}

/// A part under its title.
fn part(kind: &'static str, title: &str) -> Branch {
    let title = Line::new().role(Role::Heading, title);
    Branch::new(Record::new(kind).line(title).line(Line::new().role(Role::Heading, RULE)))
}
