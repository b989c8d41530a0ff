//! `!exqueue`: what waits for the system's worker threads.

use crate::command::show::processor::{code, name};
use crate::command::show::thread::heading;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::kernel::{Process, WorkQueue};
use crate::output::{Action, Branch, Cell, Field, Record};

/// `!exqueue`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!exqueue"],
    group: Group::Kernel,
    summary: "Shows the queues of the system's worker threads: pending work, workers",
    help: "A queue is shown that a thread of the System process is tied to: what is pending, by priority, and the \
           workers, those that wait for work included.\n\nkd> !exqueue",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
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
            out.rows(queue.workers(), |thread| heading(&thread, 4))
        })?;
    }
    out.warn(lack.map(|why| format!("queues without workers cannot be found: {why}")))
}
