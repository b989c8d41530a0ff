//! `!cpuinfo`: what the processors are.

use crate::command::show::processor::{asked, found, groups, typed};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::Cpu;
use crate::output::{Cell, Column, Field, Line, Record, Role, Table};

/// `!cpuinfo`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!cpuinfo"],
    group: Group::Kernel,
    arguments: &[Argument::new("[PROCESSOR]", Expects::Expression)],
    summary: "Shows maker, model, speed, microcode and features of the processors",
    help: "CP is the number, F/M/S are family, model and stepping; PRCB Signature is the revision of the microcode that \
           Windows noted. The column MSR 8B belongs to live computers. Features are the low 32 bits of what the kernel \
           uses; --json has all. ArchitectureClass tells kinds of cores apart (0 the slowest, or all alike); Windows before 10 \
           knows none. The signatures that Windows cached and began with are not in the PRCB and not shown. Of computers \
           with more than 64 processors the groups are told.\n\n\
           kd> !cpuinfo\n\
           CP  F/M/S Manufacturer  MHz PRCB Signature    MSR 8B Signature Features ArchitectureClass\n\
           \u{20}0  6,158,13 GenuineIntel 3600 000000b800000000                   3d1b3fff 0",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

const HEADING: &str =
    "CP  F/M/S Manufacturer  MHz PRCB Signature    MSR 8B Signature Features ArchitectureClass";

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let columns = [
        NUMBER,
        KIND,
        Column::left("vendor", "Manufacturer", 12),
        Column::right("mhz", "MHz", 4),
        Column::left("update_signature", "PRCB Signature", 16),
        Column::left("msr_8b", "MSR 8B Signature", 18),
        Column::left("features", "Features", 8),
        Column::left("architecture_class", "ArchitectureClass", 0),
    ];
    rows(args, context, (&columns, HEADING), |number, cpu| {
        start(number, cpu)
            .cell("vendor", Cell::new(cpu.vendor()))
            .text(" ")
            .cell("mhz", Cell::new(cpu.mhz()).right(4))
            .text(" ")
            .cell("update_signature", Cell::new(cpu.update_signature().map(Field::Hex)).digits(16))
            .text(" ")
            .cell("msr_8b", Cell::new(Field::Null).left(18))
            .cell("features", features(cpu.features()))
            .text(" ")
            .cell("architecture_class", Cell::new(cpu.architecture_class()).mark("?"))
    })?;
    let number = typed(args, context)?;
    groups(&found(&context.session.scope(), number), &mut context.out)
}

/// A row for each processor that was asked for, under a heading.
///
/// # Errors
/// No such processor; the output's end.
pub(super) fn rows(
    args: &Args<'_>,
    context: &mut Context<'_>,
    (columns, heading): (&[Column], &str),
    row: impl Fn(u32, &Cpu<'_>) -> Record,
) -> Result<(), CommandError> {
    let table = Table::new("cpu", columns).headed(Line::new().role(Role::Label, heading));
    asked(args, context, |_, processors, out| {
        out.within(table, |out| {
            let mut known =
                processors.iter().filter_map(|(number, found)| Some((*number, found.as_ref().ok()?)));
            known.try_for_each(|(number, processor)| out.emit(row(number, &Cpu::of(processor))))
        })
    })
}

/// The number of a processor,
pub(super) const NUMBER: Column = Column::right("processor", "CP", 2);
/// and its family, model and stepping, which take as many columns as they need.
pub(super) const KIND: Column = Column::left("family", "F/M/S", 0);

/// The beginning of a row: number, family, model and stepping.
pub(super) fn start(number: u32, cpu: &Cpu<'_>) -> Record {
    let part = |value: Result<u64, Lack>| Cell::new(value).mark("?").role(Role::Value);
    Record::new("cpu")
        .cell("processor", Cell::new(number).right(2).role(Role::Text))
        .text(" ")
        .cell("family", part(cpu.family()).right(2))
        .text(",")
        .cell("model", part(cpu.model()))
        .text(",")
        .cell("stepping", part(cpu.stepping()))
        .text(" ")
}

fn features(value: Result<u64, Lack>) -> Cell {
    let low = value.as_ref().map_or(0, |value| value & u64::from(u32::MAX));
    Cell::new(value.map(Field::Hex)).shown(format!("{low:08x}")).mark("?".repeat(8))
}
