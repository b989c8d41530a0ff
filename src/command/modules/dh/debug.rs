//! The debug directory.

use crate::command::CommandError;
use crate::command::line::Out;
use crate::output::{Branch, Cell, Field, Line, Record, Role};
use crate::symbols::pe::{DebugData, DebugEntry};

/// The entries, under a heading; nothing for an image without.
pub fn show(entries: &[DebugEntry], out: &mut Out<'_>) -> Result<(), CommandError> {
    if entries.is_empty() {
        return Ok(());
    }
    let count = Cell::new(entries.len() as u64).role(Role::Heading);
    let head = Record::new("debug_directories")
        .line(Line::new())
        .line(Line::new().role(Role::Heading, "Debug Directories("))
        .cell("count", count)
        .role(Role::Heading, ")")
        .line(Line::new().label("    Type       Size     Address  Pointer"))
        .line(Line::new());
    out.within(Branch::new(head), |out| entries.iter().try_for_each(|entry| out.emit(record(entry))))
}

fn record(entry: &DebugEntry) -> Record {
    let number = |value: u32, width: usize| Cell::new(Field::Hex(value.into())).right(width).role(Role::Text);
    let size = Cell::new(entry.size).shown(format!("{:x}", entry.size)).right(4).role(Role::Text);
    let record = Record::new("debug_directory")
        .text("    ")
        .cell("type", Cell::new(entry.kind_name()).left(10))
        .text(" ")
        .cell("size", size)
        .text(" ")
        .cell("rva", number(entry.rva, 11))
        .text(" ")
        .cell("file_offset", number(entry.file_offset, 8));
    match describe(&entry.data) {
        text if text.is_empty() => record.field("format", Field::Null),
        text => record.text("    Format: ").cell("format", text),
    }
}

/// What an entry's data say; empty for kinds that are not decoded.
fn describe(data: &DebugData) -> String {
    match data {
        DebugData::CodeView { guid, age, path } => format!("RSDS, guid, {age:x}, {path} {guid}"),
        DebugData::OldCodeView { signature, age, path } => format!("NB10, {signature:x}, {age:x}, {path}"),
        DebugData::Repro(_) => "reproducible build: time stamps are a hash".to_owned(),
        DebugData::ExDllCharacteristics(bits) => format!("extended DLL characteristics {bits:x}"),
        DebugData::Pogo(text) => text.clone(),
        DebugData::Unreadable => "data not in the dump".to_owned(),
        DebugData::Other => String::new(),
    }
}
