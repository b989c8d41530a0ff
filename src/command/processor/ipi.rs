//! `!ipi`: what processors ask of each other.

use crate::command::line::Out;
use crate::command::show::processor::{asked, code, name};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Target};
use crate::kernel::{Ipi, Mailbox, Processor};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};

/// `!ipi`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ipi"],
    group: Group::Kernel,
    arguments: &[Argument::new("[PROCESSOR]", Expects::Expression)],
    summary: "Shows interprocessor interrupts: who is frozen, who waits for whom",
    help: "A processor whose target count is not 0 waits until so many others have done what it asked of them. A mailbox is \
           where another processor leaves a request; those that were never used are left out. [Stale] marks a request that \
           has been taken.\n\n\
           kd> !ipi 1\n\
           IPI State for Processor 1\n\
           \u{20} IPI Frozen:      2 [Frozen]\n\
           \u{20} Target Count:    0\n\
           \u{20} Packet Barrier:  0",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    asked(args, context, |scope, processors, out| {
        let mut unread: Vec<Lack> = Vec::new();
        let known = processors.iter().filter_map(|(_, found)| found.as_ref().ok());
        for (at, processor) in known.enumerate() {
            if at > 0 {
                out.blank()?;
            }
            unread.extend(show(processor, scope.target(), out)?);
        }
        let lost = unread
            .first()
            .map(|why| format!("not all mailboxes of {} processors are known: {why}", unread.len()));
        out.warn(lost)
    })
}

/// Says the state of a processor with the requests of the others, and gives why not all of them are known.
fn show(processor: &Processor<'_>, target: &Target, out: &mut Out<'_>) -> Result<Option<Lack>, CommandError> {
    let ipi = Ipi::of(processor);
    let mut unread = None;
    out.within(Branch::new(head(processor, &ipi)), |out| {
        for sender in 0..target.processors().len() as u64 {
            match ipi.mailbox(sender).and_then(|mailbox| Ok((mailbox.worker_routine()?, mailbox))) {
                Ok((0, _)) => {}
                Ok((_, mailbox)) => out.emit(request(sender, &mailbox, target))?,
                // Those behind it are no nearer.
                Err(why) => {
                    unread = Some(why);
                    return out.check();
                }
            }
        }
        Ok(())
    })?;
    Ok(unread)
}

/// Where values begin.
const VALUES: usize = 19;

/// The beginning of a line.
fn label(record: Record, text: &str) -> Record {
    record.line(Line::new()).text("  ").label(format!("{text}:")).pad_to(VALUES)
}

fn head(processor: &Processor<'_>, ipi: &Ipi<'_>) -> Record {
    let frozen = ipi.frozen();
    let words = frozen.as_ref().map_or(String::new(), |frozen| {
        let active = if frozen.is_active() { " [FreezeActive]" } else { "" };
        format!("{active} [{frozen}]")
    });
    let number = |value: Result<u64, Lack>| Cell::new(value.map(Field::Hex)).mark("????");
    let record = Record::new("ipi")
        .text("IPI State for Processor ")
        .cell("processor", Cell::new(processor.number()).role(Role::Text));
    let record = label(record, "IPI Frozen")
        .cell("frozen", number(frozen.as_ref().map(|frozen| frozen.bits()).map_err(Clone::clone)))
        .text(words)
        .field("state", frozen.map(|frozen| frozen.to_string()));
    let record = label(record, "Target Count").cell("target_count", number(ipi.target_count()));
    label(record, "Packet Barrier").cell("packet_barrier", number(ipi.packet_barrier()))
}

fn request(sender: u64, mailbox: &Mailbox<'_>, target: &Target) -> Record {
    let summary = mailbox.summary();
    let routine = mailbox.worker_routine();
    let stale = if summary.as_ref().is_ok_and(|summary| *summary == 0) { " [Stale]" } else { "" };
    let address = mailbox.address();
    let place = Cell::new(Field::Address(address)).digits(16);
    let record = Record::new("mailbox")
        .field("mailbox", sender)
        .text("  ")
        .label(format!("Mailbox[{sender}]:"))
        .pad_to(VALUES)
        .cell("address", place.link(Action::object("nt!_REQUEST_MAILBOX", address)));
    let record =
        label(record, "Request Summary").cell("summary", Cell::new(summary.map(Field::Hex)).mark("????"));
    let mut record = label(record, "Worker Routine")
        .cell("worker_routine", code(routine.clone()))
        .text(" ")
        .cell("worker", name(target, &routine))
        .text(stale);
    for (index, key) in (0..).zip(["parameter_0", "parameter_1", "parameter_2"]) {
        let parameter = Cell::new(mailbox.parameter(index).map(Field::Address)).digits(1);
        record = label(record, &format!("Parameter[{index}]")).cell(key, parameter);
    }
    record
}
