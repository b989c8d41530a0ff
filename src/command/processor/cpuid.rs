//! `!cpuid`: what the processors are, in short.

use super::cpuinfo::{KIND, NUMBER, rows, start};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::{Cell, Column};

/// `!cpuid`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!cpuid"],
    group: Group::Kernel,
    arguments: &[Argument::new("[PROCESSOR]", Expects::Expression)],
    summary: "Shows maker, model and speed of the processors",
    help: "CP is the number, F/M/S are family, model and stepping.\n\n\
           kd> !cpuid\n\
           CP  F/M/S  Manufacturer        MHz\n\
           \u{20}0  6,5,1  GenuineIntel        700",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

const HEADING: &str = "CP  F/M/S  Manufacturer        MHz";

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let columns =
        [NUMBER, KIND, Column::left("vendor", "Manufacturer", 12).after(2), Column::right("mhz", "MHz", 10)];
    rows(args, context, (&columns, HEADING), |number, cpu| {
        start(number, cpu)
            .text(" ")
            .cell("vendor", Cell::new(cpu.vendor()).left(12))
            .text(" ")
            .cell("mhz", Cell::new(cpu.mhz()).right(10))
    })
}
