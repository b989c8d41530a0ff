//! `.dumpdebug`: every field of the dump's header and of what follows it.

mod header;
mod storage;
mod tagged;

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::dump::DumpKind;
use crate::output::{Cell, Field, Line, Record, Role};
use std::borrow::Cow;

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

/// Adds a field's line: its name in its column, then the value. In JSON it has the same name in small letters.
fn row(record: Record, label: &str, value: Cell) -> Record {
    named_row(record, small(label), label, value)
}

/// The same under another name in JSON.
fn named_row(record: Record, key: impl Into<Cow<'static, str>>, label: &str, value: Cell) -> Record {
    let role = if *value.field() == Field::Null { Role::Dim } else { Role::Value };
    let line = Line::new().label(format!("{label:<20}"));
    record.line(line).cell(key, value.absent("not written").role(role))
}

/// `MajorVersion` as `major_version`.
fn small(name: &str) -> String {
    let mut small = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !small.is_empty() {
            small.push('_');
        }
        small.push(letter.to_ascii_lowercase());
    }
    small
}

/// The start of a section.
fn section(kind: &'static str, title: &str) -> Record {
    Record::new(kind).line(Line::new().role(Role::Heading, title))
}
