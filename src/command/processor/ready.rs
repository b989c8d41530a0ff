//! `!ready`: the threads that wait for a processor.

use crate::command::line::{Out, nothing_more};
use crate::command::show::processor::mask;
use crate::command::show::thread::heading;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{Processor, ReadyQueue};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};
use std::collections::HashSet;

/// `!ready`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ready"],
    group: Group::Kernel,
    summary: "Shows the threads that are ready to run and wait for a processor, by priority",
    help: "Windows 8 and later keep most of them in queues that processors share: each is shown with the processors that \
           take threads from it. A processor's own queue holds those that may run nowhere else.\n\n\
           kd> !ready\n\
           KSHARED_READY_QUEUE fffff8075d208a00: (00) **--------------------------------------------------------------\n\
           SharedReadyQueue fffff8075d208a00: Ready Threads at priority 10\n\
           \u{20}   THREAD ffffa4058c031050  Cid 0004.0044  Teb: 0000000000000000 Win32Thread: 0000000000000000 READY on processor 80000000\n\
           Processor 0: No threads in READY state",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    nothing_more(args.text)?;
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
        show(head, &format!("SharedReadyQueue {address:016x}"), Ok(queue), out)?;
    }
    processors.into_iter().try_for_each(|(number, processor)| {
        let head = Record::new("ready_queue").field("processor", number);
        let queue = processor.and_then(|processor| ReadyQueue::of(&processor));
        show(head, &format!("Processor {number}"), queue, out)
    })
}

/// A queue: a section for each priority, with its threads.
fn show(
    head: Record,
    name: &str,
    queue: Result<ReadyQueue<'_>, Lack>,
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
                out.rows(queue.threads(priority), |thread| heading(&thread, 4))
            })
        })
    })
}
