//! What tagged data say about the machine: processor, firmware, ACPI tables, hypervisor.

use super::Tagged;
use super::registry::{RegistryValue, Values};
use super::smbios::{self, Firmware};
use crate::util::bounded;
use crate::util::guid::Guid;

pub(super) const SMBIOS: Guid = Guid::of(0xbc5c008f_1e3a_44d7_988d_86f6884c6758);
const REGISTRY: Guid = Guid::of(0x6c7ac389_4313_47dc_9f34_a8800a0fb56c);
const REGISTERS: Guid = Guid::of(0xd03dc06f_d88e_44c5_ba2a_fae035172d19);
const ACPI: Guid = Guid::of(0xe83b40d2_b0a0_4842_abea_71c9e3463dd1);
const HYPERVISOR: Guid = Guid::of(0x7b581fa7_81c2_423f_a65c_1266fb10603d);

/// Bytes of a record of CPUID registers: kind, leaf, eax to edx of one processor and of another.
const CPUID_RECORD: usize = 40;
/// Bytes of an ACPI table's header (ACPI specification, 5.2.6).
const ACPI_HEADER: usize = 36;
/// Machines have some ten to fifty ACPI tables.
const MAX_TABLES: usize = 1024;
/// No ACPI table is as large.
const MAX_TABLE: u32 = 1 << 24;

/// The machine that crashed, as far as the dump tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hardware {
    /// The processor.
    pub cpu: Option<Cpu>,
    /// BIOS, maker and model.
    pub firmware: Option<Firmware>,
    /// The ACPI tables whose headers are in the dump.
    pub acpi: Vec<AcpiTable>,
    /// How the hypervisor names itself (CPUID leaf 0x40000000): `Microsoft Hv`, `VMwareVMware`, `VBoxVBoxVBox`.
    pub hypervisor: Option<String>,
    /// Whether CPUID reports that a hypervisor runs (leaf 1, bit 31 of ecx); Hyper-V under Windows itself does, too.
    pub under_hypervisor: Option<bool>,
}

/// The first processor as the registry describes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cpu {
    /// ProcessorNameString.
    pub name: Option<String>,
    /// VendorIdentifier: `GenuineIntel`.
    pub vendor: Option<String>,
    /// Identifier: `Intel64 Family 6 Model 158 Stepping 10`.
    pub identifier: Option<String>,
    /// Clock rate in MHz.
    pub mhz: Option<u32>,
    /// Microcode revision, with Intel's processors (the high half of MSR 0x8b, IA32_BIOS_SIGN_ID).
    pub microcode: Option<u32>,
}

/// An ACPI table's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcpiTable {
    /// Four letters: `FACP`.
    pub signature: String,
    /// Bytes of the table as it says; the dump need not hold all of them.
    pub length: u32,
    /// Who made it.
    pub oem: String,
    /// For which model.
    pub oem_table: String,
}

impl Tagged<'_> {
    /// What the registry says of the first processor, value by value.
    pub fn processor_values(self) -> Vec<RegistryValue> {
        self.blob(REGISTRY).map(|data| Values::parse(data).all()).unwrap_or_default()
    }

    /// The machine that crashed.
    pub fn hardware(self) -> Hardware {
        let registers = self.blob(REGISTERS).unwrap_or_default();
        let leaf = |wanted| {
            let mut records = registers.chunks_exact(CPUID_RECORD);
            records.find(|record| {
                bounded::u32_at(record, 0) == Some(0) && bounded::u32_at(record, 4) == Some(wanted)
            })
        };
        let ecx = leaf(1).and_then(|record| bounded::u32_at(record, 0x10));
        let from_leaf = || hypervisor_name(leaf(0x4000_0000)?, 0xc);
        Hardware {
            cpu: self.blob(REGISTRY).and_then(cpu),
            firmware: self.blob(SMBIOS).and_then(smbios::parse),
            acpi: self.blob(ACPI).map(tables).unwrap_or_default(),
            hypervisor: self.blob(HYPERVISOR).and_then(hypervisor).or_else(from_leaf),
            under_hypervisor: ecx.map(|ecx| ecx >> 31 != 0),
        }
    }
}

/// A hypervisor that does not know the register answers with zeros or ones (VirtualBox).
fn is_revision(value: u32) -> bool {
    !matches!(value, 0 | u32::MAX)
}

fn cpu(data: &[u8]) -> Option<Cpu> {
    let values = Values::parse(data);
    let cpu = Cpu {
        name: values.text("ProcessorNameString"),
        vendor: values.text("VendorIdentifier"),
        identifier: values.text("Identifier"),
        mhz: values.number("~MHz"),
        microcode: values.wide("MSR8B").map(|value| (value >> 32) as u32).filter(|&value| is_revision(value)),
    };
    (cpu != Cpu::default()).then_some(cpu)
}

/// Form (from real dumps of VMware and VirtualBox guests): `DIVH`, size, then eax to edx of CPUID leaves from 0x40000000 on.
fn hypervisor(data: &[u8]) -> Option<String> {
    hypervisor_name(data.strip_prefix(b"DIVH")?, 8)
}

/// The twelve letters in ebx, ecx and edx.
fn hypervisor_name(data: &[u8], at: usize) -> Option<String> {
    let letters = bounded::slice(data, at, 12)?;
    let text = bounded::ascii_z(letters, 0, 12)?;
    let text = text.trim();
    (!text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() || c == ' ')).then(|| text.to_owned())
}

/// The tables lie back to back, and most are cut down to their headers.
fn tables(data: &[u8]) -> Vec<AcpiTable> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(table) = table(data, at).filter(|_| found.len() < MAX_TABLES) {
        let cut = at.saturating_add(ACPI_HEADER);
        let is_cut = cut == data.len() || self::table(data, cut).is_some();
        at = if is_cut { cut } else { at.saturating_add(table.length as usize) };
        found.push(table);
    }
    found
}

/// The table whose header is at `at`.
fn table(data: &[u8], at: usize) -> Option<AcpiTable> {
    let header = bounded::slice(data, at, ACPI_HEADER)?;
    let text = |from, size| bounded::ascii_z(header, from, size).map(|text| text.trim().to_owned());
    let length = bounded::u32_at(header, 4)?;
    let named = header.iter().take(4).all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit());
    (named && (ACPI_HEADER as u32..MAX_TABLE).contains(&length)).then_some(AcpiTable {
        signature: text(0, 4)?,
        length,
        oem: text(10, 6)?,
        oem_table: text(16, 8)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(signature: &[u8; 4], length: u32) -> Vec<u8> {
        let mut header = signature.to_vec();
        header.extend(length.to_le_bytes());
        header.extend(b"\x01\x99MAKER MODEL\0\0\0");
        header.resize(ACPI_HEADER, 0);
        header
    }

    /// A whole table, one cut down to its header, and another at the end.
    #[test]
    fn acpi_tables_whole_and_cut() {
        let mut data = header(b"MCFG", 60);
        data.resize(60, 0);
        data.extend(header(b"FACP", 276));
        data.extend(header(b"SSD2", 0x5000));
        let names: Vec<(String, u32)> =
            tables(&data).into_iter().map(|table| (table.signature, table.length)).collect();
        assert_eq!(names, [("MCFG".into(), 60), ("FACP".into(), 276), ("SSD2".into(), 0x5000)]);
        let first = tables(&data).remove(0);
        assert_eq!((first.oem.as_str(), first.oem_table.as_str()), ("MAKER", "MODEL"));
        assert_eq!(tables(&data[..100]).len(), 2);
        assert_eq!(tables(b"MCFG"), []);
    }

    /// CPUID as the processor gives it: the vendor of a hypervisor lies in ebx, ecx, edx (Intel and AMD manuals, leaf 0x40000000).
    #[test]
    fn a_hypervisor_is_named_by_its_letters() {
        let mut data = b"DIVH".to_vec();
        data.extend(0x44u32.to_le_bytes());
        data.extend(0x4000_0010u32.to_le_bytes());
        data.extend(b"VMwareVMwareHv#1");
        assert_eq!(hypervisor(&data).as_deref(), Some("VMwareVMware"));
        data[12..24].copy_from_slice(b"KVMKVMKVM\0\0\0");
        assert_eq!(hypervisor(&data).as_deref(), Some("KVMKVMKVM"));
        data[12..24].fill(0);
        assert_eq!(hypervisor(&data), None);
        assert_eq!(hypervisor(b"DIVH"), None);
    }

    /// Values as mssmbios stores them, written by hand.
    #[test]
    fn a_processor_is_what_the_registry_says() {
        let mut data = Vec::new();
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (name, kind, value) in [
            ("~MHz\0", 4u32, 3693u32.to_le_bytes().to_vec()),
            ("Configuration Data\0", 9, vec![0xff; 16]),
            ("ProcessorNameString\0", 1, wide("Fast  Chip   9000   \0")),
            ("VendorIdentifier\0", 1, wide("GenuineIntel\0")),
            ("MSR8B\0", 11, 0x0000_00f0_0000_0000u64.to_le_bytes().to_vec()),
        ] {
            let name = wide(name);
            data.extend((name.len() as u32).to_le_bytes());
            data.extend(&name);
            data.extend(kind.to_le_bytes());
            data.extend((value.len() as u32).to_le_bytes());
            data.extend(value);
        }
        let found = cpu(&data).unwrap();
        assert_eq!(found.name.as_deref(), Some("Fast Chip 9000"));
        assert_eq!(found.vendor.as_deref(), Some("GenuineIntel"));
        assert_eq!((found.mhz, found.microcode, found.identifier), (Some(3693), Some(0xf0), None));
        assert_eq!(cpu(&[0xff; 64]), None);
        // The last value is the register's; its upper half are these bytes.
        let revision = data.len() - 4;
        for (bytes, microcode) in [([0xff; 4], None), ([0; 4], None), ([0xff, 0, 0, 0], Some(0xff))] {
            data[revision..].copy_from_slice(&bytes);
            assert_eq!(cpu(&data).unwrap().microcode, microcode);
        }
        for size in 0..data.len() {
            let _ = cpu(&data[..size]);
        }
    }
}
