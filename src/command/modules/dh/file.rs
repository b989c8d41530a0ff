//! File header, optional header, data directories.

use crate::output::{Action, Field, Line, Record, Role};
use crate::symbols::pe::{DataDirectory, Headers};
use crate::util::filetime::{Zone, asctime_unix};
use crate::util::hex;

/// The headers' records; `hash` says that the time stamp is a hash of the contents.
pub fn records(headers: &Headers, base: u64, hash: bool, zone: &Zone) -> Vec<Record> {
    let kind = if headers.characteristics & 0x2000 != 0 { "DLL" } else { "EXECUTABLE IMAGE" };
    vec![
        Record::new("image")
            .field("base", Field::Hex(base))
            .line(Line::new())
            .line(Line::of(format!("File Type: {kind}"))),
        file_header(headers, hash, zone),
        optional_header(headers, base),
        directories(&headers.directories),
    ]
}

/// The name of a machine value, as `!dh` and `!lmi` write it.
pub fn machine_name(machine: u16) -> &'static str {
    match machine {
        0x14c => "i386",
        0x1c4 => "ARM",
        0x8664 => "X64",
        0xaa64 => "ARM64",
        _ => "unknown",
    }
}

fn number(value: impl Into<u64>, label: &str) -> Line {
    Line::new().value(format!("{:>8X}", value.into())).text(" ").label(label)
}

fn wide(value: u64, label: &str) -> Line {
    Line::new().value(hex::plain(value)).text(" ").label(label)
}

fn version((major, minor): (u16, u16), label: &str) -> Line {
    Line::new().value(format!("{major:>5}.{minor:02}")).text(" ").label(label)
}

fn flags(value: u16, names: &[(u16, &str)]) -> Vec<Line> {
    names
        .iter()
        .filter(|(bit, _)| value & bit != 0)
        .map(|(_, name)| Line::of(format!("            {name}")))
        .collect()
}

fn with_all(record: Record, lines: Vec<Line>) -> Record {
    lines.into_iter().fold(record, Record::line)
}

/// IMAGE_FILE_* (winnt.h), worded as users know them.
const FILE_FLAGS: &[(u16, &str)] = &[
    (0x0001, "Relocations stripped"),
    (0x0002, "Executable"),
    (0x0004, "Line numbers stripped"),
    (0x0008, "Symbols stripped"),
    (0x0020, "App can handle >2gb addresses"),
    (0x0100, "32 bit word machine"),
    (0x0200, "Debug information stripped"),
    (0x1000, "System"),
    (0x2000, "DLL"),
];

/// IMAGE_DLLCHARACTERISTICS_* (winnt.h).
const DLL_FLAGS: &[(u16, &str)] = &[
    (0x0020, "High entropy VA supported"),
    (0x0040, "Dynamic base"),
    (0x0080, "Force integrity"),
    (0x0100, "NX compatible"),
    (0x0200, "No isolation"),
    (0x0400, "No structured exception handler"),
    (0x0800, "Do not bind"),
    (0x1000, "App container"),
    (0x2000, "WDM driver"),
    (0x4000, "Guard"),
    (0x8000, "Terminal server aware"),
];

fn file_header(headers: &Headers, hash: bool, zone: &Zone) -> Record {
    // A reproducible build has a hash there; past 2038 it cannot be a date.
    let time = asctime_unix(headers.time_date_stamp, zone)
        .filter(|_| !hash && headers.time_date_stamp >> 31 == 0)
        .unwrap_or_else(|| "(reproducible build file hash)".to_owned());
    let record = Record::new("file_header")
        .field("machine", Field::Hex(headers.machine.into()))
        .field("sections", u64::from(headers.section_count))
        .field("time_date_stamp", Field::Hex(headers.time_date_stamp.into()))
        .line(Line::new().role(Role::Heading, "FILE HEADER VALUES"))
        .line(number(headers.machine, &format!("machine ({})", machine_name(headers.machine))))
        .line(number(headers.section_count, "number of sections"))
        .line(number(headers.time_date_stamp, &format!("time date stamp {time}")))
        .line(Line::new())
        .line(number(headers.symbol_table_offset, "file pointer to symbol table"))
        .line(number(headers.symbol_count, "number of symbols"))
        .line(number(headers.optional_header_size, "size of optional header"))
        .line(number(headers.characteristics, "characteristics"));
    with_all(record, flags(headers.characteristics, FILE_FLAGS)).line(Line::new())
}

/// The name of a subsystem, as `!dh` writes it.
pub fn subsystem(value: u16) -> &'static str {
    match value {
        1 => "Native",
        2 => "Windows GUI",
        3 => "Windows CUI",
        10 => "EFI application",
        11 => "EFI boot service driver",
        12 => "EFI runtime driver",
        16 => "Windows boot application",
        _ => "unknown",
    }
}

fn optional_header(headers: &Headers, base: u64) -> Record {
    let magic: u64 = if headers.is_64bit { 0x20b } else { 0x10b };
    let (major, minor) = headers.linker_version;
    let record = Record::new("optional_header")
        .field("size_of_image", u64::from(headers.size_of_image))
        .field("check_sum", Field::Hex(headers.check_sum.into()))
        .field("entry_point", Field::Hex(headers.entry_point.into()))
        .line(Line::new().role(Role::Heading, "OPTIONAL HEADER VALUES"))
        .line(number(magic, "magic #"))
        .line(version((major.into(), minor.into()), "linker version"))
        .line(number(headers.code_size, "size of code"))
        .line(number(headers.initialized_data_size, "size of initialized data"))
        .line(number(headers.uninitialized_data_size, "size of uninitialized data"))
        .line(number(headers.entry_point, "address of entry point").append(entry_link(headers, base)))
        .line(number(headers.base_of_code, "base of code"))
        .line(Line::of("         ----- new -----"))
        .line(wide(headers.image_base, "image base"))
        .line(number(headers.section_alignment, "section alignment"))
        .line(number(headers.file_alignment, "file alignment"))
        .line(number(headers.subsystem, &format!("subsystem ({})", subsystem(headers.subsystem))))
        .line(version(headers.os_version, "operating system version"))
        .line(version(headers.image_version, "image version"))
        .line(version(headers.subsystem_version, "subsystem version"))
        .line(number(headers.size_of_image, "size of image"))
        .line(number(headers.size_of_headers, "size of headers"))
        .line(number(headers.check_sum, "checksum"))
        .line(wide(headers.stack_reserve, "size of stack reserve"))
        .line(wide(headers.stack_commit, "size of stack commit"))
        .line(wide(headers.heap_reserve, "size of heap reserve"))
        .line(wide(headers.heap_commit, "size of heap commit"))
        .line(number(headers.dll_characteristics, " DLL characteristics"));
    with_all(record, flags(headers.dll_characteristics, DLL_FLAGS))
}

/// Makes the entry point's label a way to its code.
fn entry_link(headers: &Headers, base: u64) -> Line {
    match headers.entry_point {
        0 => Line::new(),
        rva => {
            let address = base.wrapping_add(u64::from(rva));
            let link = Action::Code(address);
            Line::new().text(" (").link(Role::Address, hex::tick(address), link).text(")")
        }
    }
}

/// In the order of the header.
const DIRECTORIES: [&str; 16] = [
    "Export",
    "Import",
    "Resource",
    "Exception",
    "Security",
    "Base Relocation",
    "Debug",
    "Description",
    "Special",
    "Thread Storage",
    "Load Configuration",
    "Bound Import",
    "Import Address Table",
    "Delay Import",
    "COR20 Header",
    "Reserved",
];

fn directories(directories: &[DataDirectory]) -> Record {
    let mut record = Record::new("data_directories");
    for (index, name) in DIRECTORIES.iter().enumerate() {
        let DataDirectory { rva, size } = directories.get(index).copied().unwrap_or_default();
        record = record.line(
            Line::new()
                .value(format!("{rva:>8X} [{size:>8X}]"))
                .label(format!(" address [size] of {name} Directory")),
        );
    }
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_line_up() {
        let record = directories(&[DataDirectory { rva: 0x10e68, size: 0x244 }]);
        let lines: Vec<String> = record.lines.iter().map(Line::plain).collect();
        assert_eq!(lines[0], "   10E68 [     244] address [size] of Export Directory");
        assert_eq!(lines[15], "       0 [       0] address [size] of Reserved Directory");
    }

    #[test]
    fn numbers_and_versions_line_up() {
        assert_eq!(number(0x8664u32, "machine (X64)").plain(), "    8664 machine (X64)");
        assert_eq!(version((14, 12), "linker version").plain(), "   14.12 linker version");
        assert_eq!(wide(0x80000, "size of stack reserve").plain(), "0000000000080000 size of stack reserve");
    }
}
