//! `!verifier`: what Driver Verifier checks, whom, and what it has counted.

use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::ModuleKind;
use crate::kernel::Verifier;
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};

/// `!verifier`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!verifier"],
    group: Group::Kernel,
    arguments: &[Argument::new("[FLAGS]", Expects::Expression), Argument::new("[IMAGE]", Expects::Text)],
    summary: "Shows what Driver Verifier checks, which drivers, and what it counted",
    help: "The flags with their names, the counters of all verified drivers together, and the loaded drivers that are verified: \
           those of which the loader notes it. With IMAGE only that driver is listed. FLAGS is taken for WinDbg's sake: 1 to 3 show \
           the same; the logs that higher flags ask for, and what each driver has allocated, stand in structures that no public \
           symbols describe. Of triage dumps some hold the flags, some whether a driver is verified, most neither.\n\n\
           kd> !verifier\n\
           Verify Flags Level 0x000209bb",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// FLAGS that ask for nothing but what is shown.
const SHOWN: u64 = 3;

/// The documented flags (`verifier /flags`), in the order in which the debugger lists them.
const STANDARD: [(u64, &str); 9] = [
    (0x1, "Special pool"),
    (0x2, "Force IRQL checking"),
    (0x8, "Pool tracking"),
    (0x10, "I/O verification"),
    (0x20, "Deadlock detection"),
    (0x80, "DMA checking"),
    (0x100, "Security checks"),
    (0x800, "Miscellaneous checks"),
    (0x2_0000, "DDI compliance checking"),
];
const ADDITIONAL: [(u64, &str); 11] = [
    (0x4, "Randomized low resources simulation"),
    (0x200, "Force pending I/O requests"),
    (0x400, "IRP logging"),
    (0x2000, "Invariant MDL checking for stack"),
    (0x4000, "Invariant MDL checking for driver"),
    (0x8000, "Power framework delay fuzzing"),
    (0x4_0000, "Systematic low resources simulation"),
    (0x8_0000, "DDI compliance checking (additional)"),
    (0x20_0000, "NDIS/WIFI verification"),
    (0x80_0000, "Kernel synchronization delay fuzzing"),
    (0x100_0000, "VM switch verification"),
];

/// Counters of events: label, name, member.
const EVENTS: [(&str, &str, &str); 4] = [
    ("RaiseIrqls", "raise_irqls", "RaiseIrqls"),
    ("AcquireSpinLocks", "acquire_spin_locks", "AcquireSpinLocks"),
    ("Synch Executions", "synchronized_executions", "SynchronizeExecutions"),
    ("Trims", "trims", "Trims"),
];
const ALLOCATIONS: [(&str, &str, &str); 5] = [
    ("Pool Allocations Attempted", "attempted", "AllocationsAttempted"),
    ("Pool Allocations Succeeded", "succeeded", "AllocationsSucceeded"),
    ("Pool Allocations Succeeded SpecialPool", "succeeded_special", "AllocationsSucceededSpecialPool"),
    ("Pool Allocations With NO TAG", "without_tag", "AllocationsWithNoTag"),
    ("Pool Allocations Failed", "failed", "AllocationsFailed"),
];
/// Counts with bytes: label, names and members of both.
const SIZES: [(&str, [(&str, &str); 2]); 4] = [
    (
        "Current paged pool allocations",
        [("paged_blocks", "CurrentPagedPoolAllocations"), ("paged_bytes", "PagedBytes")],
    ),
    (
        "Peak paged pool allocations",
        [("peak_paged_blocks", "PeakPagedPoolAllocations"), ("peak_paged_bytes", "PeakPagedBytes")],
    ),
    (
        "Current nonpaged pool allocations",
        [("nonpaged_blocks", "CurrentNonPagedPoolAllocations"), ("nonpaged_bytes", "NonPagedBytes")],
    ),
    (
        "Peak nonpaged pool allocations",
        [
            ("peak_nonpaged_blocks", "PeakNonPagedPoolAllocations"),
            ("peak_nonpaged_bytes", "PeakNonPagedBytes"),
        ],
    ),
];

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let flags = words.next().map(|word| context.evaluate(word)).transpose()?.unwrap_or(0);
    let image = words.next().map(str::to_owned);
    if flags & !SHOWN != 0 {
        return Err(CommandError::Argument(format!(
            "!verifier shows flags, counters and drivers (FLAGS 1 to 3): the logs that {flags:x} asks for are of no public type"
        )));
    }
    let scope = context.session.scope();
    let verifier = Verifier::of(&scope);
    let told = verifier.flags();
    let drivers: Vec<_> =
        scope.target().modules().iter().filter(|module| module.kind == ModuleKind::Kernel).collect();
    let verified: Vec<_> = drivers.iter().filter(|module| module.is_verified() == Some(true)).collect();
    let tells_drivers = drivers.iter().any(|module| module.is_verified().is_some());
    if let (Err(why), false) = (&told, tells_drivers) {
        return Err(CommandError::Missing(format!(
            "whether Driver Verifier was on is not known: {why}; nor does the dump hold what the loader notes of drivers"
        )));
    }
    let mut missing = Missing::default();
    let out = &mut context.out;
    match &told {
        Ok(flags) => {
            out.emit(level(*flags, *flags != 0 || !verified.is_empty()))?;
            out.blank()?;
            let record = statistics(&verifier);
            missing.note(&record);
            out.emit(record)?;
            out.blank()?;
        }
        Err(why) => missing.add(&format!("the flags and counters: {why}")),
    }
    match verifier.wanted() {
        Ok(names) if !names.is_empty() => {
            let record =
                Record::new("verifier_wanted").text("Drivers to verify (registry): ").cell("names", names);
            out.emit(record)?;
            out.blank()?;
        }
        // What is asked for in the registry, and what of it is loaded, are two things: only the latter counts.
        Ok(_) | Err(_) => {}
    }
    let head = Record::new("verifier_drivers")
        .role(Role::Heading, "Driver Verification List")
        .line("------------------------")
        .field("known", tells_drivers);
    out.within(Branch::new(head), |out| {
        let is_one = |name: &str| image.as_ref().is_none_or(|image| image.eq_ignore_ascii_case(name));
        for module in verified.iter().filter(|module| is_one(&module.image_name) || is_one(&module.name)) {
            let link = Action::Module(module.name.as_str().into());
            out.emit(
                Record::new("verifier_driver")
                    .text("  MODULE: 0x")
                    .cell("base", Cell::new(Field::Address(module.base)).digits(16))
                    .text(" ")
                    .cell("module", Cell::new(module.image_name.as_str()).role(Role::Module).link(link))
                    .text(" (Loaded)"),
            )?;
        }
        match (verified.is_empty(), tells_drivers) {
            (true, true) => out.emit(Line::of("  no loaded driver is verified")),
            (true, false) => out.emit(Line::of("  which drivers are verified is not in the dump")),
            _ => Ok(()),
        }
    })?;
    missing.say(out)
}

/// The flags, each with whether it is set.
fn level(flags: u64, is_on: bool) -> Record {
    let mark = |is_set: bool| if is_set { "X" } else { " " };
    let row = |record: Record, is_set: bool, bit: u64, name: &str| {
        record.line(format!("    [{}] (0x{bit:08x}) {name}", mark(is_set)))
    };
    let record = Record::new("verifier")
        .text("Verify Flags Level 0x")
        .cell("flags", Cell::new(Field::Hex(flags)).digits(8))
        .field("on", is_on)
        .line("")
        .line("  STANDARD FLAGS:");
    let record = row(record, is_on, 0, "Automatic Checks");
    let of = |record: Record, rows: &[(u64, &str)]| {
        rows.iter().fold(record, |record, (bit, name)| row(record, flags & bit != 0, *bit, name))
    };
    let record = of(record, &STANDARD).line("").line("  ADDITIONAL FLAGS:");
    let record = of(record, &ADDITIONAL);
    let named = STANDARD.iter().chain(&ADDITIONAL).fold(0, |all, (bit, _)| all | bit);
    let record = match flags & !named {
        0 => record,
        others => row(record, true, others, "flags of other versions"),
    };
    record.line("").line("    [X] Indicates flag is enabled")
}

fn statistics(verifier: &Verifier<'_>) -> Record {
    let number = |member: &str| Cell::new(verifier.counter(member).map(Field::Hex));
    let shown = |cell: Cell, member: &str| match verifier.counter(member) {
        Ok(value) => cell.shown(format!("0x{value:x}")),
        Err(_) => cell,
    };
    let record =
        Record::new("verifier_statistics").role(Role::Heading, "Summary of All Verifier Statistics").line("");
    let rows = |record: Record, rows: &[(&'static str, &'static str, &'static str)], width: usize| {
        rows.iter().fold(record, |record, (label, name, member)| {
            let cell = shown(number(member), member);
            record.line(format!("  {label:<width$} ")).cell(*name, cell)
        })
    };
    let record = rows(record, &EVENTS, 20).line("");
    let record = rows(record, &ALLOCATIONS, 38).line("");
    SIZES.iter().fold(record, |record, (label, [(blocks, count), (bytes, size)])| {
        let total = match verifier.counter(size) {
            Ok(bytes) => number(size).shown(format!("{bytes:08X}")),
            Err(_) => number(size),
        };
        let record = record.line(format!("  {label:<38} ")).cell(*blocks, shown(number(count), count));
        record.text(" for ").cell(*bytes, total).text(" bytes")
    })
}
