//! `!prcb`: what a processor's KPRCB says in short.

use crate::command::show::processor::{Failure, lacking, one};
use crate::command::show::thread;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{Processor, Thread};
use crate::output::{Action, Cell, Field, Line, Record, Role};

/// `!prcb`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!prcb"],
    group: Group::Kernel,
    arguments: &[Argument::new("[PROCESSOR]", Expects::Expression)],
    summary: "Shows a processor's KPRCB in short: IRQL, threads, place, counters",
    help: "Without a number: of the current processor. Times are clock ticks: user code, the kernel, and of that DPCs and \
           interrupts. The address leads to all members.\n\n\
           kd> !prcb\n\
           PRCB for Processor 0 at fffff80002c4a180:\n\
           Current IRQL -- 13\n\
           Threads--  Current fffff80002c5a1c0 Next fffffa800586bb50 Idle fffff80002c5a1c0\n\
           Processor Index 0 Number (0, 0) GroupSetMember 1\n\
           Interrupt Count -- 000174c7\n\
           Times -- Dpc    00000012 Interrupt 00000012\n\
           \u{20}        Kernel 00000574 User      00000072",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let number = one(args, context)?;
    lacking(number, show(number, context), context)
}

fn show(number: u32, context: &mut Context<'_>) -> Result<(), Failure> {
    let scope = context.session.scope();
    let record = record(&Processor::numbered(&scope, number)?);
    Ok(context.out.emit(record)?)
}

fn record(processor: &Processor<'_>) -> Record {
    let address = processor.object().address();
    let count = |value: Result<u64, Lack>| Cell::new(value.map(Field::Hex)).digits(8);
    let number = |value: Result<u64, Lack>| Cell::new(value).mark("?").role(Role::Text);
    let irql = processor.saved_irql().map(|irql| irql.level());
    Record::new("prcb")
        .text("PRCB for Processor ")
        .cell("processor", Cell::new(processor.number()).role(Role::Text))
        .text(" at ")
        .cell(
            "prcb",
            Cell::new(Field::Address(address)).digits(16).link(Action::object("nt!_KPRCB", address)),
        )
        .text(":")
        .line(Line::of("Current IRQL -- "))
        .cell("irql", Cell::new(irql).mark("??"))
        .line(Line::of("Threads--  Current "))
        .cell("current", pointer(processor.current_thread()))
        .text(" Next ")
        .cell("next", pointer(processor.next_thread()))
        .text(" Idle ")
        .cell("idle", pointer(processor.idle_thread()))
        .line(Line::of("Processor Index "))
        .show(Cell::new(processor.number()).role(Role::Text))
        .text(" Number (")
        .cell("group", number(processor.group()))
        .text(", ")
        .cell("group_index", number(processor.group_index()))
        .text(") GroupSetMember ")
        .cell("group_set_member", Cell::new(processor.set_member().map(Field::Hex)))
        .line(Line::of("Interrupt Count -- "))
        .cell("interrupt_count", count(processor.interrupt_count()))
        .line(Line::of("Times -- Dpc    "))
        .cell("dpc_time", count(processor.dpc_time()))
        .text(" Interrupt ")
        .cell("interrupt_time", count(processor.interrupt_time()))
        .line(Line::of("         Kernel "))
        .cell("kernel_time", count(processor.kernel_time()))
        .text(" User      ")
        .cell("user_time", count(processor.user_time()))
}

/// A thread; no thread is a null pointer, as it is stored.
fn pointer(thread: Result<Thread<'_>, Lack>) -> Cell {
    match thread {
        Ok(thread) => thread::address(thread.address()),
        Err(why) => Cell::new(Field::from(why)).digits(16).absent("0".repeat(16)),
    }
}
