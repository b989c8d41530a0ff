//! `!dpcwatchdog`: how long the processors have run DPCs, and how long they may.

use crate::command::show::processor::{asked, code, dpc as dpc_address, name};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope, Target};
use crate::kernel::{Clock, DpcKind, DpcWatchdog, Processor};
use crate::output::{Action, Cell, Column, Field, Record, Role, Table};

/// `!dpcwatchdog`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!dpcwatchdog"],
    group: Group::Kernel,
    arguments: &[Argument::new("[PROCESSOR]", Expects::Expression)],
    summary: "Shows what the DPC watchdog counts on each processor (bug check 0x133)",
    help: "Count is about the time at DISPATCH_LEVEL or above, all DPCs together, of which Period is the limit: Windows 10 \
           counts up to it, Windows 8.1 down from it. DPC is the time of the DPC that runs, of which Limit is the limit. \
           They are the members DpcWatchdogCount, DpcWatchdogPeriod, DpcTimeCount and DpcTimeLimit of the KPRCB, in clock \
           ticks; a limit of 0 is not watched. From the thresholds on (all together, one DPC) Windows keeps stacks where \
           Stacks leads. The DPC that was running, if any, stands under its processor.\n\n\
           kd> !dpcwatchdog\n\
           Clock ticks of 15.6250 ms\n\
           CPU   Count  Period     DPC   Limit  All from  DPC from Stacks\n\
           === ======= ======= ======= ======= ========= ========= ================\n\
           \u{20} 0     346    7680       0    1280      7040      1174 ffffe38ccf7b0000",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

const COLUMNS: [Column; 8] = [
    Column::right("processor", "CPU", 3),
    Column::right("count", "Count", 7),
    Column::right("period", "Period", 7),
    Column::right("dpc", "DPC", 7),
    Column::right("limit", "Limit", 7),
    Column::right("cumulative_threshold", "All from", 9),
    Column::right("single_threshold", "DPC from", 9),
    Column::left("stacks", "Stacks", 16),
];

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let table = Table::new("dpc_watchdog", &COLUMNS).ruled();
    asked(args, context, |scope, processors, out| {
        out.emit(tick(scope))?;
        out.within(table.clone(), |out| {
            for processor in processors.iter().filter_map(|(_, found)| found.as_ref().ok()) {
                let watchdog = DpcWatchdog::of(processor);
                out.emit(row(&table, processor, &watchdog))?;
                if let Some(active) = active(processor, &watchdog, scope.target()) {
                    out.emit(active)?;
                }
            }
            Ok(())
        })
    })
}

/// How long a clock tick is.
fn tick(scope: &Scope<'_>) -> Record {
    let increment = Clock::of(scope).and_then(|clock| clock.increment());
    let text = increment.as_ref().map_or(String::new(), |hundreds| {
        format!("Clock ticks of {}.{:04} ms", hundreds / 10_000, hundreds % 10_000)
    });
    let cell = Cell::new(increment).shown(text).mark("Clock ticks, mostly of 15.625 ms").role(Role::Text);
    Record::new("clock").cell("time_increment", cell)
}

fn row(table: &Table, processor: &Processor<'_>, watchdog: &DpcWatchdog<'_>) -> Record {
    let (count, period) = (watchdog.count(), watchdog.period());
    let (dpc, limit) = (watchdog.dpc_time(), watchdog.dpc_limit());
    table.row([
        Cell::new(processor.number()).role(Role::Text),
        if watchdog.counts_up() { used(count, &period) } else { Cell::new(count) },
        Cell::new(period),
        used(dpc, &limit),
        Cell::new(limit),
        Cell::new(watchdog.cumulative_threshold()),
        Cell::new(watchdog.single_threshold()),
        stacks(watchdog.profile()),
    ])
}

/// Where stacks are kept.
fn stacks(profile: Result<u64, Lack>) -> Cell {
    let cell = |place: Field| Cell::new(place).digits(16);
    match profile {
        Ok(0) => cell(Field::Null).absent("none"),
        Ok(place) => cell(Field::Address(place)).link(Action::Pointers(place)),
        Err(why) => cell(why.into()),
    }
}

/// A time: marked where it has reached its limit.
fn used(time: Result<u64, Lack>, limit: &Result<u64, Lack>) -> Cell {
    let over = matches!((&time, limit), (Ok(time), Ok(limit)) if *limit != 0 && time >= limit);
    let cell = Cell::new(time);
    if over { cell.role(Role::Changed) } else { cell }
}

/// The DPC that runs.
fn active(processor: &Processor<'_>, watchdog: &DpcWatchdog<'_>, target: &Target) -> Option<Record> {
    let dpcs = DpcKind::ALL.into_iter().filter_map(|kind| Some((kind, watchdog.active_dpc(kind).ok()?)));
    let dpc = dpcs.into_iter().next();
    let of_dpc = dpc.as_ref().map(|(_, dpc)| dpc.routine());
    let noted = watchdog.routine().ok().filter(|&routine| routine != 0);
    let routine = match (of_dpc, noted) {
        (_, Some(routine)) => Ok(routine),
        (Some(routine), None) => routine,
        (None, None) => return None,
    };
    let mut record = Record::new("active_dpc")
        .field("processor", processor.number())
        .text("    runs ")
        .cell("routine", code(routine.clone()))
        .text(" ")
        .cell("symbol", name(target, &routine));
    if let Some((kind, dpc)) = dpc {
        record = record
            .text(" (")
            .cell("kind", Cell::new(kind.to_string()))
            .text(" DPC @ ")
            .cell("address", dpc_address(&dpc))
            .text(")");
    }
    Some(record)
}
