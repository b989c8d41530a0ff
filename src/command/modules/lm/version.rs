//! The version resource in `lmv`.

use super::label::labelled;
use crate::output::{Cell, Field, Record, Role};
use crate::symbols::pe::version::{FixedFileInfo, VersionInfo};
use std::borrow::Cow;

/// A resource with more strings than this is damaged.
const MAX_STRINGS: usize = 64;

/// Adds a version resource, in the debugger's order.
pub(super) fn add(record: Record, version: &VersionInfo) -> Record {
    let record = match &version.fixed {
        Some(fixed) => add_fixed(record, fixed),
        None => record,
    };
    let translations =
        version.translations.iter().map(|(language, page)| format!("{language:04x}.{page:04x}").into());
    let translations = Cell::list(translations.map(|text: Cell| text.role(Role::Value)), |_| " ");
    let record = labelled(record, "Translations:", 5, "translations", translations);
    let record = record.line("    Information from resource tables:");
    let strings = version.tables.iter().flat_map(|table| &table.strings).take(MAX_STRINGS);
    let strings: Vec<(&String, &String)> = strings.map(|(key, value)| (key, value)).collect();
    let facts = strings.iter().map(|(key, value)| (Cow::from((*key).clone()), value.as_str().into()));
    let record = record.field("strings", Field::Object(facts.collect()));
    strings.into_iter().fold(record, |record, (key, value)| {
        let label = format!("{:<17}", format!("{key}:"));
        record.line("        ").label(label).text(" ").role(Role::Value, value)
    })
}

fn add_fixed(record: Record, fixed: &FixedFileInfo) -> Record {
    let dotted = |parts: [u16; 4]| parts.map(|part| part.to_string()).join(".");
    let hex = |value: u64, text: String| Cell::new(Field::Hex(value)).shown(text);
    let flags = u64::from(fixed.flags & fixed.flags_mask);
    let flag_text = format!("{flags:X} (Mask {:X})", fixed.flags_mask);
    let os = format!("{:X} {}", fixed.os, os_name(fixed.os));
    let date = format!("{:08X}.{:08X}", fixed.date >> 32, fixed.date & 0xffff_ffff);
    let record = labelled(record, "File version:", 5, "file_version", dotted(fixed.file_version));
    let record = labelled(record, "Product version:", 2, "product_version", dotted(fixed.product_version));
    let record = labelled(record, "File flags:", 7, "file_flags", hex(flags, flag_text));
    let record = labelled(record, "File OS:", 10, "file_os", hex(fixed.os.into(), os));
    let record = labelled(record, "File type:", 8, "file_type", file_type(fixed));
    labelled(record, "File date:", 8, "file_date", hex(fixed.date, date))
}

/// VOS_*, in the debugger's words.
fn os_name(os: u32) -> &'static str {
    match os {
        0x4_0004 => "NT Win32",
        0x4_0000 => "NT Base",
        0x4 => "Win32",
        0x1_0004 => "DOS Win32",
        _ => "Unknown Base",
    }
}

/// VFT_* and, for drivers, VFT2_*.
fn file_type(fixed: &FixedFileInfo) -> String {
    let word = match fixed.file_type {
        1 => "App",
        2 => "Dll",
        3 => "Driver",
        4 => "Font",
        5 => "VxD",
        7 => "Static Lib",
        _ => "Unknown",
    };
    format!("{:X}.{:X} {word}", fixed.file_type, fixed.file_subtype)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Line;

    /// The layout of the specification's sample of ntoskrnl.exe.
    #[test]
    fn the_fixed_part() {
        let fixed = FixedFileInfo {
            file_version: [10, 0, 19041, 508],
            product_version: [10, 0, 19041, 508],
            flags_mask: 0x3f,
            flags: 0,
            os: 0x4_0004,
            file_type: 1,
            file_subtype: 0,
            date: 0,
        };
        let record = add_fixed(Record::new("module"), &fixed);
        let text: Vec<String> = record.lines.iter().map(Line::plain).collect();
        assert_eq!(record.get("file_os"), Some(&Field::Hex(0x4_0004)));
        assert_eq!(text[0], "    File version:     10.0.19041.508");
        assert_eq!(text[2], "    File flags:       0 (Mask 3F)");
        assert_eq!(text[3], "    File OS:          40004 NT Win32");
        assert_eq!(text[4], "    File type:        1.0 App");
        assert_eq!(text[5], "    File date:        00000000.00000000");
    }
}
