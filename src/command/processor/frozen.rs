//! `!frozen`: which processors were stopped.

use crate::command::show::processor::found;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{Frozen, Ipi};
use crate::output::{Action, Cell, Field, Line, Record, Role};

/// `!frozen`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!frozen"],
    group: Group::Kernel,
    summary: "Shows the state of each processor: frozen for the crash or not",
    help: "Current is the processor that is looked at. One that is Running although the computer stopped did not answer \
           when it was to be frozen, or the dump was taken before; the registers that are shown of it may be old.\n\n\
           kd> !frozen\n\
           Processor states:\n\
           \u{20}      0 : Current\n\
           \u{20}      1 : Frozen",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let current = context.session.focus.processor;
    let scope = context.session.scope();
    let out = &mut context.out;
    out.emit(Line::new().role(Role::Heading, "Processor states:"))?;
    found(&scope, None).into_iter().try_for_each(|(number, processor)| {
        let frozen = processor.and_then(|processor| Ipi::of(&processor).frozen());
        out.emit(row(number, number == current, frozen))
    })
}

fn row(number: u32, current: bool, frozen: Result<Frozen, Lack>) -> Record {
    let state = frozen.as_ref().map(ToString::to_string).map_err(Clone::clone);
    let record = Record::new("processor")
        .cell("processor", Cell::new(number).right(8).role(Role::Text).link(Action::Processor(number)))
        .text(" : ");
    let record = if current {
        record.text("Current").field("state", state)
    } else {
        let why = state.as_ref().err().map(|why| format!(" ({why})")).unwrap_or_default();
        record.cell("state", Cell::new(state).mark("????")).role(Role::Unreadable, why)
    };
    record.field("current", current).field("ipi_frozen", frozen.map(|frozen| Field::Hex(frozen.bits())))
}
