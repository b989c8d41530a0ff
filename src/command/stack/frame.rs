//! `.frame`: looks at one frame.

use super::rows::Columns;
use crate::command::show::registers::{Segments, show as show_registers};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs, Switch, Switches,
};
use crate::dump::Machine;
use crate::output::{Cell, Field, Record, Role};
use crate::unwind::{FrameKind, Origin, Registers};

/// `.frame`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".frame"],
    group: Group::Stack,
    switches: Switches::letters(&[
        Switch::flag("/c", "makes the frame the start of later stacks; .cxr takes that back"),
        Switch::flag("/r", "shows the frame's registers and instruction"),
    ]),
    arguments: &[Argument::new("[N]", Expects::Expression)],
    summary: "Selects a frame: registers and locals are then its own",
    help: "N is hexadecimal, as k prints it; 0n17 is decimal. Without N it shows the selected frame. \
           Registers that calls do not preserve cannot be known in outer frames: they are listed as not recovered.",
    needs: Needs::Dump,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let number = match args.text {
        "" => selected(context),
        text => {
            let number = context.evaluate(text.trim_start_matches('='))?;
            u32::try_from(number)
                .map_err(|_| CommandError::Argument(format!("no stack has a frame {number:x}")))?
        }
    };
    select(number, args.has("/r"), args.has("/c"), context)
}

/// The number of the selected frame.
pub(super) fn selected(context: &Context<'_>) -> u32 {
    let selected = context.session.focus.frame.as_ref();
    selected.map_or(0, |selected| selected.frame.number)
}

/// Makes a frame the selected one and shows it: with its registers, as the start of later stacks.
pub(super) fn select(
    number: u32,
    show: bool,
    start: bool,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let selected = context
        .session
        .select_frame(number)
        .map_err(|why| CommandError::Argument(format!("no frame {number:x}: {why}")))?
        .clone();
    if start {
        let registers = selected.frame.registers.clone();
        context.session.set_context(selected.context.clone(), Some(registers));
    }
    let row = Columns::PLAIN.row(&selected.frame, None, context);
    context.out.emit(row)?;
    if show {
        show_registers(&selected.context, Segments::Shown, context)?;
        let machine = selected.context.machine();
        if machine == Machine::Arm64 && selected.frame.kind != FrameKind::First {
            let recovered = selected.frame.arm64.iter().flat_map(|known| known.recovered());
            let names = ["pc".to_owned(), "sp".to_owned()].into_iter().chain(recovered.map(|(name, _)| name));
            context.out.emit(named("recovered", "recovered in this frame: ", names))?;
        } else if selected.frame.kind != FrameKind::First
            && let Some(record) = not_recovered(&selected.frame.registers)
        {
            context.out.emit(record)?;
        }
    }
    Ok(())
}

/// The registers whose shown values belong to an inner frame.
fn not_recovered(registers: &Registers) -> Option<Record> {
    let names: Vec<&str> = (0u8..)
        .zip(crate::unwind::GENERAL_NAMES)
        .filter(|(number, _)| registers.general(*number).origin == Origin::NotRecovered)
        .map(|(_, name)| name)
        .collect();
    let is_any = !names.is_empty();
    is_any.then(|| named("not_recovered", "not recovered in this frame: ", names))
}

/// Names of registers behind a title.
fn named<N: Into<Field>>(kind: &'static str, title: &str, names: impl IntoIterator<Item = N>) -> Record {
    let names = names.into_iter().map(|name| Cell::new(name).role(Role::Dim));
    Record::new(kind).role(Role::Dim, title).cell("registers", Cell::list(names, |_| " "))
}
