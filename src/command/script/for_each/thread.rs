//! `!for_each_thread`: commands that run for each thread.

use super::{commands, each, gather, process, say_missing, word};
use crate::command::{Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Scope;
use crate::kernel::{Process, Thread, ThreadState, known_threads};

/// `!for_each_thread`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!for_each_thread"],
    group: Group::Language,
    arguments: &[Argument::new("[\"COMMANDS\"]", Expects::Command)],
    summary: "Runs commands for each thread of all processes",
    help: "@#Thread stands for the address of the ETHREAD, @#Process for that of its process, between blanks or as \
           ${@#Thread}. Several commands stand in quotation marks. Without commands it is !thread @#Thread 2.\n\
           Example: !for_each_thread \"!thread @#Thread 1f\"",
    needs: Needs::Types,
    ..CommandSpec::runs(|args, context| walk(&[], &commands(args.text, "!thread @#Thread 2"), context))
};

/// What a thread has to be.
#[derive(Debug)]
pub(super) enum Wanted {
    /// In this state, or waiting for this reason, as `!lt` names them.
    Is(String),
    /// One of these processes'.
    Of(process::Which),
}

impl Wanted {
    fn takes(&self, thread: &Thread<'_>, scope: &Scope<'_>) -> bool {
        match self {
            Wanted::Is(word) => {
                let state = thread.state();
                let waits = state == Ok(ThreadState::WAITING);
                let is = |text: String| text.eq_ignore_ascii_case(word);
                state.is_ok_and(|state| is(state.to_string()))
                    || waits && thread.wait_reason().is_ok_and(|reason| is(reason.to_string()))
            }
            Wanted::Of(which) => {
                let process = thread.process().and_then(|address| Process::at(scope, address));
                process.is_ok_and(|process| which.is_one(&process))
            }
        }
    }
}

/// Runs commands for each thread that is all of what is wanted.
pub(super) fn walk(wanted: &[Wanted], commands: &str, context: &mut Context<'_>) -> Result<(), CommandError> {
    let scope = context.session.scope();
    let (threads, lacks) = gather(known_threads(&scope)?, |thread| {
        let is_wanted = wanted.iter().all(|wanted| wanted.takes(&thread, &scope));
        is_wanted.then(|| (thread.address(), thread.process().ok()))
    })?;
    each(threads, commands, context, |(thread, process), _| {
        Ok(vec![("@#Thread", word(thread)), ("@#Process", process.map_or_else(super::unknown, word))])
    })?;
    say_missing(&lacks, context)
}
