//! `!pcr`: a processor's KPCR.

use crate::command::line::Out;
use crate::command::show::processor::{Failure, code, dpc as dpc_address, lacking, name, one};
use crate::command::show::thread;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Target};
use crate::kernel::{Dpc, DpcKind, DpcQueue, Pcr, Processor, Thread};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};

/// `!pcr`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!pcr"],
    group: Group::Kernel,
    arguments: &[Argument::new("[PROCESSOR]", Expects::Expression)],
    summary: "Shows a processor's KPCR: tables, threads, DPCs that wait",
    help: "Without a number: of the current processor. WinDbg reads the beginning as the NT_TIB that 32-bit Windows kept \
           there, and so does this; on x64 the values are those of other members (`dt nt!_KPCR` names them). IDT, GDT \
           and TSS are the addresses that the KPCR holds, where WinDbg shows zeros; x64 has no IRR, IDR and interrupt \
           mode, and keeps the IRQL in cr8 (!irql).\n\n\
           kd> !pcr 0\n\
           KPCR for Processor 0 at fffff8062b56e000:\n\
           \u{20}   Major 1 Minor 1\n\
           \u{20}       NtTib.ExceptionList: fffff80634ca3fb0\n\
           \u{20}           ...\n\
           \u{20}             CurrentThread: ffffd80c204a6040\n\
           \u{20}                NextThread: ffffd80c05b7c040\n\
           \u{20}                IdleThread: fffff80632327a00",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let number = one(args, context)?;
    lacking(number, show(number, context), context)
}

fn show(number: u32, context: &mut Context<'_>) -> Result<(), Failure> {
    let target = &context.session.target;
    let scope = context.session.scope();
    let processor = Processor::numbered(&scope, number)?;
    let head = Branch::new(record(&Pcr::of(&processor)?, &processor));
    Ok(context.out.within(head, |out| queue(&processor, target, out))?)
}

/// WinDbg begins with a tabulator; the labels end in one column.
const TABULATOR: &str = "        ";
const LABELS: usize = 19;

/// The beginning of a line.
fn label(record: Record, label: &str) -> Record {
    record.line(Line::new()).text(TABULATOR).label(format!("{label:>LABELS$}:")).text(" ")
}

fn record(pcr: &Pcr<'_>, processor: &Processor<'_>) -> Record {
    let address = pcr.address();
    let version = pcr.version();
    let part = |part: fn(&(u64, u64)) -> u64| {
        Cell::new(version.as_ref().map(part).map_err(Clone::clone)).mark("?").role(Role::Text)
    };
    let pointer = |value: Result<u64, Lack>| Cell::new(value.map(Field::Address)).digits(16);
    // x64 has no such thing; WinDbg shows zeros.
    let nothing = || Cell::new(Field::Null).absent("0".repeat(16));
    let prcb = processor.object().address();
    let mut record = Record::new("pcr")
        .text("KPCR for Processor ")
        .cell("processor", Cell::new(processor.number()).role(Role::Text))
        .text(" at ")
        .cell("pcr", Cell::new(Field::Address(address)).digits(16).link(Action::object("nt!_KPCR", address)))
        .text(":")
        .line(Line::of("    Major "))
        .cell("major", part(|version| version.0))
        .text(" Minor ")
        .cell("minor", part(|version| version.1));
    for (shown, key, member) in [
        ("ExceptionList", "exception_list", "ExceptionList"),
        ("StackBase", "stack_base", "StackBase"),
        ("StackLimit", "stack_limit", "StackLimit"),
        ("SubSystemTib", "sub_system_tib", "SubSystemTib"),
        ("Version", "version", "Version"),
        ("UserPointer", "user_pointer", "ArbitraryUserPointer"),
        ("SelfTib", "self_tib", "Self"),
    ] {
        record = label(record, &format!("NtTib.{shown}")).cell(key, pointer(pcr.tib(member)));
    }
    record = record.line(Line::new());
    for (shown, key, cell) in [
        ("SelfPcr", "self_pcr", pointer(pcr.own_address())),
        ("Prcb", "prcb", pointer(Ok(prcb)).link(Action::object("nt!_KPRCB", prcb))),
        ("Irql", "irql", Cell::new(pcr.irql().map(Field::Hex)).digits(16)),
        ("IRR", "irr", nothing()),
        ("IDR", "idr", nothing()),
        ("InterruptMode", "interrupt_mode", nothing()),
        ("IDT", "idt", pointer(pcr.idt_base())),
        ("GDT", "gdt", pointer(pcr.gdt_base())),
        ("TSS", "tss", pointer(pcr.tss_base())),
    ] {
        record = label(record, shown).cell(key, cell);
    }
    record = record.line(Line::new());
    for (shown, key, thread) in [
        ("CurrentThread", "current", processor.current_thread()),
        ("NextThread", "next", processor.next_thread()),
        ("IdleThread", "idle", processor.idle_thread()),
    ] {
        record = label(record, shown).cell(key, thread_cell(thread));
    }
    record.line(Line::new())
}

fn thread_cell(thread: Result<Thread<'_>, Lack>) -> Cell {
    match thread {
        Ok(thread) => thread::address(thread.address()),
        Err(why) => Cell::new(Field::from(why)).digits(16).absent("0".repeat(16)),
    }
}

/// The DPCs that wait, the first beside the label.
fn queue(processor: &Processor<'_>, target: &Target, out: &mut Out<'_>) -> Result<(), CommandError> {
    let mut first = true;
    let mut begin = || {
        let text = if first { label_of_queue() } else { Line::of(format!("{TABULATOR}{:21}", "")) };
        first = false;
        text
    };
    for kind in DpcKind::ALL {
        match DpcQueue::of(processor, kind).and_then(|queue| queue.dpcs()) {
            Ok(dpcs) => {
                for dpc in dpcs {
                    let line = begin();
                    out.emit(match dpc {
                        Ok(dpc) => row(line, kind, &dpc, target),
                        Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                        Err(why) => lost(line, why.to_string(), why),
                    })?;
                }
            }
            Err(why) => {
                let text = format!("Unable to read: {why}");
                out.emit(lost(begin(), text, why))?;
            }
        }
    }
    if first { out.emit(label_of_queue()) } else { Ok(()) }
}

/// What is not known of a queue.
fn lost(line: Line, text: String, why: Lack) -> Record {
    Record::new("dpc").spans(line).cell("address", Cell::new(why).mark(text))
}

fn label_of_queue() -> Line {
    Line::of(TABULATOR).label(format!("{:>18}:", "DpcQueue")).text("  ")
}

fn row(line: Line, kind: DpcKind, dpc: &Dpc<'_>, target: &Target) -> Record {
    let routine = dpc.routine();
    Record::new("dpc")
        .spans(line)
        .text("0x")
        .cell("address", dpc_address(dpc))
        .text(" 0x")
        .cell("routine", code(routine.clone()))
        .text(" [")
        .cell("kind", Cell::new(kind.to_string()))
        .text("] ")
        .cell("symbol", name(target, &routine))
}
