//! `!thread`: all that is to be known of a thread.

use crate::command::line::AskedThread;
use crate::command::show::thread_block::{Detail, show};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};

/// `!thread`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!thread"],
    group: Group::Kernel,
    switches: Switches::letters(&[
        Switch::flag("-t", "what follows is a thread id"),
        Switch::flag("-p", "first the process that owns the thread"),
    ])
    .anywhere(),
    arguments: &[
        Argument::new("[ADDRESS | ID | -1", Expects::Expression),
        Argument::new("[FLAGS]]", Expects::Expression),
    ],
    summary: "Shows a thread: state, what it waits for, requests, owner, times, priorities, stack",
    help: "Without an address the current thread is shown; -1 is that thread, too. A number that is no kernel address is a \
           thread id. FLAGS is a sum of 2 (what it waits \
           for), 4 (all the rest with the stack; needs 2) and 8 (the stack without argument slots); 0 is the first line \
           alone, and 6 is what is shown without flags. The stack is read in the address space of the process that \
           the thread is attached to: that is what 0x10 asks of other debuggers. Behind each request stands the \
           driver that has it, and whether that driver has said that it will complete it later (pending). Question \
           marks stand for what the dump does not hold.\n\n\
           kd> !thread ffffc38e3d0e9080 2\n\
           THREAD ffffc38e3d0e9080  Cid 08fc.0a6c  Teb: 000000da309bf000 Win32Thread: 0000000000000000 WAIT: (Executive) KernelMode Alertable\n    \
               ffffc38e2ff24eb8  NotificationEvent",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// What waits, requests and the stack are shown for where no flags are given.
const DEFAULT_FLAGS: u64 = 6;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let (asked, flags) = (words.next(), words.next());
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let flags = flags.map_or(Ok(DEFAULT_FLAGS), |flags| context.evaluate(flags))?;
    let asked = AskedThread::of(asked, args.has("-t"), context)?;
    if args.has("-p") {
        let process = asked.find(&context.session.scope())?.process()?;
        context.run_line(&format!("!process {process:x} 0"))?;
    }
    let scope = context.session.scope();
    let thread = asked.find(&scope)?;
    show(&thread, Detail::of(flags), 0, &mut context.out)
}
