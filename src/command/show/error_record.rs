//! The rows of a record of a hardware error, for `!errrec` and `!whea`.

use super::machine_parts::Parts;
use crate::command::CommandError;
use crate::command::line::Out;
use crate::dump::cper::{
    Body, FLAGS, GenericProcessor, Mca, McaStatus, MemoryError, PcieError, ProcessorInfo, SECTION_FLAGS,
    Section, Stamp, Vendor, XpfProcessor, creator, flags, notify_type, severity,
};
use crate::kernel::{ErrorSource, HardwareError};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};
use crate::util::guid::Guid;

/// Signs of a rule.
const RULE: usize = 79;

/// All of a record; what the dump does not hold of it is said at its end.
///
/// # Errors
/// As [`Out::emit`].
pub fn error_record(out: &mut Out<'_>, error: &HardwareError, parts: &Parts<'_>) -> Result<(), CommandError> {
    let record = &error.record;
    let mut head = Record::new("error_record")
        .line(Line::new().label("=".repeat(RULE)))
        .labelled("Common Platform Error Record @ ", "address", place(error.source, 0))
        .line(Line::new().label("-".repeat(RULE)))
        .labelled("Record Id     : ", "record_id", hex(record.id, 16).shown(format!("{:016x}", record.id)))
        .labelled("Severity      : ", "severity", named(record.severity.into(), severity(record.severity)))
        .text(format!(" ({})", record.severity))
        .labelled("Length        : ", "length", record.length)
        .labelled("Creator       : ", "creator", guid(record.creator, creator(record.creator)))
        .labelled("Notify Type   : ", "notify_type", guid(record.notify, notify_type(record.notify)));
    if let Some(time) = record.time {
        head = head.labelled("Timestamp     : ", "time", stamp(time));
    }
    for (name, known) in [("platform_id", record.platform), ("partition_id", record.partition)] {
        if let Some(id) = known {
            head = head.labelled("Platform Id   : ", name, guid(id, None));
        }
    }
    head =
        bits(head.labelled("Flags         : ", "flags", hex(record.flags.into(), 8)), &FLAGS, record.flags);
    out.within(Branch::new(head), |out| {
        for (number, section) in record.sections.iter().enumerate() {
            out.blank()?;
            out.emit(rows(number, section, error.source, parts))?;
        }
        Ok(())
    })?;
    let held = error.held as u64;
    let short = held < u64::from(record.length);
    out.warn(short.then(|| format!("the dump holds {held} of the record's {} bytes", record.length)))?;
    let missing = record.missing;
    out.warn((missing > 0).then(|| format!("{missing} more sections are counted and not there")))?;
    out.blank()
}

/// The lines of a bank's status: name, status, bits and codes.
pub fn status(record: Record, status: McaStatus, vendor: Vendor) -> Record {
    let words = status.bits(vendor);
    let mut record = record
        .labelled("  Status      : ", "status", hex(status.0, 16))
        .list(
            "status_bits",
            " ",
            words.iter().enumerate().map(|(at, &bit)| {
                let lead = if at == 0 { " " } else { "" };
                Cell::new(bit).shown(format!("{lead}{bit}"))
            }),
        )
        .labelled("  MCA Code    : ", "mca_code", hex(status.raw_code().into(), 4))
        .labelled("  Model Code  : ", "model_code", hex(status.model_code().into(), 4));
    if let Some(count) = status.corrected_count(vendor) {
        record = record.labelled("  Corrected   : ", "corrected_count", count);
    }
    record
}

/// What the code of a status is called.
pub fn error_name(status: McaStatus, vendor: Vendor) -> Cell {
    match status.is_valid() {
        true => Cell::new(status.name(vendor)).absent("code that is not documented for every model"),
        false => Cell::new(Field::Null).absent("no valid error in the bank"),
    }
}

fn rows(number: usize, section: &Section, source: ErrorSource, parts: &Parts<'_>) -> Record {
    let title =
        Cell::new(section.title().map_or_else(|| lower(section.kind), str::to_owned)).role(Role::Symbol);
    let record = Record::new("error_section")
        .line(Line::new().label("=".repeat(RULE)))
        .labelled(format!("Section {number:<6}: "), "section", title)
        .cell_where(false, "kind", lower(section.kind))
        .line(Line::new().label("-".repeat(RULE)))
        .labelled("Descriptor    @ ", "descriptor", place(source, section.descriptor as u64))
        .labelled("Section       @ ", "address", place(source, section.offset.into()))
        .labelled("Offset        : ", "offset", section.offset)
        .labelled("Length        : ", "length", section.length)
        .labelled("Flags         : ", "flags", hex(section.flags.into(), 8));
    let mut record = bits(record, &SECTION_FLAGS, section.flags).labelled(
        "Severity      : ",
        "severity",
        named(section.severity.into(), severity(section.severity)),
    );
    if let Some(fru) = section.fru {
        record = record.labelled("FRU Id        : ", "fru_id", guid(fru, None));
    }
    if let Some(text) = &section.fru_text {
        record = record.labelled("FRU Text      : ", "fru_text", text.as_str());
    }
    let record = record.line(Line::new());
    match &section.body {
        Body::GenericProcessor(cpu) => generic(record, cpu),
        Body::Processor(cpu) => processor(record, cpu, source, section.offset.into()),
        Body::Mca(bank) => mca(record, bank),
        Body::Memory(memory) => parts.module(memory_error(record, memory), memory),
        Body::Pcie(device) => parts.device(pcie(record, device), device),
        Body::Nmi { data, flags } => record.labelled("Data          : ", "data", hex(*data, 16)).labelled(
            "NMI Flags     : ",
            "nmi_flags",
            hex((*flags).into(), 8),
        ),
        Body::Firmware { kind, id } => record
            .labelled("Record Type   : ", "firmware_type", u64::from(*kind))
            .labelled("Record        : ", "firmware_record", hex(*id, 16)),
        Body::Other => record.labelled("", "unread", "*** Unknown section format ***"),
        Body::Short => {
            let text = Cell::new("The dump does not hold all of this section.").role(Role::Warning);
            record.labelled("", "unread", text)
        }
    }
}

fn generic(mut record: Record, cpu: &GenericProcessor) -> Record {
    if !cpu.says_something() {
        return record.line("No valid data fields are present.");
    }
    for (label, name, found) in [
        ("Proc. Type    : ", "processor_type", cpu.processor_type()),
        ("Instr. Set    : ", "instruction_set", cpu.instruction_set()),
        ("Error Type    : ", "error_type", cpu.error_type()),
        ("Operation     : ", "operation", cpu.operation()),
    ] {
        if let Some((number, known)) = found {
            record = record.labelled(label, name, named(number.into(), known));
        }
    }
    if let Some(flags) = cpu.flags() {
        record = record.labelled("Flags         : ", "processor_flags", hex(flags.into(), 2));
    }
    if let Some(level) = cpu.level() {
        record = record.labelled("Level         : ", "level", u64::from(level));
    }
    if let Some(version) = cpu.version() {
        record = record.labelled("CPU Version   : ", "cpu_version", hex(version, 16));
    }
    if let Some(brand) = cpu.brand() {
        record = record.labelled("Brand         : ", "brand", brand);
    }
    if let Some(id) = cpu.processor_id() {
        record = record.labelled("Processor ID  : ", "processor_id", hex(id, 16));
    }
    cpu.more()
        .fold(record, |record, (name, value)| record.labelled(format!("{name:<14}: "), name, hex(value, 16)))
}

fn processor(mut record: Record, cpu: &XpfProcessor, source: ErrorSource, offset: u64) -> Record {
    if let Some(apic) = cpu.apic {
        record = record.labelled("Local APIC Id : ", "apic", hex(apic, 16));
    }
    if let Some(rows) = &cpu.cpuid {
        let row =
            |bytes: &[u8; 16]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        let labels = ["CPU Id        : ", "                ", "                "];
        record =
            record.cells("cpuid", labels.into_iter().zip(rows.iter().map(|bytes| Cell::new(row(bytes)))));
    }
    for (number, info) in cpu.infos.iter().enumerate() {
        record = processor_info(record, number, info, source, offset);
    }
    match cpu.missing {
        0 => record,
        missing => record.line(format!("{missing} more structures are counted and not there.")),
    }
}

fn processor_info(
    record: Record,
    number: usize,
    info: &ProcessorInfo,
    source: ErrorSource,
    offset: u64,
) -> Record {
    let kind = info.name().map_or_else(|| lower(info.kind), str::to_owned);
    let at = place(source, offset + info.offset as u64);
    let record = record
        .line(Line::new())
        .labelled(format!("Proc. Info {number:<3}@ "), format!("info_{number}_address"), at)
        .labelled("  Check       : ", format!("info_{number}_kind"), Cell::new(kind));
    let names = ["Check Info", "Target Id", "Requester Id", "Responder Id", "Instr. Ptr"];
    let values = names.into_iter().zip(info.values).filter_map(|(name, value)| Some((name, value?)));
    values.fold(record, |record, (name, value)| {
        record.labelled(format!("  {name:<12}: "), format!("info_{number} {name}"), hex(value, 16))
    })
}

fn mca(record: Record, bank: &Mca) -> Record {
    let record = record
        .labelled("Error         : ", "error", error_name(bank.status, bank.vendor))
        .text(" (Proc ")
        .cell("processor", bank.processor)
        .text(" Bank ")
        .cell("bank", bank.bank)
        .text(")")
        .cell_where(false, "vendor", bank.vendor.name());
    let valid = bank.status.bits(bank.vendor);
    let mut record = status(record, bank.status, bank.vendor);
    for (label, name, bit, value) in [
        ("  Address     : ", "mca_address", "ADDRV", bank.address),
        ("  Misc.       : ", "misc", "MISCV", bank.misc),
    ] {
        if valid.contains(&bit) {
            record = record.labelled(label, name, hex(value, 16));
        }
    }
    record.labelled("  MCG_STATUS  : ", "global_status", hex(bank.global, 16))
}

fn memory_error(mut record: Record, memory: &MemoryError) -> Record {
    if let Some(kind) = memory.kind {
        record = record.labelled("Error Type    : ", "error_type", named(kind.into(), memory.kind_name()));
    }
    for (label, name, value) in
        [("Address       : ", "physical_address", memory.address), ("Address Mask  : ", "mask", memory.mask)]
    {
        if let Some(value) = value {
            record = record.labelled(label, name, hex(value, 16));
        }
    }
    memory.place.iter().fold(record, |record, (name, value)| {
        record.labelled(
            format!("{name:<14}: "),
            *name,
            Cell::new(u64::from(*value)).shown(format!("0x{value:04x}")),
        )
    })
}

fn pcie(mut record: Record, error: &PcieError) -> Record {
    if let Some(port) = error.port {
        record = record.labelled("Port Type     : ", "port_type", named(port.into(), error.port_name()));
    }
    if let Some((major, minor)) = error.version {
        record = record.labelled("Version       : ", "version", format!("{major:x}.{minor:x}"));
    }
    if let Some((command, status)) = error.command_status {
        record = record.labelled("Command       : ", "command", hex(command.into(), 4)).labelled(
            "Status        : ",
            "device_status",
            hex(status.into(), 4),
        );
    }
    if let Some(device) = error.device {
        let (segment, bus, number, function) = device.location;
        let at = format!("{segment:04x}:{bus:02x}:{number:02x}.{function:x}");
        record = record
            .labelled("Device        : ", "location", Cell::new(at.as_str()).role(Role::Value))
            .text(format!(" (segment {segment}, bus {bus}, device {number}, function {function})"))
            .labelled("Vendor Id     : ", "vendor", hex(device.vendor.into(), 4))
            .labelled("Device Id     : ", "device", hex(device.device.into(), 4))
            .labelled("Class Code    : ", "class", hex(device.class.into(), 6))
            .labelled("Secondary Bus : ", "secondary_bus", u64::from(device.secondary_bus));
    }
    let Some((uncorrectable, correctable)) = error.reported else { return record };
    let [fatal, corrected] = error.errors();
    let list = |names: Vec<&'static str>| names.into_iter().map(Cell::new).collect::<Vec<_>>();
    record
        .labelled("Uncorrectable : ", "uncorrectable", hex(uncorrectable.into(), 8))
        .text(" ")
        .list("uncorrectable_errors", ", ", list(fatal))
        .labelled("Correctable   : ", "correctable", hex(correctable.into(), 8))
        .text(" ")
        .list("correctable_errors", ", ", list(corrected))
}

fn hex(value: u64, digits: usize) -> Cell {
    Cell::new(Field::Hex(value)).shown(format!("0x{value:0digits$x}"))
}

/// A number's name; the number where it has none.
fn named(number: u64, name: Option<&str>) -> Cell {
    match name {
        Some(name) => Cell::new(name),
        None => Cell::new(number).shown(format!("{number} (not documented)")),
    }
}

fn lower(guid: Guid) -> String {
    guid.to_string().to_ascii_lowercase()
}

fn guid(guid: Guid, name: Option<&str>) -> Cell {
    let digits = lower(guid);
    Cell::new(digits.as_str()).shown(name.unwrap_or(&digits))
}

/// The names of bits behind their value.
fn bits(record: Record, names: &[&'static str], value: u32) -> Record {
    flags(names, value).into_iter().fold(record, |record, name| record.text(" ").text(name))
}

fn stamp(time: Stamp) -> Cell {
    let Stamp { year, rest: [month, day, hour, minute, second] } = time;
    Cell::new(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
        .shown(format!("{month}/{day}/{year} {hour}:{minute:02}:{second:02} (UTC)"))
}

/// Where a part of a record lies: its address, or the tagged data and the offset in them.
fn place(source: ErrorSource, offset: u64) -> Cell {
    match source {
        ErrorSource::Memory(address) => {
            let at = address.wrapping_add(offset);
            Cell::new(Field::Address(at)).digits(16).link(Action::Memory(at))
        }
        ErrorSource::Tagged(tag, start) => {
            Cell::new(format!("{tag}+0x{:x}", (start as u64).saturating_add(offset))).link(Action::Tag(tag))
        }
    }
}
