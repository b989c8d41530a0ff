//! `.thread`: looks at another thread's stack.

use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs, Switch, Switches,
};
use crate::memory::Memory;
use crate::output::Line;
use crate::unwind::Registers;
use crate::util::hex;

/// `.thread`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".thread"],
    group: Group::Stack,
    switches: Switches::letters(&[
        Switch::ignored("/p"),
        Switch::ignored("/r"),
        Switch::ignored("/P"),
        Switch::ignored("/w"),
    ]),
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows or selects the thread whose stack is shown",
    help: "The address is that of an ETHREAD. The stack of a thread that waits starts where it was switched out. User \
           memory is that of its process, unless .process chose one. Without an address the thread of the current \
           processor is shown and current again.",
    needs: Needs::Dump,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        context.session.focus.thread = None;
        context.session.reset_context();
        let unseen = context.session.follow_thread();
        context.out.warn(unseen)?;
        let thread = context
            .session
            .thread()
            .ok_or_else(|| CommandError::Missing("the current thread is not known".to_owned()))?;
        return said(thread, context);
    }
    let thread = context.evaluate(args.text)?;
    select(thread, context)?;
    let unseen = context.session.follow_thread();
    context.out.warn(unseen)?;
    said(thread, context)
}

fn said(thread: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    context.out.emit(Line::of("Implicit thread is now ").address(thread))
}

/// Makes a thread current: a running one with its processor's registers, a waiting one from its switch frame.
fn select(thread: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    let session = &mut *context.session;
    let running =
        session.target.processors().iter().find(|processor| processor.current_thread == Some(thread));
    if let Some(processor) = running {
        let registers = processor.context.clone()?;
        session.focus.thread = Some(thread);
        session.set_context(registers, None);
        return Ok(());
    }
    let offset =
        session.target.debugger_data().and_then(|data| data.nonzero("OffsetKThreadKernelStack")).ok_or_else(
            || CommandError::Missing("the dump does not say where threads keep their stacks".to_owned()),
        )?;
    let memory = session.target.memory();
    let stack = memory.u64(thread.wrapping_add(offset))?;
    let registers = Registers::of_switch_frame(stack, |at| memory.u64(at).ok()).ok_or_else(|| {
        CommandError::Missing(format!(
            "the stack of thread {} is not in the dump (KernelStack {})",
            hex::tick(thread),
            hex::tick(stack)
        ))
    })?;
    let shown = session
        .context_of(&registers)
        .map_err(|why| CommandError::Missing(format!("no registers: {why}")))?;
    session.focus.thread = Some(thread);
    session.set_context(shown, Some(registers));
    Ok(())
}
