//! The section about a device of PCI Express: UEFI appendix N.2.7; bits of Advanced Error Reporting: PCI Express Base
//! Specification, chapter 7.8.4.

use crate::util::bounded::{slice, u8_at, u16_at, u32_at};

/// What a device, or a port above it, reported. What the record calls invalid is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PcieError {
    /// The kind of port: its number.
    pub port: Option<u32>,
    /// Version of the specification: major, minor.
    pub version: Option<(u8, u8)>,
    /// Registers command and status.
    pub command_status: Option<(u16, u16)>,
    /// Which device.
    pub device: Option<PcieDevice>,
    /// Uncorrectable and correctable status of Advanced Error Reporting.
    pub reported: Option<(u32, u32)>,
}

/// Where a device is and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PcieDevice {
    /// PCI vendor.
    pub vendor: u16,
    /// PCI device.
    pub device: u16,
    /// Class, subclass and interface, as one number.
    pub class: u32,
    /// Segment, bus, device and function.
    pub location: (u16, u8, u8, u8),
    /// The bus below a bridge.
    pub secondary_bus: u8,
}

impl PcieDevice {
    /// What the device is by its numbers: `VEN_8086&DEV_A340`.
    pub fn id(&self) -> String {
        format!("VEN_{:04X}&DEV_{:04X}", self.vendor, self.device)
    }

    /// How the instance paths of such devices begin: `PCI\VEN_8086&DEV_A340`.
    pub fn path(&self) -> String {
        format!("PCI\\{}", self.id())
    }
}

const PORTS: [(u32, &str); 9] = [
    (0, "Endpoint"),
    (1, "Legacy Endpoint"),
    (4, "Root Port"),
    (5, "Upstream Switch Port"),
    (6, "Downstream Switch Port"),
    (7, "PCI Express to PCI/PCI-X Bridge"),
    (8, "PCI/PCI-X to PCI Express Bridge"),
    (9, "Root Complex Integrated Endpoint"),
    (10, "Root Complex Event Collector"),
];
const UNCORRECTABLE: [(u32, &str); 16] = [
    (4, "Data Link Protocol"),
    (5, "Surprise Down"),
    (12, "Poisoned TLP"),
    (13, "Flow Control Protocol"),
    (14, "Completion Timeout"),
    (15, "Completer Abort"),
    (16, "Unexpected Completion"),
    (17, "Receiver Overflow"),
    (18, "Malformed TLP"),
    (19, "ECRC"),
    (20, "Unsupported Request"),
    (21, "ACS Violation"),
    (22, "Uncorrectable Internal"),
    (23, "MC Blocked TLP"),
    (24, "AtomicOp Egress Blocked"),
    (25, "TLP Prefix Blocked"),
];
const CORRECTABLE: [(u32, &str); 8] = [
    (0, "Receiver"),
    (6, "Bad TLP"),
    (7, "Bad DLLP"),
    (8, "REPLAY_NUM Rollover"),
    (12, "Replay Timer Timeout"),
    (13, "Advisory Non-Fatal"),
    (14, "Corrected Internal"),
    (15, "Header Log Overflow"),
];

impl PcieError {
    pub(super) fn parse(body: &[u8]) -> Option<PcieError> {
        /// Bytes of the section; shorter ones are not it.
        const SIZE: usize = 208;
        let body = slice(body, 0, SIZE)?;
        let valid = u32_at(body, 0)?;
        let is = |bit: u32| valid >> bit & 1 != 0;
        let device = PcieDevice {
            vendor: u16_at(body, 24)?,
            device: u16_at(body, 26)?,
            class: u32_at(body, 28)? & 0x00ff_ffff,
            location: (u16_at(body, 33)?, u8_at(body, 35)?, u8_at(body, 32)?, u8_at(body, 31)?),
            secondary_bus: u8_at(body, 36)?,
        };
        Some(PcieError {
            port: u32_at(body, 8).filter(|_| is(0)),
            version: Some((u8_at(body, 13)?, u8_at(body, 12)?)).filter(|_| is(1)),
            command_status: Some((u16_at(body, 16)?, u16_at(body, 18)?)).filter(|_| is(2)),
            device: Some(device).filter(|_| is(3)),
            reported: Some((u32_at(body, 112 + 4)?, u32_at(body, 112 + 0x10)?)).filter(|_| is(7)),
        })
    }

    /// The kind of port in words.
    pub fn port_name(&self) -> Option<&'static str> {
        self.port.and_then(|port| PORTS.iter().find(|(known, _)| *known == port)).map(|(_, name)| *name)
    }

    /// The names of the uncorrectable errors that the device reported, then of the correctable ones.
    pub fn errors(&self) -> [Vec<&'static str>; 2] {
        let (uncorrectable, correctable) = self.reported.unwrap_or_default();
        let named = |names: &[(u32, &'static str)], value: u32| {
            names.iter().filter(|(bit, _)| value >> bit & 1 != 0).map(|(_, name)| *name).collect()
        };
        [named(&UNCORRECTABLE, uncorrectable), named(&CORRECTABLE, correctable)]
    }
}
