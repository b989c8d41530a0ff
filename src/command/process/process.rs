//! `.process`: the process whose address space is looked at.

use crate::command::line::options::unknown;
use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::output::Line;

/// `.process`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".process"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Kernel,
    usage: "[/p] [/r] [/P] [/i] [ADDRESS]",
    summary: "Shows or chooses the process whose address space is looked at",
    help: "With an EPROCESS address, user memory and user modules are that process's from then on; 0 goes back to \
           the current thread's process, which ~Ns and .thread change. Needs page tables: a triage dump holds one process's memory only. The letters are \
           accepted for WinDbg's sake; modules are always listed anew.",
    needs: Needs::Dump,
    run,
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut rest = args.text;
    while let Some(option) = rest.strip_prefix('/') {
        let (letter, after) = option.split_at_checked(1).unwrap_or((option, ""));
        if !matches!(letter, "p" | "r" | "P" | "i") {
            return Err(unknown(".process", &format!("/{letter}"), "/p /r /P /i"));
        }
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        let asked = context.evaluate(rest)?;
        if asked == 0 {
            let unseen = context.session.detach();
            context.warn(unseen)?;
        } else {
            context.session.attach(asked).map_err(CommandError::Missing)?;
        }
    }
    let process = context.session.process();
    let process =
        process.ok_or_else(|| CommandError::Missing("the current process is not known".to_owned()))?;
    context.emit(Line::of("Implicit process is now ").address(process))
}
