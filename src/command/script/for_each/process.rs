//! `!for_each_process`: commands that run for each process.

use super::{commands, each, gather, say_missing, word};
use crate::command::{Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::kernel::Process;
use crate::symbols::wildcard::Wildcard;

/// `!for_each_process`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!for_each_process"],
    group: Group::Language,
    arguments: &[Argument::new("[\"COMMANDS\"]", Expects::Command)],
    summary: "Runs commands for each process",
    help: "@#Process stands for the address of the EPROCESS, between blanks or as ${@#Process}. Several commands stand in \
           quotation marks. Without commands it is !process @#Process 0.\n\
           Example: !for_each_process \".process /p @#Process; !peb\"",
    needs: Needs::Types,
    ..CommandSpec::runs(|args, context| walk(None, &commands(args.text, "!process @#Process 0"), context))
};

/// Which processes.
#[derive(Debug)]
pub(super) enum Which {
    /// Those whose image is called like that.
    Called(Wildcard),
    /// The one of that id.
    Id(u64),
}

impl Which {
    /// Whether a process is one of them.
    pub(super) fn is_one(&self, process: &Process<'_>) -> bool {
        match self {
            Which::Called(pattern) => process.name().is_ok_and(|name| pattern.is_match(&name)),
            Which::Id(id) => process.id() == Ok(*id),
        }
    }
}

/// Runs commands for each process that is asked for.
pub(super) fn walk(
    which: Option<&Which>,
    commands: &str,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let scope = context.session.scope();
    let is_wanted = |process: &Process<'_>| which.is_none_or(|which| which.is_one(process));
    let (wanted, lacks) =
        gather(Process::all(&scope)?, |process| is_wanted(&process).then(|| process.address()))?;
    each(wanted, commands, context, |process, _| Ok(vec![("@#Process", word(process))]))?;
    say_missing(&lacks, context)
}
