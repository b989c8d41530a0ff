//! `.ecxr`: the registers of the fault behind the bug check.

use super::cxr;
use super::trap;
use crate::analysis::{ContextKind, crash_context};
use crate::command::{Args, Call, CommandError, CommandSpec, Context, Effect, Group, Needs};
use crate::session::Focus;

/// `.ecxr`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".ecxr"],
    group: Group::Registers,
    summary: "Makes the registers of the fault behind the bug check current",
    help: "The bug check may name them: 0x7E and 0x3B a CONTEXT, 0x139, 0xBE and others a trap frame; 0xA, 0xD1, 0x50 and \
           0x1E name the instruction, at which a trap frame on the stack stands. Else those of the innermost exception on \
           the stack are taken, if no interrupt and no system call came after it. Without any a line says so and nothing \
           changes.",
    needs: Needs::Dump,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let session = &mut *context.session;
    let Some(found) = crash_context(&session.target, || session.crash_stack()) else {
        let text = "No registers of a fault: the bug check names none, and the stack of the processor that crashed shows no \
                    exception. kv shows the trap frames that it has.";
        return context.lack(text);
    };
    let crashed = session.target.crashed_processor();
    if session.focus.processor != crashed || session.focus.thread.is_some() {
        session.focus = Focus { processor: crashed, ..Focus::default() };
        let unseen = session.follow_thread();
        context.out.warn(unseen)?;
    }
    let text = format!("{:#x}", found.address);
    match found.kind {
        ContextKind::ContextRecord => cxr::SPEC.start(&Call::new(".cxr", &text), context),
        ContextKind::TrapFrame => trap::SPEC.start(&Call::new(".trap", &text), context),
    }
}
