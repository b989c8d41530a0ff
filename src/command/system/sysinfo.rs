//! `!sysinfo`: the machine, as its firmware and the registry describe it.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::dump::tags::{Firmware, FirmwareStructure, MemoryDevice, RegistryData, RegistryValue};
use crate::kernel::{FoundFirmware, find_firmware};
use crate::output::{Cell, Column, Field, Record, Role, Table};

/// `!sysinfo`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!sysinfo"],
    group: Group::Dump,
    arguments: &[Argument::new("[machineid | cpuinfo | memory | smbios]", Expects::Text)],
    summary: "Shows the machine: model, firmware, processor, memory modules",
    help: "What the firmware (SMBIOS) and the registry say of the machine, as it was added to the dump: `machineid`, maker, \
           model, board and firmware; `cpuinfo`, the registry's values of the first processor; `memory`, which is ours: \
           each slot for memory with the module in it. Without a word, all three. `smbios`: every structure of the firmware's \
           table with its type, its handle, by which error records name it, and its texts. Serial numbers are not read: they \
           name the owner rather than the fault.\n\
           \n\
           Where the table was not added to the dump, it is searched for in the physical memory below 4 GiB that the dump \
           holds. Windows leaves out of its dumps what firmware keeps for itself, so that it is there in few.\n\
           \n\
           kd> !sysinfo machineid\n\
           Machine ID Information [From Smbios 3.3, DMIVersion 0, Size=1948]\n\
           BiosMajorRelease = 5\n\
           BiosMinorRelease = 17\n\
           BiosVendor = American Megatrends Inc.",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

const WORDS: [&str; 4] = ["machineid", "cpuinfo", "memory", "smbios"];

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let asked = args.text.trim().to_ascii_lowercase();
    if !asked.is_empty() && !WORDS.contains(&asked.as_str()) {
        let known = WORDS.join(", ");
        return Err(CommandError::Argument(format!("nothing is known of '{asked}'; one of {known}")));
    }
    let dump = context.session.target.dump()?.clone();
    let tagged = dump.tagged();
    let values = tagged.processor_values();
    let found = match tagged.firmware_table() {
        None if asked != "cpuinfo" => find_firmware(&context.session.scope())?,
        _ => None,
    };
    let table = tagged.firmware_table().or_else(|| found.as_ref().map(|found| found.table.clone()));
    let firmware = table.as_ref().and_then(|table| table.firmware());
    let wants = |word| asked.is_empty() || asked == word;
    if (firmware.is_none() && values.is_empty())
        || (!asked.is_empty() && if asked == "cpuinfo" { values.is_empty() } else { firmware.is_none() })
    {
        let what = if asked == "cpuinfo" { "processor's registry values" } else { "SMBIOS table" };
        let searched = match dump.pages() {
            Some(_) if asked != "cpuinfo" => ", and no entry point of one in the pages below 4 GiB",
            _ => "",
        };
        return Err(CommandError::Missing(format!("no {what} among the tagged data of this dump{searched}")));
    }
    if let Some(found) = &found {
        context.out.emit(place(found))?;
    }
    if let Some(firmware) = firmware.as_ref().filter(|_| wants("machineid")) {
        context.out.emit(machine(firmware))?;
    }
    if wants("cpuinfo") && !values.is_empty() {
        context.out.emit(processor(&values))?;
    }
    if let Some(firmware) = firmware.as_ref().filter(|_| wants("memory")) {
        memory(&firmware.memory, context)?;
    }
    match (firmware, table) {
        (Some(firmware), Some(table)) if asked == "smbios" => {
            structures(&firmware, &table.structures(), context)
        }
        _ => Ok(()),
    }
}

/// Where the table lies that was not among the tagged data.
fn place(found: &FoundFirmware) -> Record {
    Record::new("smbios_place")
        .text("SMBIOS table at physical address ")
        .cell("table", Cell::new(Field::Address(found.at)).digits(1))
        .text(", named by the entry point at ")
        .cell("entry_point", Cell::new(Field::Address(found.entry_point)).digits(1))
}

/// How wide the names of texts stand.
const NAME: usize = 30;

/// The whole table.
fn structures(
    firmware: &Firmware,
    all: &[FirmwareStructure],
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let (major, minor) = firmware.smbios;
    let old_calls =
        Cell::new(firmware.has_old_calls).shown(if firmware.has_old_calls { "Yes" } else { "No" });
    let head = Record::new("smbios")
        .text("[SMBIOS Data Tables v")
        .cell("version", format!("{major}.{minor}"))
        .text("]")
        .labelled("[DMI Version - ", "dmi_revision", u64::from(firmware.dmi_revision))
        .text("]")
        .labelled("[2.0 Calling Convention - ", "has_old_calls", old_calls)
        .text("]")
        .labelled("[Table Size - ", "size", u64::from(firmware.size))
        .text(" bytes]");
    context.out.emit(head)?;
    for structure in all {
        context.out.blank()?;
        let record = Record::new("smbios_structure")
            .text("[")
            .cell("kind", Cell::new(structure.kind_name()).absent("Maker's own").role(Role::Heading))
            .text(" (Type ")
            .cell("type", u64::from(structure.kind))
            .text(") - Length ")
            .cell("length", u64::from(structure.length))
            .text(" - Handle ")
            .cell(
                "handle",
                Cell::new(Field::Hex(structure.handle.into())).shown(format!("{:04x}h", structure.handle)),
            )
            .text("]");
        context.out.emit(structure.texts.iter().fold(record, |record, (name, text)| {
            record.labelled(format!("  {name:<NAME$}"), *name, text.as_str())
        }))?;
    }
    Ok(())
}

fn machine(firmware: &Firmware) -> Record {
    let (major, minor) = firmware.smbios;
    let mut record = Record::new("machine_id")
        .text("Machine ID Information [From Smbios ")
        .cell("smbios", format!("{major}.{minor}"))
        .text(", DMIVersion ")
        .cell("dmi_revision", u64::from(firmware.dmi_revision))
        .text(", Size=")
        .cell("size", u64::from(firmware.size))
        .text("]");
    if let Some((major, minor)) = firmware.bios_release {
        record = record.labelled("BiosMajorRelease = ", "BiosMajorRelease", u64::from(major)).labelled(
            "BiosMinorRelease = ",
            "BiosMinorRelease",
            u64::from(minor),
        );
    }
    let texts = [
        ("BiosVendor", &firmware.bios_vendor),
        ("BiosVersion", &firmware.bios_version),
        ("BiosReleaseDate", &firmware.bios_date),
        ("SystemManufacturer", &firmware.manufacturer),
        ("SystemProductName", &firmware.product),
        ("SystemFamily", &firmware.family),
        ("SystemVersion", &firmware.version),
        ("SystemSKU", &firmware.sku),
        ("BaseBoardManufacturer", &firmware.board_manufacturer),
        ("BaseBoardProduct", &firmware.board_product),
        ("BaseBoardVersion", &firmware.board_version),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            record = record.labelled(format!("{name} = "), name, text.as_str());
        }
    }
    record
}

fn processor(values: &[RegistryValue]) -> Record {
    let mut record = Record::new("cpu_information").text("[CPU Information]");
    for value in values {
        let (kind, cell) = match &value.data {
            RegistryData::Text(text) => ("REG_SZ", Cell::new(text.as_str())),
            RegistryData::Number(number) => ("REG_DWORD", Cell::new(*number)),
            RegistryData::Wide(number) => {
                ("REG_QWORD", Cell::new(Field::Hex(*number)).shown(format!("{number:x}")))
            }
            RegistryData::Bytes(kind, bytes) => (kind_name(*kind), listed(bytes)),
        };
        let label = format!("{} = {kind} ", value.name);
        record = record.labelled(label, value.name.clone(), cell);
    }
    record
}

/// Types of the registry that hold bytes (winnt.h).
fn kind_name(kind: u32) -> &'static str {
    match kind {
        3 => "REG_BINARY",
        9 => "REG_FULL_RESOURCE_DESCRIPTOR",
        _ => "REG_NONE",
    }
}

/// `ff,ff,0,0`: as many bytes as values of this key have.
fn listed(bytes: &[u8]) -> Cell {
    const MOST: usize = 64;
    let text: Vec<String> = bytes.iter().take(MOST).map(|byte| format!("{byte:x}")).collect();
    Cell::new(text.join(","))
}

/// A row a slot.
fn memory(slots: &[MemoryDevice], context: &mut Context<'_>) -> Result<(), CommandError> {
    if slots.is_empty() {
        return context.out.emit(Record::new("memory_slots").text("The firmware lists no slots for memory."));
    }
    let table = Table::new(
        "memory_slot",
        &[
            Column::left("slot", "Slot", 0),
            Column::left("bank", "Bank", 0),
            Column::right("size", "Size", 0),
            Column::right("speed", "MT/s", 0),
            Column::right("configured", "Set to", 0),
            Column::left("maker", "Maker", 0),
            Column::left("part", "Part", 0),
        ],
    );
    let text = |text: &Option<String>| Cell::new(text.as_deref()).absent("-");
    let rows: Vec<Vec<Cell>> = slots
        .iter()
        .map(|slot| {
            let size = Cell::new(slot.size).absent("?");
            let size = match slot.size {
                Some(0) => size.shown("empty"),
                Some(bytes) if bytes >> 30 << 30 == bytes => size.shown(format!("{} GB", bytes >> 30)),
                Some(bytes) => size.shown(format!("{} MB", bytes >> 20)),
                None => size,
            };
            vec![
                text(&slot.slot),
                text(&slot.bank),
                size,
                Cell::new(slot.speed.map(u64::from)).absent("-"),
                Cell::new(slot.configured.map(u64::from)).absent("-"),
                text(&slot.maker),
                text(&slot.part),
            ]
        })
        .collect();
    let table = table.fitted(&rows);
    context.out.within(table.clone(), |out| {
        for row in rows {
            out.emit(table.row(row))?;
        }
        Ok(())
    })
}
