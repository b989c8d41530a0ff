//! The header's fields.

use super::{optional, row, section};
use crate::dump::{Bits, DumpFile, attribute_names, mini_dump_field_names};
use crate::output::{Field, Record};
use crate::util::filetime::{self, Zone};
use crate::util::hex;

/// DUMP_HEADER32 or DUMP_HEADER64, in the order of the file.
pub fn record(dump: &DumpFile) -> Record {
    let header = dump.header();
    let pointer = |value: u64| match header.bits {
        Bits::Bits32 => format!("{value:08x}"),
        Bits::Bits64 => hex::tick(value),
    };
    let word = |value: u32| format!("{value:08x}");
    let mut record = section(
        "dump_header",
        match header.bits {
            Bits::Bits32 => "DUMP_HEADER32:",
            Bits::Bits64 => "DUMP_HEADER64:",
        },
    )
    .field("dump_type", u64::from(header.dump_type))
    .field("machine", u64::from(header.machine.image_type()))
    .field("bug_check_code", Field::Hex(u64::from(header.bug_check_code)))
    .field("attributes", header.attributes.map(|value| Field::Hex(value.into())))
    .field("file_size", dump.bytes().len() as u64)
    .line(row("MajorVersion", &word(header.major_version)))
    .line(row("MinorVersion", &word(header.minor_version)))
    .line(optional("KdSecondaryVersion", header.kd_secondary_version.map(|value| word(value.into()))))
    .line(row("DirectoryTableBase", &pointer(header.directory_table_base)))
    .line(row("PfnDataBase", &pointer(header.pfn_database)))
    .line(row("PsLoadedModuleList", &pointer(header.ps_loaded_module_list)))
    .line(row("PsActiveProcessHead", &pointer(header.ps_active_process_head)))
    .line(row("MachineImageType", &word(header.machine.image_type())))
    .line(row("NumberProcessors", &word(header.processors)))
    .line(row("BugCheckCode", &word(header.bug_check_code)));
    for (index, parameter) in header.bug_check_parameters.iter().enumerate() {
        record = record.line(row(&format!("BugCheckParameter{}", index + 1), &pointer(*parameter)));
    }
    let named = |value: u32, names: Vec<String>| {
        if names.is_empty() { word(value) } else { format!("{} ({})", word(value), names.join(", ")) }
    };
    let size = header.required_size.map(|size| {
        let file = dump.bytes().len() as u64;
        match size.checked_sub(file) {
            // Triage writers reserve more than they need.
            Some(missing @ 1..) if dump.triage().is_none() => {
                format!("{} ({missing:#x} bytes more than the file has)", hex::tick(size))
            }
            _ => hex::tick(size),
        }
    });
    record
        .line(row("KdDebuggerDataBlock", &pointer(header.kd_debugger_data_block)))
        .line(row("DumpType", &format!("{} ({})", word(header.dump_type), dump.kind().name())))
        .line(optional("RequiredDumpSpace", size))
        .line(optional(
            "SystemTime",
            header.system_time.and_then(|time| filetime::session_time(time, &Zone::Utc)),
        ))
        .line(optional("SystemUpTime", header.uptime.map(filetime::uptime)))
        .line(optional("Comment", header.comment.clone()))
        .line(optional("VersionUser", header.version_user.clone()))
        .line(optional(
            "MiniDumpFields",
            header.mini_dump_fields.map(|value| named(value, mini_dump_field_names(value))),
        ))
        .line(optional("SecondaryDataState", header.secondary_data_state.map(word)))
        .line(optional("ProductType", header.product_type.map(word)))
        .line(optional("SuiteMask", header.suite_mask.map(word)))
        .line(optional("WriterStatus", header.writer_status.map(word)))
        .line(optional("Attributes", header.attributes.map(|value| named(value, attribute_names(value)))))
        .line(optional("BootId", header.boot_id.map(word)))
}
