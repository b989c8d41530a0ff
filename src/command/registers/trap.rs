//! `.trap`: a trap frame as the current registers.

use super::record_address;
use crate::command::show::registers::{Segments, show};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs};
use crate::output::{Line, Role};
use crate::unwind::{TargetHost, TrapFrame};

/// `.trap`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".trap"],
    group: Group::Registers,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Makes a trap frame the current registers",
    help: "kv names the trap frames of a stack. A trap frame holds what the processor was doing when it was interrupted, \
           but few of the registers that calls preserve: those are shown as zero. The frame after the trap handler in k \
           has them all (.frame /r). Without an address, or with 0, the processor's own registers are current \
           again.",
    needs: Needs::Dump,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let Some(address) = record_address(args, context)? else { return Ok(()) };
    let session = &mut *context.session;
    let frame = {
        let host = TargetHost::new(&session.target, session.thread());
        TrapFrame::read(&host, address)
    };
    let frame = frame
        .ok_or_else(|| CommandError::Missing(format!("the trap frame at {address:#x} is not in the dump")))?;
    if !frame.machine.is_plausible() {
        return Err(CommandError::Argument(format!(
            "{address:#x} holds no trap frame: its cs, efl, rsp or ss make no sense"
        )));
    }
    let registers = frame.registers();
    let mut shown = session
        .context_of(&registers)
        .map_err(|why| CommandError::Missing(format!("no registers: {why}")))?;
    // The frame of 64-bit Windows keeps no data selectors.
    for name in ["ds", "es", "fs", "gs"] {
        shown.set(name, 0);
    }
    session.set_context(shown.clone(), Some(registers));
    session.focus.trap_frame = Some(address);
    for text in [
        "NOTE: The trap frame does not contain all registers.",
        "Some register values may be zeroed or incorrect.",
    ] {
        context.out.emit(Line::new().role(Role::Warning, text))?;
    }
    show(&shown, Segments::Hidden, context)
}
