//! `!sysinfo` on a triage dump that is written here byte by byte, after DSP0134 and the registry's form.

use crate::golden;
use crate::synth::{Machine, Triage};
use dumpscope::debuggee::{Subject, Target};
use dumpscope::session::{Session, Settings};
use dumpscope::util::guid::Guid;

/// The tag of the SMBIOS table.
pub const SMBIOS: u128 = 0xbc5c008f_1e3a_44d7_988d_86f6884c6758;
/// The tag of the processor's values in the registry.
pub const REGISTRY: u128 = 0x6c7ac389_4313_47dc_9f34_a8800a0fb56c;

fn run(blobs: &[(u128, Vec<u8>)], command: &str) -> Vec<String> {
    let secondary = blobs.iter().map(|(tag, data)| (Guid::of(*tag).0, data.clone())).collect();
    let triage = Triage { secondary, ..Triage::sample() };
    let subject = Subject::from_bytes("generated.dmp", triage.dump()).unwrap();
    let mut session = Session::new(Target::of(subject), Settings::default());
    golden::run(&mut session, command).unwrap_or_else(|error| vec![error])
}

/// A value in the registry's form.
pub fn value(name: &str, kind: u32, data: &[u8]) -> Vec<u8> {
    let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let mut all = (name.len() as u32).to_le_bytes().to_vec();
    all.extend(name);
    all.extend(kind.to_le_bytes());
    all.extend((data.len() as u32).to_le_bytes());
    all.extend(data);
    all
}

/// BIOS, system, board, two slots of which one is empty, end.
fn table() -> Vec<u8> {
    let mut body = vec![0u8; 0x18];
    body[1] = 0x18;
    body[4..6].copy_from_slice(&[1, 2]);
    body[8] = 3;
    body[0x14..0x16].copy_from_slice(&[5, 17]);
    body.extend(b"Firm Inc.\x001.2\x0001/02/2024\0\0");
    let mut system = vec![0u8; 0x1b];
    system[..8].copy_from_slice(&[1, 0x1b, 1, 0, 1, 2, 0, 4]);
    system[0x19..].copy_from_slice(&[3, 0]);
    body.extend(system);
    body.extend(b"Maker\0Model\0SKU-9\0SERIAL-OF-THE-OWNER\0\0");
    body.extend([2, 7, 2, 0, 1, 2, 3]);
    body.extend(b"Maker\0Board\0Rev 1\0\0");
    for (size, slot) in [(0x2000u16, "DIMM_A1"), (0, "DIMM_B1")] {
        let mut memory = vec![0u8; 0x22];
        memory[..2].copy_from_slice(&[17, 0x22]);
        memory[0xc..0xe].copy_from_slice(&size.to_le_bytes());
        memory[0x10] = 1;
        if size != 0 {
            memory[0x15..0x19].copy_from_slice(&[0x80, 0x0c, 2, 4]);
            memory[0x1a] = 3;
            memory[0x20..0x22].copy_from_slice(&[0x6a, 0x0a]);
        }
        body.extend(memory);
        body.extend(slot.bytes());
        body.extend(b"\0Chips\0PART-1\0SERIAL-OF-THE-OWNER\0\0");
    }
    body.extend([127, 4, 9, 0, 0, 0]);
    let mut table = vec![0, 3, 3, 0];
    table.extend((body.len() as u32).to_le_bytes());
    table.extend(body);
    table
}

#[test]
fn machine_processor_and_memory_are_told_without_serial_numbers() {
    let size = table().len() - 8;
    let registry = [
        value("~MHz", 4, &3693u32.to_le_bytes()),
        value("Configuration Data", 9, &[0xff, 0, 0x1b]),
        value("ProcessorNameString", 1, b"F\0a\0s\0t\0\0\0"),
        value("MSR8B", 11, &(0xc8u64 << 32).to_le_bytes()),
    ]
    .concat();
    let blobs = [(SMBIOS, table()), (REGISTRY, registry)];
    let all = run(&blobs, "!sysinfo");
    let expected = [
        format!("Machine ID Information [From Smbios 3.3, DMIVersion 0, Size={size}]"),
        "BiosMajorRelease = 5".into(),
        "BiosMinorRelease = 17".into(),
        "BiosVendor = Firm Inc.".into(),
        "BiosVersion = 1.2".into(),
        "BiosReleaseDate = 01/02/2024".into(),
        "SystemManufacturer = Maker".into(),
        "SystemProductName = Model".into(),
        "SystemSKU = SKU-9".into(),
        "BaseBoardManufacturer = Maker".into(),
        "BaseBoardProduct = Board".into(),
        "BaseBoardVersion = Rev 1".into(),
        "[CPU Information]".into(),
        "~MHz = REG_DWORD 3693".into(),
        "Configuration Data = REG_FULL_RESOURCE_DESCRIPTOR ff,0,1b".into(),
        "ProcessorNameString = REG_SZ Fast".into(),
        "MSR8B = REG_QWORD c800000000".into(),
    ];
    assert_eq!(all[..expected.len()], expected);
    let rows: Vec<Vec<&str>> = all[expected.len() + 1..].iter().map(|row| golden::words(row)).collect();
    assert_eq!(
        rows,
        [
            vec!["DIMM_A1", "-", "8", "GB", "3200", "2666", "Chips", "PART-1"],
            vec!["DIMM_B1", "-", "empty", "-", "-", "-", "-"]
        ]
    );
    assert!(!all.join("\n").contains("SERIAL"), "{all:?}");
    assert_eq!(run(&blobs, "!sysinfo memory").len(), 3);
}

#[test]
fn what_there_is_not_is_said() {
    assert_eq!(run(&[], "!sysinfo"), ["no SMBIOS table among the tagged data of this dump"]);
    let only = [(SMBIOS, table())];
    let missing = "no processor's registry values among the tagged data of this dump";
    assert_eq!(run(&only, "!sysinfo cpuinfo"), [missing]);
    assert_eq!(
        run(&only, "!sysinfo gbl"),
        ["nothing is known of 'gbl'; one of machineid, cpuinfo, memory, smbios"]
    );
    assert_eq!(run(&[], "!sysinfo smbios"), ["no SMBIOS table among the tagged data of this dump"]);
}

#[test]
fn every_structure_is_listed_with_its_handle_and_its_texts() {
    let table = table();
    let size = table.len() - 8;
    let lines = run(&[(SMBIOS, table)], "!sysinfo smbios");
    assert_eq!(
        lines[..8],
        [
            "[SMBIOS Data Tables v3.3]".to_owned(),
            "[DMI Version - 0]".to_owned(),
            "[2.0 Calling Convention - No]".to_owned(),
            format!("[Table Size - {size} bytes]"),
            String::new(),
            "[BIOS Information (Type 0) - Length 24 - Handle 0000h]".to_owned(),
            format!("  {:<30}Firm Inc.", "Vendor"),
            format!("  {:<30}1.2", "BIOS Version"),
        ],
        "{lines:#?}"
    );
    let slot =
        lines.iter().position(|line| line.starts_with("[Memory Device (Type 17) - Length 34")).unwrap();
    assert_eq!(lines[slot + 1], format!("  {:<30}DIMM_A1", "Device Locator"));
    assert_eq!(lines.last().unwrap(), "[End of Table (Type 127) - Length 4 - Handle 0009h]");
    assert!(!lines.join("\n").contains("SERIAL"), "{lines:?}");
}

/// Byte `at` of an entry point makes the bytes `of` it add up to zero (DSP0134, 5.2).
fn sum(entry: &mut [u8], at: usize, of: std::ops::Range<usize>) {
    entry[at] = 0;
    let sum = entry[of].iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte));
    entry[at] = 0u8.wrapping_sub(sum);
}

/// The entry point of 32 bits for a table at an address.
fn entry_32(table: u32, size: u16) -> Vec<u8> {
    let mut entry = b"_SM_\0\x1f\x02\x08\0\0\0\0\0\0\0\0_DMI_\0".to_vec();
    entry.extend(size.to_le_bytes());
    entry.extend(table.to_le_bytes());
    entry.extend([6, 0, 0x28]);
    sum(&mut entry, 0x15, 0x10..0x1f);
    sum(&mut entry, 4, 0..0x1f);
    entry
}

/// The entry point of 64 bits.
fn entry_64(table: u64, most: u32) -> Vec<u8> {
    let mut entry = b"_SM3_\0\x18\x03\x03\x01\x01\0".to_vec();
    entry.extend(most.to_le_bytes());
    entry.extend(table.to_le_bytes());
    sum(&mut entry, 5, 0..0x18);
    entry
}

/// A full dump with these bytes at these physical addresses, each within two pages that follow each other.
fn in_memory(parts: &[(u64, Vec<u8>)], command: &str) -> Vec<String> {
    let mut machine = Machine::new(0x10, 4);
    for (at, bytes) in parts {
        for (place, byte) in (*at..).zip(bytes) {
            machine.page(place >> 12)[(place & 0xfff) as usize] = *byte;
        }
    }
    let subject = Subject::from_bytes("generated.dmp", machine.dump(1)).unwrap();
    let mut session = Session::new(Target::of(subject), Settings::default());
    golden::run(&mut session, command).unwrap_or_else(|error| vec![error])
}

#[test]
fn a_table_in_physical_memory_is_found_by_either_entry_point() {
    let structures = table()[8..].to_vec();
    let size = structures.len();
    // Across a page's end, behind which other bytes follow.
    let (table, entry) = (0x7_ff80u64, 0xf_0490u64);
    let mut with_rest = structures.clone();
    with_rest.extend([0xaa; 64]);
    let most = (size + 40) as u32;
    for (bytes, version) in [(entry_32(table as u32, size as u16), "2.8"), (entry_64(table, most), "3.3")] {
        let parts = [(table, with_rest.clone()), (entry, bytes.clone())];
        let lines = in_memory(&parts, "!sysinfo machineid");
        let place = "SMBIOS table at physical address 7ff80, named by the entry point at f0490";
        assert_eq!(lines[0], place, "{lines:#?}");
        assert!(
            lines[1].starts_with(&format!("Machine ID Information [From Smbios {version}, ")),
            "{lines:#?}"
        );
        assert!(lines[1].ends_with(&format!("Size={size}]")), "{lines:#?}");
        assert!(lines.contains(&"SystemProductName = Model".to_owned()), "{lines:#?}");
        assert_eq!(
            in_memory(&parts, "!sysinfo smbios").last().unwrap(),
            "[End of Table (Type 127) - Length 4 - Handle 0009h]"
        );
        // A sum that does not hold, a place that is not aligned, a table whose end the dump does not hold.
        let mut wrong = bytes.clone();
        wrong[8] ^= 1;
        let missing = "no SMBIOS table among the tagged data of this dump, and no entry point of one in the pages below 4 GiB";
        for parts in [
            vec![(table, with_rest.clone()), (entry, wrong)],
            vec![(table, with_rest.clone()), (entry + 8, bytes.clone())],
            vec![(table, structures[..size - 6].to_vec()), (entry, bytes.clone())],
        ] {
            assert_eq!(in_memory(&parts, "!sysinfo machineid"), [missing], "{version}");
        }
        // What merely looks like one stands before it.
        let parts = [(table, with_rest.clone()), (0x3_0010, b"_SM_ and _SM3_".to_vec()), (entry, bytes)];
        assert_eq!(in_memory(&parts, "!sysinfo machineid"), lines);
    }
}
