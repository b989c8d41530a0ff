//! File header, optional header, data directories.

use super::rows::Rows;
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::symbols::pe::{DataDirectory, Headers};
use crate::util::filetime::{Zone, asctime_unix};

/// The headers' records; `hash` says that the time stamp is a hash of the contents.
pub fn records(headers: &Headers, base: u64, hash: bool, zone: &Zone) -> Vec<Record> {
    let kind = if headers.characteristics & 0x2000 != 0 { "DLL" } else { "EXECUTABLE IMAGE" };
    vec![
        Record::new("image")
            .field("base", Field::Address(base))
            .line(Line::new())
            .line("File Type: ")
            .cell("kind", kind),
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
    let machine = format!("machine ({})", machine_name(headers.machine));
    Rows::titled("file_header", "FILE HEADER VALUES")
        .number("machine", headers.machine, &machine)
        .count("sections", headers.section_count, "number of sections")
        .number("time_date_stamp", headers.time_date_stamp, &format!("time date stamp {time}"))
        .line("")
        .number("symbol_table_offset", headers.symbol_table_offset, "file pointer to symbol table")
        .count("symbols", headers.symbol_count, "number of symbols")
        .count("optional_header_size", headers.optional_header_size, "size of optional header")
        .number("characteristics", headers.characteristics, "characteristics")
        .names("characteristic_names", headers.characteristics, FILE_FLAGS)
        .line("")
        .0
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
    let subsystem = format!("subsystem ({})", subsystem(headers.subsystem));
    let rows = Rows::titled("optional_header", "OPTIONAL HEADER VALUES")
        .number("magic", magic, "magic #")
        .version("linker_version", (major.into(), minor.into()), "linker version")
        .count("code_size", headers.code_size, "size of code")
        .count("initialized_data_size", headers.initialized_data_size, "size of initialized data")
        .count("uninitialized_data_size", headers.uninitialized_data_size, "size of uninitialized data")
        .number("entry_point", headers.entry_point, "address of entry point");
    with_entry(rows, headers, base)
        .number("base_of_code", headers.base_of_code, "base of code")
        .line("         ----- new -----")
        .wide("image_base", headers.image_base, "image base")
        .count("section_alignment", headers.section_alignment, "section alignment")
        .count("file_alignment", headers.file_alignment, "file alignment")
        .number("subsystem", headers.subsystem, &subsystem)
        .version("os_version", headers.os_version, "operating system version")
        .version("image_version", headers.image_version, "image version")
        .version("subsystem_version", headers.subsystem_version, "subsystem version")
        .count("size_of_image", headers.size_of_image, "size of image")
        .count("size_of_headers", headers.size_of_headers, "size of headers")
        .number("check_sum", headers.check_sum, "checksum")
        .wide("stack_reserve", headers.stack_reserve, "size of stack reserve")
        .wide("stack_commit", headers.stack_commit, "size of stack commit")
        .wide("heap_reserve", headers.heap_reserve, "size of heap reserve")
        .wide("heap_commit", headers.heap_commit, "size of heap commit")
        .number("dll_characteristics", headers.dll_characteristics, " DLL characteristics")
        .names("dll_characteristic_names", headers.dll_characteristics, DLL_FLAGS)
        .0
}

/// Adds where the entry point is in memory.
fn with_entry(rows: Rows, headers: &Headers, base: u64) -> Rows {
    match headers.entry_point {
        0 => rows,
        rva => {
            let address = base.wrapping_add(u64::from(rva));
            let address = Cell::new(Field::Address(address)).link(Action::Code(address));
            Rows(rows.0.text(" (").cell("entry_address", address).text(")"))
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
        // In JSON each has its name, in small letters.
        let key = name.to_ascii_lowercase().replace(' ', "_");
        let value = Field::Object(vec![
            ("rva".into(), Field::Hex(rva.into())),
            ("size".into(), Field::Number(size.into())),
        ]);
        let value = Cell::new(value).shown(format!("{rva:>8X} [{size:>8X}]")).role(Role::Value);
        record = if index > 0 { record.line(Line::new()) } else { record };
        record = record.cell(key, value).label(format!(" address [size] of {name} Directory"));
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
}
