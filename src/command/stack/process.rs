//! `.process`: the process whose address space is looked at.

use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::output::Line;
use crate::util::hex;

/// `.process`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".process"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Kernel,
    usage: "",
    summary: "Shows the process whose address space is looked at",
    help: "It is the process that the current thread is attached to. Memory of user mode is always read in the address \
           space of the process that was current at the crash.",
    needs: Needs::Memory,
    run,
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let current = context.session.process();
    let missing = || CommandError::Missing("the current process is not known".to_owned());
    if !args.text.is_empty() {
        let asked = context.evaluate(args.text)?;
        if current != Some(asked) {
            return Err(CommandError::Argument(format!(
                "memory can be seen only as the current process sees it; {} is another one",
                hex::tick(asked)
            )));
        }
    }
    let process = current.ok_or_else(missing)?;
    context.emit(Line::of("Implicit process is now ").address(process))
}
