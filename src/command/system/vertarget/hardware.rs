//! The machine, as the dump's tagged data describe it.

use crate::dump::tags::{Cpu, Firmware, Hardware};
use crate::output::{Cell, Line, Record, Role};
use crate::words::{Language, text};

/// What is known of the machine: a label, the key in data, and the words.
type Known = (&'static str, &'static str, String);

/// Processor, machine, firmware and hypervisor, a line each; `None` where the dump tells nothing.
pub(super) fn record(hardware: &Hardware) -> Option<Record> {
    let mut record = Record::new("hardware");
    // `vertarget` is English in every language.
    for (label, key, value) in known(hardware, Language::English) {
        let line = Line::new().label(format!("{label}: "));
        record = record.line(line).cell(key, Cell::new(value).role(Role::Value));
    }
    (!record.lines.is_empty()).then_some(record)
}

/// Everything that the dump tells of the machine, in the order in which it is shown; labels are English.
pub fn known(hardware: &Hardware, language: Language) -> Vec<Known> {
    let firmware = hardware.firmware.clone().unwrap_or_default();
    let hypervisor = match (&hardware.hypervisor, hardware.under_hypervisor) {
        (Some(name), _) => Some(name.clone()),
        (None, Some(true)) => Some(text("analyze.hypervisor_runs", language).to_owned()),
        _ => None,
    };
    let all = [
        ("Processor", "processor", hardware.cpu.as_ref().and_then(processor)),
        ("Machine", "machine", machine(&firmware)),
        ("Board", "board", joined([&firmware.board_manufacturer, &firmware.board_product, &None], " ")),
        (
            "Firmware",
            "firmware",
            joined([&firmware.bios_vendor, &firmware.bios_version, &firmware.bios_date], " "),
        ),
        ("ACPI tables", "acpi", acpi(hardware)),
        ("Hypervisor", "hypervisor", hypervisor),
    ];
    all.into_iter().filter_map(|(label, key, value)| Some((label, key, value?))).collect()
}

/// Name, family and clock rate.
fn processor(cpu: &Cpu) -> Option<String> {
    let mut details = Vec::new();
    // Some names state the vendor and the rate already; the family they never do.
    details.extend(cpu.identifier.clone());
    details.extend(cpu.mhz.map(|mhz| format!("{mhz} MHz")));
    details.extend(cpu.microcode.map(|revision| format!("microcode {revision:#x}")));
    let name = cpu.name.as_ref().or(cpu.vendor.as_ref());
    match (name, details.is_empty()) {
        (Some(name), true) => Some(name.clone()),
        (Some(name), false) => Some(format!("{name} ({})", details.join(", "))),
        (None, true) => None,
        (None, false) => Some(details.join(", ")),
    }
}

fn machine(firmware: &Firmware) -> Option<String> {
    joined([&firmware.manufacturer, &firmware.product, &firmware.version], " ")
}

/// Who made the ACPI tables: of many machines the only hint at the maker.
fn acpi(hardware: &Hardware) -> Option<String> {
    let mut makers: Vec<String> = Vec::new();
    for table in &hardware.acpi {
        let maker = format!("{} {}", table.oem, table.oem_table).trim().to_owned();
        if !maker.is_empty() && !makers.contains(&maker) && hardware.firmware.is_none() {
            makers.push(maker);
        }
    }
    makers.truncate(MAKERS);
    (!makers.is_empty()).then(|| makers.join(", "))
}

/// Makers of ACPI tables that are listed.
const MAKERS: usize = 4;

fn joined(parts: [&Option<String>; 3], between: &str) -> Option<String> {
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(between))
}
