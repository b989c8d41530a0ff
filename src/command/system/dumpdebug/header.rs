//! The header's fields.

use super::{named_row, row, section};
use crate::dump::{Bits, DumpFile, attribute_names, mini_dump_field_names};
use crate::output::{Action, Cell, Field, Record};
use crate::util::filetime::{self, Zone};
use crate::util::hex;

/// DUMP_HEADER32 or DUMP_HEADER64, in the order of the file.
pub fn record(dump: &DumpFile) -> Record {
    let header = dump.header();
    let title = match header.bits {
        Bits::Bits32 => "DUMP_HEADER32:",
        Bits::Bits64 => "DUMP_HEADER64:",
    };
    let pointer = |value: u64| {
        let cell = Cell::new(Field::Address(value));
        if header.bits == Bits::Bits32 { cell.digits(8) } else { cell }
    };
    let table = header.directory_table_base;
    let table = pointer(table).link(Action::Physical(table & !0xfff));
    let mut record = section("dump_header", title).field("file_size", dump.bytes().len() as u64);
    record = row(record, "MajorVersion", word(header.major_version));
    record = row(record, "MinorVersion", word(header.minor_version));
    record = row(record, "KdSecondaryVersion", optional(header.kd_secondary_version.map(u32::from)));
    record = row(record, "DirectoryTableBase", table);
    record = row(record, "PfnDataBase", pointer(header.pfn_database));
    record = row(record, "PsLoadedModuleList", pointer(header.ps_loaded_module_list));
    record = row(record, "PsActiveProcessHead", pointer(header.ps_active_process_head));
    let machine = Cell::new(header.machine.image_type()).digits(8);
    record = named_row(record, "machine", "MachineImageType", machine);
    record = row(record, "NumberProcessors", Cell::new(header.processors).digits(8));
    record = row(record, "BugCheckCode", word(header.bug_check_code));
    for (index, parameter) in header.bug_check_parameters.iter().enumerate() {
        record = row(record, &format!("BugCheckParameter{}", index + 1), pointer(*parameter));
    }
    record = row(record, "KdDebuggerDataBlock", pointer(header.kd_debugger_data_block));
    let kind = format!("{:08x} ({})", header.dump_type, dump.kind().name());
    record = row(record, "DumpType", Cell::new(header.dump_type).shown(kind));
    record = row(record, "RequiredDumpSpace", required_size(dump));
    let time = header.system_time;
    let time = time.and_then(|time| Some((time, filetime::session_time(time, &Zone::Utc)?)));
    let time = time.map_or(Cell::new(Field::Null), |(time, text)| Cell::new(Field::Time(time)).shown(text));
    record = row(record, "SystemTime", time);
    record = row(record, "SystemUpTime", Cell::new(header.uptime.map(filetime::uptime)));
    record = row(record, "Comment", Cell::new(header.comment.clone()));
    record = row(record, "VersionUser", Cell::new(header.version_user.clone()));
    record = row(record, "MiniDumpFields", bits(header.mini_dump_fields, mini_dump_field_names));
    record = row(record, "SecondaryDataState", optional(header.secondary_data_state));
    record = row(record, "ProductType", optional(header.product_type));
    record = row(record, "SuiteMask", optional(header.suite_mask));
    record = row(record, "WriterStatus", optional(header.writer_status));
    record = row(record, "Attributes", bits(header.attributes, attribute_names));
    row(record, "BootId", optional(header.boot_id))
}

/// 32 bits.
fn word(value: u32) -> Cell {
    optional(Some(value))
}

/// 32 bits that the writer may have left out.
fn optional(value: Option<u32>) -> Cell {
    Cell::new(value.map(|value| Field::Hex(value.into()))).digits(8)
}

/// Bits with their names.
fn bits(value: Option<u32>, names: fn(u32) -> Vec<String>) -> Cell {
    let names = value.map(names).unwrap_or_default();
    match value {
        Some(value) if !names.is_empty() => {
            optional(Some(value)).shown(format!("{value:08x} ({})", names.join(", ")))
        }
        value => optional(value),
    }
}

/// How many bytes a whole dump takes, and how many of them the file lacks.
fn required_size(dump: &DumpFile) -> Cell {
    let Some(size) = dump.header().required_size else { return Cell::new(Field::Null) };
    let cell = Cell::new(Field::Hex(size));
    match size.checked_sub(dump.bytes().len() as u64) {
        // Triage writers reserve more than they need.
        Some(missing @ 1..) if dump.triage().is_none() => {
            cell.shown(format!("{} ({missing:#x} bytes more than the file has)", hex::tick(size)))
        }
        _ => cell.shown(hex::tick(size)),
    }
}
