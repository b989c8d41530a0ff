//! `.dumpdebug`: every field of the dump's header and of what follows it.

mod header;
mod storage;
mod tagged;

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::dump::DumpKind;
use crate::output::{Line, Record, Role};

/// `.dumpdebug`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".dumpdebug"],
    group: Group::Dump,
    summary: "Shows the dump's header field by field, and how the file keeps memory",
    help: "Shows every field of the header, then the triage block, page bitmap or runs, and the tagged data with the \
           memory that some hold. Fields that the writer left at its filler show as `not written`.",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let dump = context.session.target.dump()?.clone();
    context.out.emit(Line::new().role(Role::Heading, title(dump.header().bits.count(), dump.kind())))?;
    context.out.blank()?;
    let sections = [header::record(&dump), storage::physical(&dump)];
    for record in sections {
        context.out.emit(record)?;
        context.out.blank()?;
    }
    if let Some(records) = storage::triage(&dump) {
        for record in records {
            context.out.emit(record)?;
        }
        context.out.blank()?;
    }
    if let Some(record) = storage::pages(&dump) {
        context.out.emit(record)?;
        context.out.blank()?;
    }
    for record in tagged::list(&dump) {
        context.out.emit(record)?;
    }
    let in_tagged_data = tagged::memory(&dump, context.session.target.memory().blocks());
    if !in_tagged_data.is_empty() {
        context.out.blank()?;
    }
    for record in in_tagged_data {
        context.out.emit(record)?;
    }
    for warning in dump.warnings() {
        context.out.emit(Line::new().role(Role::Warning, format!("Warning: {warning}")))?;
    }
    Ok(())
}

fn title(bits: u32, kind: DumpKind) -> String {
    let what = match kind {
        DumpKind::Full | DumpKind::DebuggerComplete => "Kernel Full Dump Analysis",
        DumpKind::Summary | DumpKind::DebuggerKernel => {
            "Kernel Summary Dump Analysis - Kernel address space is available, User address space may not be available."
        }
        DumpKind::HeaderOnly => "Kernel Header Dump Analysis",
        DumpKind::Triage => "Kernel Mini Dump Analysis",
        DumpKind::BitmapFull => "Kernel Bitmap Dump Analysis - Full address space is available",
        DumpKind::BitmapKernel | DumpKind::Automatic => {
            "Kernel Bitmap Dump Analysis - Kernel address space is available, User address space may not be available."
        }
        DumpKind::DebuggerKernelUser => "Kernel and User Dump Analysis",
        DumpKind::Other(_) => "Kernel Dump of unknown type",
    };
    format!("----- {bits} bit {what}")
}

/// A field's line: the label in its column, then the value.
fn row(label: &str, value: &str) -> Line {
    Line::new().label(format!("{label:<20}")).value(value)
}

/// A field that the writer may have left out.
fn optional(label: &str, value: Option<String>) -> Line {
    match value {
        Some(value) => row(label, &value),
        None => Line::new().label(format!("{label:<20}")).role(Role::Dim, "not written"),
    }
}

/// The start of a section.
fn section(kind: &'static str, title: &str) -> Record {
    Record::new(kind).line(Line::new().role(Role::Heading, title))
}
