//! Which part of the machine a hardware error is about: a memory module by its slot, a device by its driver.

use crate::debuggee::Scope;
use crate::dump::cper::{MemoryError, PcieError};
use crate::dump::tags::Firmware;
use crate::kernel::DeviceNode;
use crate::output::{Action, Cell, Field, Record, Role};

/// The parts that errors may name.
pub struct Parts<'s> {
    scope: &'s Scope<'s>,
    firmware: Option<Firmware>,
}

/// Devices that are named at most.
const NAMED: usize = 4;

impl<'s> Parts<'s> {
    /// Those of the dump's machine.
    pub fn of(scope: &'s Scope<'s>) -> Parts<'s> {
        let firmware = scope.target().dump().ok().and_then(|dump| dump.tagged().hardware().firmware);
        Parts { scope, firmware }
    }

    /// Adds the slot of the module, where the error names its SMBIOS structure and the dump has it.
    pub fn module(&self, record: Record, error: &MemoryError) -> Record {
        let slot = error.module_handle().and_then(|handle| self.firmware.as_ref()?.slot(handle));
        let Some(slot) = slot else { return record };
        let record = record.labelled(
            "Memory Slot   : ",
            "slot",
            Cell::new(slot.slot.as_deref()).absent("(not named)").role(Role::Value),
        );
        let record = match &slot.bank {
            Some(bank) => record.text(", ").cell("bank", bank.as_str()),
            None => record,
        };
        let record = match slot.size {
            Some(size) => record.text(", ").cell("size", Cell::new(size).shown(format!("{} MB", size >> 20))),
            None => record,
        };
        [("maker", &slot.maker), ("part", &slot.part)].into_iter().fold(record, |record, (key, text)| {
            match text {
                Some(text) => record.text(", ").cell(key, text.as_str()),
                None => record,
            }
        })
    }

    /// Adds the devices that have the ids of the one that the error is about, with the services that drive them.
    pub fn device(&self, record: Record, error: &PcieError) -> Record {
        let Some(device) = &error.device else { return record };
        let nodes = DeviceNode::beginning(self.scope, &device.path()).unwrap_or_default();
        let count = nodes.len() as u64;
        if count == 0 {
            return record;
        }
        let record = record.labelled(
            "Driver        : ",
            "devices_with_ids",
            Cell::new(count).shown(match count {
                1 => "the only device with these ids:".to_owned(),
                count => format!("one of the {count} devices with these ids:"),
            }),
        );
        let names = nodes.iter().take(NAMED).map(|node| {
            let link = Action::DeviceNode(node.address());
            let service = node.service().ok().filter(|name| !name.is_empty());
            match service {
                Some(service) => Cell::new(service).role(Role::Module).link(link),
                None => Cell::new(Field::Null).absent("(no service)").link(link),
            }
        });
        let record = record.text(" ").list("services", ", ", names);
        match nodes.first().filter(|_| count == 1).and_then(|node| node.instance_path().ok()) {
            Some(path) => record.text(" (").cell("instance", path).text(")"),
            None => record,
        }
    }
}
