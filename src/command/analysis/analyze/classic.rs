//! The classic block: the fields that eyes and scripts look for, under their WinDbg names.

use super::verdict::Judged;
use crate::analysis::{Bucket, ContextKind, Value, bucket};
use crate::command::show::crash_stack::crash_stack;
use crate::command::{CommandError, Context};
use crate::debuggee::windows_name;
use crate::dump::Machine;
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};

/// Shows the block, with the stack in its middle.
///
/// # Errors
/// An image was opened; the command was stopped.
pub fn show(judged: &Judged, context: &mut Context<'_>) -> Result<(), CommandError> {
    context.out.blank()?;
    let heading = |text| Line::new().role(Role::Heading, text);
    let head = Record::new("details").line(heading("Debugging Details:")).line(heading("------------------"));
    context.within(Branch::new(head), |context| {
        for record in before(judged, context)? {
            context.out.emit(record)?;
        }
        let head = Branch::new(Record::new("stack_text").label("STACK_TEXT:"));
        context.within(head, |context| crash_stack("kv", context))?;
        let named = bucket(&context.session.target, &judged.facts, &judged.verdict);
        for record in after(&named, context)? {
            context.out.emit(record)?;
        }
        Ok(())
    })
}

/// A field on a line of its own, behind its label.
fn detail(label: &'static str, key: &'static str, cell: impl Into<Cell>) -> Record {
    Record::new("detail").label(label).cell(key, cell)
}

fn value<'j>(judged: &'j Judged, kind: &str, name: &str) -> Option<&'j Value> {
    judged.facts.iter().find(|fact| fact.kind == kind).and_then(|fact| fact.get(name))
}

fn address(judged: &Judged, kind: &str, name: &str) -> Option<u64> {
    match value(judged, kind, name)? {
        Value::Address(address) => Some(*address),
        _ => None,
    }
}

/// What stands before the stack.
fn before(judged: &Judged, context: &Context<'_>) -> Result<Vec<Record>, CommandError> {
    let target = &context.session.target;
    let header = target.header()?;
    let bits = |value: u64| Cell::new(Field::Hex(value)).shown(format!("{value:x}"));
    let code = crate::analysis::plain_code(header.bug_check_code);
    let mut records = vec![detail("BUGCHECK_CODE:  ", "bugcheck_code", bits(code.into()))];
    let labels = ["BUGCHECK_P1: ", "BUGCHECK_P2: ", "BUGCHECK_P3: ", "BUGCHECK_P4: "];
    let keys = ["bugcheck_p1", "bugcheck_p2", "bugcheck_p3", "bugcheck_p4"];
    for ((label, key), value) in labels.into_iter().zip(keys).zip(header.bug_check_parameters) {
        records.push(detail(label, key, bits(value)));
    }
    let place = |at: u64| Cell::new(Field::Address(at)).digits(16);
    match (value(judged, "fault", "access"), address(judged, "fault", "target")) {
        (Some(Value::Text(access)), Some(at)) if access == "read" => {
            records.push(detail("READ_ADDRESS:  ", "read_address", place(at)));
        }
        (Some(Value::Text(access)), Some(at)) if access == "write" => {
            records.push(detail("WRITE_ADDRESS:  ", "write_address", place(at)));
        }
        _ => {}
    }
    if let Some(found) = &judged.saved {
        let command = |word: &str, at: u64| format!(" -- ({word} 0x{at:x})");
        let (label, key, word, action) = match found.kind {
            ContextKind::ContextRecord => ("CONTEXT:  ", "context", ".cxr", Action::Context(found.address)),
            ContextKind::TrapFrame => ("TRAP_FRAME:  ", "trap_frame", ".trap", Action::Trap(found.address)),
        };
        if let Some(record) = found.record {
            let cell = place(record).link(Action::ExceptionRecord(record));
            records
                .push(detail("EXCEPTION_RECORD:  ", "exception_record", cell).text(command(".exr", record)));
        }
        records
            .push(detail(label, key, place(found.address).link(action)).text(command(word, found.address)));
    }
    // The exception that the bug check is about, which need not be the first.
    let status = match code {
        0x1e | 0x3b | 0x7e | 0x8e => value(judged, "bug_check", "status1"),
        _ => value(judged, "fault", "status")
            .filter(|_| value(judged, "fault", "nested") == Some(&Value::Flag(false))),
    };
    if let Some(Value::Hex(status)) = status {
        records.push(detail("EXCEPTION_CODE_STR:  ", "exception_code", bits(*status)));
    }
    if let Some(Value::Text(name)) = value(judged, "process", "name") {
        records.push(detail("PROCESS_NAME:  ", "process_name", name.as_str()));
    }
    Ok(records)
}

/// What stands behind the stack: what is named, and the Windows.
fn after(named: &Bucket, context: &Context<'_>) -> Result<Vec<Record>, CommandError> {
    let target = &context.session.target;
    let header = target.header()?;
    let mut records = Vec::new();
    if let Some(symbol) = &named.symbol {
        let shown = match symbol.offset {
            0 => symbol.name(),
            offset => format!("{}+{offset:x}", symbol.name()),
        };
        records.push(detail("SYMBOL_NAME:  ", "symbol_name", Cell::new(shown).role(Role::Symbol)));
    }
    if let Some(module) = &named.module {
        let cell = Cell::new(module.as_str()).role(Role::Module);
        let is_one = target.modules().named(module).is_some();
        let cell = if is_one { cell.link(Action::Module(module.as_str().into())) } else { cell };
        records.push(detail("MODULE_NAME: ", "module_name", cell));
    }
    if let Some(image) = &named.image {
        records.push(detail("IMAGE_NAME:  ", "image_name", image.as_str()));
    }
    let module = named.module.as_deref().and_then(|name| target.modules().named(name));
    let version = module.and_then(|module| target.image(module).ok()?.version()?.fixed);
    if let Some(version) = version {
        let shown = version.file_version.map(|part| part.to_string()).join(".");
        records.push(detail("IMAGE_VERSION:  ", "image_version", shown));
    }
    records.push(detail("STACK_COMMAND:  ", "stack_command", ".cxr; .ecxr ; kb"));
    if let Some(symbol) = named.symbol.as_ref().filter(|symbol| symbol.offset != 0) {
        let offset = Cell::new(Field::Hex(symbol.offset)).shown(format!("{:x}", symbol.offset));
        records.push(detail("BUCKET_ID_FUNC_OFFSET:  ", "bucket_id_func_offset", offset));
    }
    records.push(detail("FAILURE_BUCKET_ID:  ", "failure_bucket_id", named.id.as_str()));
    records.push(detail(
        "OS_VERSION:  ",
        "os_version",
        target.kernel_version().0.map(|part| part.to_string()).join("."),
    ));
    if let Some(lab) = target.build_lab() {
        records.push(detail("BUILDLAB_STR:  ", "buildlab", lab));
    }
    records.push(detail(
        "OSPLATFORM_TYPE:  ",
        "osplatform_type",
        match target.machine() {
            Machine::Amd64 => "x64",
            Machine::Arm64 => "arm64",
            _ => "x86",
        },
    ));
    records.push(detail("OSNAME:  ", "osname", windows_name(header.minor_version)));
    Ok(records)
}
