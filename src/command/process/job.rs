//! `!job`: processes that are limited and counted together.

use super::processes::process_argument;
use crate::command::show;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{Job, Process};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};

/// `!job`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!job"],
    group: Group::Kernel,
    arguments: &[
        Argument::new("[ADDRESS]", Expects::Expression),
        Argument::new("[FLAGS]", Expects::Expression),
    ],
    summary: "Shows a job: what it counts, its limits, its processes",
    help: "Without ADDRESS, or with that of a process, the job that the process is in. FLAGS: 1 counts and limits, 2 the \
           processes; both without FLAGS.\n\n\
           kd> !job ffffd50417a81060\n\
           Job at ffffd50417a81060\n  \
           TotalPageFaultCount      0\n  \
           TotalProcesses           1",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Bits of FLAGS.
const COUNTS: u64 = 1;
const PROCESSES: u64 = 2;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let mut number = || words.next().map(|word| context.evaluate(word)).transpose();
    let address = number()?.filter(|&address| address != 0);
    let flags = number()?.unwrap_or(COUNTS | PROCESSES);
    let current = context.session.process();
    let scope = context.session.scope();
    let out = &mut context.out;
    // A process's dispatcher header has the type 3; a job begins with an event.
    let of_process = |at: u64| {
        let process = Process::at(&scope, at).ok()?;
        let kind = process.object().field("Pcb.Header.Type").and_then(|kind| kind.u64());
        (kind.ok()? & 0x7f == 3).then_some(process)
    };
    let job = match address {
        Some(at) => match of_process(at) {
            Some(process) => process.job(),
            None => Job::at(&scope, at),
        },
        None => process_argument(&scope, current)?.job(),
    };
    let job = match job {
        Err(Lack::Null { .. }) => return out.emit(Line::of("The process is in no job.")),
        job => job?,
    };
    let record = counts(&job, flags);
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    if flags & PROCESSES != 0 {
        let head = Record::new("processes").text("  Processes assigned to this job:");
        out.within(Branch::new(head), |out| {
            out.rows(Process::of_job(&job), |process| {
                Record::new("process")
                    .text("    ")
                    .cell("address", show::process::address(process.address()))
                    .text(" - ")
                    .cell("image", Cell::new(process.name()).role(Role::Text))
            })
        })?;
    }
    missing.say(out)
}

/// Members of EJOB that are shown, by Windows' names; those that a build has not are left out.
const NUMBERS: [(&str, &str); 11] = [
    ("TotalPageFaultCount", "total_page_fault_count"),
    ("TotalProcesses", "total_processes"),
    ("ActiveProcesses", "active_processes"),
    ("EffectiveFreezeCount", "effective_freeze_count"),
    ("EffectiveBackgroundCount", "effective_background_count"),
    ("TotalTerminatedProcesses", "total_terminated_processes"),
    ("PeakJobMemoryUsed", "peak_job_memory_used"),
    ("PeakProcessMemoryUsed", "peak_process_memory_used"),
    ("CurrentJobMemoryUsed", "current_job_memory_used"),
    ("ActiveProcessLimit", "active_process_limit"),
    ("SessionId", "session_id"),
];

/// JOB_OBJECT_LIMIT_* of the public header winnt.h.
const LIMITS: [(u64, &str); 14] = [
    (0x1, "WORKINGSET"),
    (0x2, "PROCESS_TIME"),
    (0x4, "JOB_TIME"),
    (0x8, "ACTIVE_PROCESS"),
    (0x10, "AFFINITY"),
    (0x20, "PRIORITY_CLASS"),
    (0x80, "SCHEDULING_CLASS"),
    (0x100, "PROCESS_MEMORY"),
    (0x200, "JOB_MEMORY"),
    (0x400, "DIE_ON_UNHANDLED_EXCEPTION"),
    (0x800, "BREAKAWAY_OK"),
    (0x1000, "SILENT_BREAKAWAY_OK"),
    (0x2000, "KILL_ON_JOB_CLOSE"),
    (0x4000, "SUBSET_AFFINITY"),
];

fn counts(job: &Job<'_>, flags: u64) -> Record {
    const VALUES: usize = 27;
    let at = job.address();
    let link = Action::object("nt!_EJOB", at);
    let mut record = Record::new("job")
        .text("Job at ")
        .cell("address", Cell::new(Field::Address(at)).digits(16).link(link));
    if flags & COUNTS == 0 {
        return record;
    }
    for (member, key) in NUMBERS {
        match job.number(member) {
            Err(Lack::NoMember { .. }) => {}
            value => record = record.line("  ").text(member).pad_to(VALUES).cell(key, Cell::new(value)),
        }
    }
    match job.parent() {
        Ok(parent) => {
            let parent = Cell::new(Field::Address(parent.address())).digits(16).follow(Action::Job);
            record = record.line("  ParentJob").pad_to(VALUES).cell("parent", parent);
        }
        Err(_) => record = record.field("parent", Field::Null),
    }
    let flags = job.number("JobFlags");
    let shown = flags.as_ref().map_or(String::new(), |flags| format!("{flags:#x}"));
    record = record
        .line("  Job Flags")
        .pad_to(VALUES)
        .cell("job_flags", Cell::new(flags.map(Field::Hex)).shown(shown));
    let limits = job.limit_flags();
    let shown = limits.as_ref().map_or(String::new(), |limits| format!("{limits:#x}"));
    let words = limits.as_ref().map_or(String::new(), |limits| {
        let set = LIMITS.iter().filter(|(bit, _)| limits & bit != 0);
        set.map(|(_, word)| format!("\n    [{word}]")).collect()
    });
    record = record
        .line("  Limit Information (LimitFlags: ")
        .cell("limit_flags", Cell::new(limits.map(Field::Hex)).shown(shown))
        .text(")");
    words.lines().filter(|line| !line.is_empty()).fold(record, |record, line| record.line(line))
}
