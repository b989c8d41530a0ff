//! `!blackboxntfs`: requests of NTFS that took too long.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::dump::tags::{NtfsRecord, NtfsRecordKind};
use crate::output::{Action, Cell, Field, Line, Record, Role};

/// `!blackboxntfs`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!blackboxntfs"],
    group: Group::Dump,
    summary: "Shows requests of NTFS that took too long",
    help: "The notes that NTFS keeps of slow requests, and of oplocks that nobody gave back, as they were added to the \
           dump.\n\
           \n\
           kd> !blackboxntfs\n\
           NTFS Blackbox Data\n\
           \n\
           0 Slow I/O Timeout Records Found\n\
           0 Oplock Break Timeout Records Found",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let Some(found) = context.session.target.dump()?.tagged().ntfs_timeouts() else {
        return Err(CommandError::Missing("no NTFS block in this dump".to_owned()));
    };
    let time = Cell::new(Field::Time(found.time));
    context
        .out
        .emit(Record::new("ntfs_timeouts").text("NTFS Blackbox Data").cell_where(false, "time", time))?;
    for (number, record) in found.records.iter().enumerate() {
        context.out.blank()?;
        context.out.emit(note(number, record))?;
    }
    if let Some(broken) = found.broken {
        context.out.emit(Line::new().role(Role::Warning, broken))?;
    }
    let count = |wanted: fn(&NtfsRecordKind) -> bool| {
        Cell::new(found.records.iter().filter(|record| wanted(&record.kind)).count() as u64)
    };
    context.out.blank()?;
    context.out.emit(
        Record::new("ntfs_timeout_counts")
            .cell("slow_io", count(|kind| matches!(kind, NtfsRecordKind::SlowIo { .. })))
            .text(" Slow I/O Timeout Records Found")
            .line(Line::new())
            .cell("oplock_breaks", count(|kind| matches!(kind, NtfsRecordKind::OplockBreak { .. })))
            .text(" Oplock Break Timeout Records Found"),
    )?;
    context.out.blank()
}

fn note(number: usize, note: &NtfsRecord) -> Record {
    let (kind, name) = match note.kind {
        NtfsRecordKind::SlowIo { .. } => (1, "Slow I/O Timeout"),
        NtfsRecordKind::OplockBreak { .. } => (2, "Oplock Break Timeout"),
        NtfsRecordKind::Other(kind) => (kind, "unknown"),
    };
    let record = Record::new("ntfs_timeout")
        .text("Record ")
        .cell("number", number as u64)
        .text(":")
        .labelled("  Record type:    ", "type", u64::from(kind))
        .text(" (")
        .cell("type_name", name)
        .text(")")
        .labelled("  Record length:  ", "length", note.length as u64);
    let irp = address(note.irp).follow(Action::Irp);
    match &note.kind {
        NtfsRecordKind::SlowIo { thread } => record
            .labelled("        Irp:      ", "irp", irp)
            .labelled("        Scb:      ", "scb", address(note.scb))
            .labelled("        Thread:   ", "thread", address(*thread).follow(Action::Thread)),
        NtfsRecordKind::OplockBreak { reason, owner, breaker } => record
            .labelled("  Break Reason: ", "reason", u64::from(*reason))
            .text(" (")
            .cell("reason_name", Cell::new(NtfsRecordKind::reason(*reason)).absent("unknown"))
            .text(")")
            .labelled("        Irp:      ", "irp", irp)
            .labelled("        Scb:      ", "scb", address(note.scb))
            .labelled("  Owner Process Name: '", "owner", owner.as_str())
            .text("'")
            .labelled("  Breaking Process Name: '", "breaker", breaker.as_str())
            .text("'"),
        NtfsRecordKind::Other(_) => record,
    }
}

fn address(address: u64) -> Cell {
    let known = (address != 0).then_some(Field::Address(address));
    Cell::new(known).digits(16).absent("<null>")
}
