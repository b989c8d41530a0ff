//! `!exqueue`: what waits for the system's worker threads.

use crate::command::show::processor::{code, name};
use crate::command::show::thread_block;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::kernel::{Process, WorkQueue};
use crate::output::{Action, Branch, Cell, Field, Record};

/// `!exqueue`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!exqueue"],
    group: Group::Kernel,
    arguments: &[Argument::new("[FLAGS]", Expects::Expression)],
    summary: "Shows the queues of the system's worker threads: pending work, workers",
    help: "A queue is shown that a thread of the System process is tied to: what is pending, by priority, and the \
           workers, those that wait for work included. FLAGS are those of !thread: 6 shows each worker with its stack.\n\nkd> !exqueue",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let flags = context.evaluate_any(args.text)?.unwrap_or(0);
    let scope = context.session.scope();
    let out = &mut context.out;
    let (queues, lack) = WorkQueue::all(&Process::system(&scope)?)?;
    for queue in queues {
        let link = Action::object("nt!_EX_WORK_QUEUE", queue.address());
        let mut head = Record::new("work_queue")
            .text("**** ")
            .cell("index", Cell::new(queue.index()))
            .text(" WorkQueue ")
            .cell("address", Cell::new(Field::Address(queue.address())).digits(16).link(link));
        for member in
            ["WorkPriQueue.MaximumCount", "ThreadCount", "MinThreads", "MaxThreads", "WorkItemsProcessed"]
        {
            head = head.text(format!("  {member}: ")).cell(member, queue.number(member));
        }
        out.within(Branch::new(head), |out| {
            out.rows(queue.items(), |(priority, item)| {
                let routine = item.field("WorkerRoutine").and_then(|routine| routine.u64());
                let parameter =
                    item.field("Parameter").and_then(|parameter| parameter.u64()).map(Field::Address);
                Record::new("work_item")
                    .text("PENDING at priority ")
                    .cell("priority", priority)
                    .text(": ")
                    .cell("routine", code(routine.clone()))
                    .text(" ")
                    .cell("name", name(scope.target(), &routine))
                    .text(" Parameter ")
                    .cell("parameter", Cell::new(parameter).digits(16))
            })?;
            thread_block::rows(queue.workers(), flags, 4, out)
        })?;
    }
    out.warn(lack.map(|why| format!("queues without workers cannot be found: {why}")))
}
