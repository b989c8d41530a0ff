//! `.cxr`: a saved CONTEXT as the current registers.

use super::record_address;
use crate::command::show::registers::{Segments, show};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs};
use crate::debuggee::RegisterContext;
use crate::memory::Memory;

/// `.cxr`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".cxr"],
    group: Group::Registers,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Makes a saved CONTEXT the current registers",
    help: "Reads the CONTEXT at the address, shows it and uses it from then on; without an address, or \
           with 0, the processor's own registers are current again.",
    needs: Needs::Dump,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let Some(address) = record_address(args, context)? else { return Ok(()) };
    let machine = context.session.target.machine();
    let size = RegisterContext::size_of(machine)
        .ok_or_else(|| CommandError::Missing("no CONTEXT layout is known for this machine".to_owned()))?;
    let mut bytes = vec![0u8; size];
    context.session.target.memory().read(address, &mut bytes)?;
    let registers =
        RegisterContext::new(machine, &bytes).filter(RegisterContext::is_plausible).ok_or_else(|| {
            CommandError::Argument(format!(
                "{address:#x} holds no CONTEXT: its ContextFlags, rip or rsp make no sense"
            ))
        })?;
    context.session.set_context(registers.clone(), None);
    context.session.focus.context_record = Some(address);
    show(&registers, Segments::Shown, context)
}
