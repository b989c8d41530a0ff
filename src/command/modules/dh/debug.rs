//! The debug directory.

use crate::output::{Line, Record, Role};
use crate::symbols::pe::{DebugData, DebugEntry};

/// The entries, under a heading; nothing for an image without.
pub fn records(entries: &[DebugEntry]) -> Vec<Record> {
    if entries.is_empty() {
        return Vec::new();
    }
    let heading = Record::new("debug_directories")
        .line(Line::new())
        .line(Line::new().role(Role::Heading, format!("Debug Directories({})", entries.len())))
        .line(Line::new().label("    Type       Size     Address  Pointer"))
        .line(Line::new());
    let mut records = vec![heading];
    for entry in entries {
        let text = describe(&entry.data);
        let text = if text.is_empty() { text } else { format!("    Format: {text}") };
        records.push(
            Record::new("debug_directory")
                .field("type", entry.kind_name())
                .field("size", u64::from(entry.size))
                .line(Line::of(format!(
                    "    {:<10} {:>4x} {:>11x} {:>8x}{text}",
                    entry.kind_name(),
                    entry.size,
                    entry.rva,
                    entry.file_offset
                ))),
        );
    }
    records
}

/// What an entry's data say; empty for kinds that are not decoded.
pub fn describe(data: &DebugData) -> String {
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
