//! All structures of an SMBIOS table by their types (DMTF DSP0134), with the texts that name parts of the machine. Serial numbers,
//! asset tags and what the maker wrote for the owner are not among them.

use super::smbios::structures;
use crate::util::bounded;

/// A structure of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwareStructure {
    /// Its type.
    pub kind: u8,
    /// Bytes of it, without its texts.
    pub length: u8,
    /// The number by which others name it.
    pub handle: u16,
    /// What it says of itself: the text's name, the text.
    pub texts: Vec<(&'static str, String)>,
}

/// Types from 0 on.
const KINDS: [&str; 45] = [
    "BIOS Information",
    "System Information",
    "BaseBoard Information",
    "System Enclosure",
    "Processor Information",
    "Memory Controller Information",
    "Memory Module Information",
    "Cache Information",
    "Port Connector Information",
    "System Slots Information",
    "Onboard Devices Information",
    "OEM Strings",
    "System Configuration Options",
    "BIOS Language Information",
    "Group Associations",
    "System Event Log",
    "Physical Memory Array",
    "Memory Device",
    "32-bit Memory Error Information",
    "Memory Array Mapped Address",
    "Memory Device Mapped Address",
    "Built-in Pointing Device",
    "Portable Battery",
    "System Reset",
    "Hardware Security",
    "System Power Controls",
    "Voltage Probe",
    "Cooling Device",
    "Temperature Probe",
    "Electrical Current Probe",
    "Out-of-Band Remote Access",
    "Boot Integrity Services Entry Point",
    "System Boot Information",
    "64-bit Memory Error Information",
    "Management Device",
    "Management Device Component",
    "Management Device Threshold Data",
    "Memory Channel",
    "IPMI Device Information",
    "System Power Supply",
    "Additional Information",
    "Onboard Devices Extended Information",
    "Management Controller Host Interface",
    "TPM Device",
    "Processor Additional Information",
];

impl FirmwareStructure {
    /// What its type is called; `None` for a maker's own.
    pub fn kind_name(&self) -> Option<&'static str> {
        match self.kind {
            126 => Some("Inactive"),
            127 => Some("End of Table"),
            kind => KINDS.get(usize::from(kind)).copied(),
        }
    }
}

/// Where a structure of a type has the numbers of its texts.
fn fields(kind: u8) -> &'static [(usize, &'static str)] {
    match kind {
        0 => &[(4, "Vendor"), (5, "BIOS Version"), (8, "BIOS Release Date")],
        1 => &[
            (4, "Manufacturer"),
            (5, "Product Name"),
            (6, "Version"),
            (0x19, "SKU Number"),
            (0x1a, "Family"),
        ],
        2 => &[(4, "Manufacturer"), (5, "Product"), (6, "Version"), (10, "Location in Chassis")],
        3 => &[(4, "Manufacturer"), (6, "Version")],
        4 => &[(4, "Socket Designation"), (7, "Processor Manufacturer"), (0x10, "Processor Version")],
        7 => &[(4, "Socket Designation")],
        8 => &[(4, "Internal Reference"), (6, "External Reference")],
        9 => &[(4, "Slot Designation")],
        17 => {
            &[(0x10, "Device Locator"), (0x11, "Bank Locator"), (0x17, "Manufacturer"), (0x1a, "Part Number")]
        }
        22 => &[(4, "Location"), (5, "Manufacturer"), (8, "Device Name")],
        26 | 28 | 29 | 34 | 35 => &[(4, "Description")],
        27 => &[(14, "Description")],
        39 => &[(5, "Location"), (6, "Device Name"), (7, "Manufacturer")],
        41 => &[(4, "Reference Designation")],
        43 => &[(0x12, "Description")],
        _ => &[],
    }
}

/// Every structure of a table behind its head.
pub(super) fn listing(table: &[u8]) -> Vec<FirmwareStructure> {
    let all = structures(table).map(|structure| {
        let texts = fields(structure.kind).iter();
        FirmwareStructure {
            kind: structure.kind,
            length: bounded::u8_at(structure.formatted, 1).unwrap_or_default(),
            handle: bounded::u16_at(structure.formatted, 2).unwrap_or_default(),
            texts: texts.filter_map(|&(at, name)| Some((name, structure.text(at)?))).collect(),
        }
    });
    all.collect()
}
