//! The firmware's table (SMBIOS), wherever it was found: in tagged data, or in the physical memory of a dump.

use super::Tagged;
use super::machine::SMBIOS;
use super::smbios::{END, Firmware, parse, structures};
use super::smbios_listing::{FirmwareStructure, listing};
use std::borrow::Cow;

/// A table behind the head that Windows' driver mssmbios gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirmwareTable<'a>(Cow<'a, [u8]>);

impl FirmwareTable<'_> {
    /// The table whose structures lie in `bytes`, of an SMBIOS version (major, minor) and revision; what lies behind the
    /// structure that ends it is no part of it. `None` where that structure is not among the bytes.
    pub fn of(version: (u8, u8), revision: u8, bytes: &[u8]) -> Option<FirmwareTable<'static>> {
        let headed = |table: &[u8]| {
            let mut all = vec![0, version.0, version.1, revision];
            all.extend(u32::try_from(table.len()).unwrap_or(u32::MAX).to_le_bytes());
            all.extend(table);
            all
        };
        let whole = headed(bytes);
        let last = structures(&whole).last().filter(|last| last.kind == END)?;
        Some(FirmwareTable(Cow::Owned(headed(bytes.get(..last.next.min(bytes.len()))?))))
    }

    /// What it says of the machine.
    pub fn firmware(&self) -> Option<Firmware> {
        parse(&self.0)
    }

    /// Every structure of it.
    pub fn structures(&self) -> Vec<FirmwareStructure> {
        listing(&self.0)
    }
}

impl<'a> Tagged<'a> {
    /// The firmware's table, where it was added to the dump.
    pub fn firmware_table(self) -> Option<FirmwareTable<'a>> {
        self.blob(SMBIOS).map(|table| FirmwareTable(Cow::Borrowed(table)))
    }
}
