//! `!ready`: the threads that wait for a processor.

use crate::command::line::Out;
use crate::command::show::processor::{mask, unknown};
use crate::command::show::thread_block;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{Processor, ReadyQueue};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};
use std::collections::HashSet;

/// `!ready`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ready"],
    group: Group::Kernel,
    arguments: &[Argument::new("[FLAGS]", Expects::Expression)],
    summary: "Shows the threads that are ready to run and wait for a processor, by priority",
    help: "Windows 8 and later keep most of them in queues that processors share: each is shown with the processors that \
           take threads from it. A processor's own queue holds those that may run nowhere else. \
           FLAGS are those of !thread: 6 shows each thread with its stack.\n\n\
           kd> !ready\n\
           KSHARED_READY_QUEUE fffff8075d208a00: (00) **--------------------------------------------------------------\n\
           SharedReadyQueue fffff8075d208a00: Ready Threads at priority 10\n\
           \u{20}   THREAD ffffa4058c031050  Cid 0004.0044  Teb: 0000000000000000 Win32Thread: 0000000000000000 READY on processor 80000000\n\
           Processor 0: No threads in READY state",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let flags = context.evaluate_any(args.text)?.unwrap_or(0);
    let scope = context.session.scope();
    let out = &mut context.out;
    let processors: Vec<(u32, Result<Processor<'_>, Lack>)> = Processor::all(&scope).collect();
    let mut known = HashSet::new();
    for processor in processors.iter().filter_map(|(_, found)| found.as_ref().ok()) {
        let Ok(queue) = ReadyQueue::shared_by(processor) else { continue };
        let address = queue.address();
        if !known.insert(address) {
            continue;
        }
        let members = queue.affinity();
        let mask = members.as_ref().map_or(String::new(), |members| mask(*members));
        let link = Action::object("nt!_KSHARED_READY_QUEUE", address);
        let head = Record::new("ready_queue")
            .text("KSHARED_READY_QUEUE ")
            .cell("address", Cell::new(Field::Address(address)).digits(16).link(link))
            .text(": (")
            .cell("group", Cell::new(processor.group()).digits(2).role(Role::Text))
            .text(") ")
            .cell("processors", Cell::new(members.map(Field::Hex)).shown(mask));
        show(head, &format!("SharedReadyQueue {address:016x}"), Ok(queue), flags, out)?;
    }
    for (number, processor) in &processors {
        // Of those that are not known at all the reason is said once.
        let Ok(processor) = processor else { continue };
        let head = Record::new("ready_queue").field("processor", *number);
        show(head, &format!("Processor {number}"), ReadyQueue::of(processor), flags, out)?;
    }
    unknown(&processors, out)
}

/// A queue: a section for each priority, with its threads.
fn show(
    head: Record,
    name: &str,
    queue: Result<ReadyQueue<'_>, Lack>,
    flags: u64,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let (queue, priorities) = match queue.and_then(|queue| Ok((queue.priorities()?, queue))) {
        Ok((priorities, queue)) => (queue, priorities),
        Err(why) => {
            let text = format!("{name}: ready threads are not known: {why}");
            return out.emit(head.field("summary", why).role(Role::Unreadable, text));
        }
    };
    let head = head.field("summary", queue.summary().map(Field::Hex)).field("threads", queue.thread_count());
    out.within(Branch::new(head), |out| {
        if priorities.is_empty() {
            out.emit(Line::of(format!("{name}: No threads in READY state")))?;
        }
        priorities.iter().try_for_each(|&priority| {
            let level = Cell::new(priority).role(Role::Text);
            let head = Record::new("ready_threads").text(format!("{name}: Ready Threads at priority "));
            out.within(Branch::new(head.cell("priority", level)), |out| {
                thread_block::rows(queue.threads(priority), flags, 4, out)
            })
        })
    })
}
