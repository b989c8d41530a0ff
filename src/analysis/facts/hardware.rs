//! What the hardware reported of itself, by the record of bug check 0x124 and by that bug check's parameters.

use super::{Crash, Fact};
use crate::debuggee::Scope;
use crate::dump::cper::{Body, Mca, McaClass, McaStatus, MemoryError, PcieError, Vendor};
use crate::kernel::{DeviceNode, HardwareError};
use crate::output::Action;

/// `machine_check`, `memory_error` and `pcie_error`, one for each section that says something. Without the record, what
/// the parameters say of a machine check. `corrected_errors`, of any bug check.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    let corrected = HardwareError::corrected(crash.scope).ok().filter(|&count| count > 0);
    let corrected = corrected.map(|count| {
        Fact::new("corrected_errors")
            .with("count", count)
            .worded("evidence.corrected_errors")
            .link(Action::Run("!whea"))
    });
    let mut facts = of_bug_check(crash);
    facts.extend(corrected);
    facts
}

fn of_bug_check(crash: &Crash<'_>) -> Vec<Fact> {
    match HardwareError::of_bug_check(crash.scope) {
        None => Vec::new(),
        Some(Ok(error)) => {
            // Recoverable and fatal ones: what was corrected did not end the machine.
            let bad = error.record.sections.iter().filter(|section| section.severity <= 1);
            bad.filter_map(|section| of_section(crash.scope, &section.body)).collect()
        }
        Some(Err(_)) => HardwareError::stated_status(crash.scope)
            .map(|(status, vendor)| machine_check(status, vendor).worded("evidence.machine_check_stated"))
            .into_iter()
            .collect(),
    }
}

fn of_section(scope: &Scope<'_>, body: &Body) -> Option<Fact> {
    let fact = match body {
        Body::Mca(bank) if bank.status.is_valid() => of_bank(bank),
        Body::Memory(memory) => memory_error(memory, slot(scope, memory)),
        Body::Pcie(device) => pcie_error(scope, device)?,
        _ => return None,
    };
    Some(fact.link(Action::Run("!whea")))
}

fn of_bank(bank: &Mca) -> Fact {
    machine_check(bank.status, bank.vendor)
        .with("processor", u64::from(bank.processor))
        .with("bank", u64::from(bank.bank))
        .worded("evidence.machine_check")
}

fn machine_check(status: McaStatus, vendor: Vendor) -> Fact {
    let class = match status.class(vendor) {
        McaClass::Tlb => "tlb",
        McaClass::Cache => "cache",
        McaClass::Bus | McaClass::GenericIo => "bus",
        McaClass::Memory => "memory",
        McaClass::InternalTimer => "timer",
        McaClass::None | McaClass::Unknown | McaClass::Unclassified | McaClass::External => "unknown",
        McaClass::Internal | McaClass::InternalParity | McaClass::Microcode | McaClass::Functional => {
            "internal"
        }
    };
    Fact::new("machine_check")
        .with("class", class)
        .with("uncorrected", status.is_uncorrected())
        .with("status", format!("{:#018x}", status.0))
        .with("error", status.name(vendor).unwrap_or_else(|| format!("{:#06x}", status.code())))
}

/// What is printed on the board beside the module, where the error names its SMBIOS structure and the dump has that.
fn slot(scope: &Scope<'_>, memory: &MemoryError) -> Option<String> {
    let firmware = scope.target().dump().ok()?.tagged().hardware().firmware?;
    let slot = firmware.slot(memory.module_handle()?)?;
    let names = [&slot.slot, &slot.bank].into_iter().flatten().map(String::as_str);
    Some(names.collect::<Vec<_>>().join(", ")).filter(|name| !name.is_empty())
}

fn memory_error(memory: &MemoryError, slot: Option<String>) -> Fact {
    let mut place: Vec<String> = memory.place.iter().map(|(name, value)| format!("{name} {value}")).collect();
    place.extend(memory.address.map(|address| format!("{address:#x}")));
    let fact = Fact::new("memory_error")
        .with("error", memory.kind_name().unwrap_or("?"))
        .with("place", if place.is_empty() { "?".to_owned() } else { place.join(", ") });
    match slot {
        Some(slot) => fact.with("slot", slot).worded("evidence.memory_error_slot"),
        None => fact.worded("evidence.memory_error"),
    }
}

fn pcie_error(scope: &Scope<'_>, error: &PcieError) -> Option<Fact> {
    let device = error.device?;
    let (segment, bus, number, function) = device.location;
    let errors = error.errors().concat().join(", ");
    let drivers = drivers(scope, &device.path());
    let wording = if drivers.is_empty() { "evidence.pcie_error" } else { "evidence.pcie_error_driver" };
    Some(
        Fact::new("pcie_error")
            .maybe("drivers", (!drivers.is_empty()).then(|| drivers.join(", ")))
            .with("location", format!("{segment:04x}:{bus:02x}:{number:02x}.{function:x}"))
            .with("device", device.id())
            .with("error", if errors.is_empty() { "?".to_owned() } else { errors })
            .worded(wording),
    )
}

/// The services that drive the devices whose paths begin so, each once: where the error was met, and no more than that.
fn drivers(scope: &Scope<'_>, path: &str) -> Vec<String> {
    let nodes = DeviceNode::beginning(scope, path).unwrap_or_default();
    let mut services: Vec<String> =
        nodes.iter().filter_map(|node| node.service().ok()).filter(|name| !name.is_empty()).collect();
    services.sort_unstable();
    services.dedup();
    services
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Value;

    /// Codes of the Intel manual, "Compound Error Codes".
    #[test]
    fn a_bank_tells_which_part_reported_it() {
        let said = |code: u64, vendor| {
            let fact = machine_check(McaStatus(0xbe00_0000_0000_0000 | code), vendor);
            (fact.get("class").cloned(), fact.get("uncorrected").cloned())
        };
        for (code, class) in [
            (0x0135, "cache"),
            (0x0014, "tlb"),
            (0x0e0b, "bus"),
            (0x0800, "bus"),
            (0x0091, "memory"),
            (0x0400, "timer"),
            (0x0005, "internal"),
            (0x0003, "unknown"),
        ] {
            let wanted = (Some(Value::from(class)), Some(Value::from(true)));
            assert_eq!(said(code, Vendor::Intel), wanted, "{code:#x}");
        }
        assert_eq!(said(0x0091, Vendor::Amd).0, Some(Value::from("unknown")));
    }
}
