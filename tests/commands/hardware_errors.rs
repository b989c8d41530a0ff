//! `!errrec` and `!whea` on dumps that are written here byte by byte, after the UEFI specification, appendix N, and the
//! processor manuals.

use crate::golden;
use crate::synth::{Triage, put32, put64};
use crate::sysinfo::SMBIOS;
use dumpscope::debuggee::{Subject, Target};
use dumpscope::session::{Session, Settings};
use dumpscope::util::guid::Guid;

const BLOCK: u64 = 0xffff_e000_0001_0000;
const RECORD: u64 = BLOCK + 0x28;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A fatal record of Windows' with a machine check bank of an Intel processor and a device of PCI Express, 692 bytes.
pub fn record() -> Vec<u8> {
    let head = "43504552 1002 ffffffff 0200 01000000 02000000 b4020000 3b2c0a00 1d0c1414";
    let ids = "bdc407cf89b7184eb3c41f732cb57131 fe6ff5e89c91c54cba8865abe14913bb 8877665544332211 02000000";
    let descriptor = |place: &str, kind: &str| {
        format!("{place} 0102 00 00 01000000 {kind} {} 01000000 {}", "00".repeat(16), "00".repeat(20))
    };
    let mca = "02000000 01000000 0000000000000000 04000000 0500000000000000 0000000000000000 03000000
               35010000000080bf 0010203040000000 8600000000000000 00000000 04000000";
    let pcie =
        "8800000000000000 04000000 02010000 0704 1000 00000000 8680 40a3 000406 04 1b 0000 00 02 0000 00";
    let aer = "01000100 00400400 00000000 00000000 01000000";
    let mut all = bytes(&format!("{head}{}{ids}{}", "00".repeat(32), "00".repeat(20)));
    all.extend(bytes(&descriptor("10010000 a0000000", "011d1e8af94257459c33565e5cc3f7e8")));
    all.extend(bytes(&descriptor("b0010000 d0000000", "54e995d9c1bb0f43ad91b44dcb3c6f35")));
    all.extend(bytes(mca));
    all.resize(0x1b0, 0);
    all.extend(bytes(pcie));
    all.resize(0x1b0 + 112, 0);
    all.extend(bytes(aer));
    all.resize(0x2b4, 0);
    all
}

/// A triage dump of bug check 0x124 with these parameters, which holds so many bytes of the record.
fn session(parameters: [u64; 4], held: usize) -> Session {
    let mut block = vec![0; 0x28];
    block.extend(&record()[..held]);
    let mut triage = Triage::sample();
    triage.blocks.push((BLOCK, block));
    let mut file = triage.dump();
    put32(&mut file, 0x38, 0x124);
    for (index, value) in parameters.into_iter().enumerate() {
        put64(&mut file, 0x40 + index * 8, value);
    }
    let subject = Subject::from_bytes("generated.dmp", file).unwrap();
    Session::new(Target::of(subject), Settings::default())
}

const PARAMETERS: [u64; 4] = [0, RECORD, 0xbf80_0000, 0x135];

#[test]
fn the_record_of_the_bug_check_is_shown_once_and_in_words() {
    let mut session = session(PARAMETERS, 0x2b4);
    let shown = golden::run(&mut session, "!whea").unwrap();
    let line = |text: &str| shown.iter().filter(|line| line.starts_with(text)).count();
    assert_eq!(line("Common Platform Error Record @ ffffe00000010028"), 1, "{shown:#?}");
    for wanted in [
        "Record Id     : 1122334455667788",
        "Severity      : Fatal (1)",
        "Length        : 692",
        "Creator       : Microsoft",
        "Notify Type   : Machine Check Exception",
        "Timestamp     : 12/29/2020 10:44:59 (UTC)",
        "Flags         : 0x00000002 PreviousError",
        "Section 0     : x86/x64 MCA",
        "Descriptor    @ ffffe000000100a8",
        "Section       @ ffffe00000010138",
        "Error         : DCACHEL1_DRD_ERR (Proc 4 Bank 3)",
        "  Status      : 0xbf80000000000135 VAL UC EN MISCV ADDRV PCC S AR",
        "  Address     : 0x0000004030201000",
        "  Misc.       : 0x0000000000000086",
        "Section 1     : PCI Express",
        "Device        : 0000:00:1b.4 (segment 0, bus 0, device 27, function 4)",
        "Vendor Id     : 0x8086",
        "Class Code    : 0x060400",
        "Uncorrectable : 0x00044000 Completion Timeout, Malformed TLP",
        "Correctable   : 0x00000001 Receiver",
    ] {
        assert!(shown.iter().any(|line| line.trim_end() == wanted), "{wanted}\n{shown:#?}");
    }
    let by_address = golden::run(&mut session, &format!("!errrec {RECORD:x}")).unwrap();
    assert_eq!(by_address, shown);
}

#[test]
fn what_the_dump_does_not_hold_of_a_record_is_said() {
    let shown = golden::run(&mut session(PARAMETERS, 0x150), "!whea").unwrap().join("\n");
    assert!(shown.contains("the dump holds 336 of the record's 692 bytes"), "{shown}");
    assert_eq!(shown.matches("The dump does not hold all of this section.").count(), 2, "{shown}");
    // Without its header the bug check's own parameters tell the status.
    let shown = golden::run(&mut session(PARAMETERS, 0x40), "!whea").unwrap().join("\n");
    assert!(shown.contains("the record of the bug check is not known"), "{shown}");
    assert!(shown.contains("Error         : DCACHEL1_DRD_ERR"), "{shown}");
    // The parameters of other sources are no status.
    let shown = golden::run(&mut session([4, RECORD, 0xbf80_0000, 0x135], 0x40), "!whea");
    assert!(shown.unwrap_err().contains("no record of a hardware error"));
    let shown = golden::run(&mut session(PARAMETERS, 0x2b4), &format!("!errrec {BLOCK:x}"));
    assert!(shown.unwrap_err().contains("CPER"));
}

#[test]
fn the_verdict_names_the_part_that_reported_the_error() {
    let verdict =
        |parameters, held| golden::run(&mut session(parameters, held), "!analyze").unwrap().join("\n");
    let shown = verdict(PARAMETERS, 0x2b4);
    assert!(shown.contains("0000:00:1b.4"), "{shown}");
    assert!(shown.contains("bank 3: DCACHEL1_DRD_ERR"), "{shown}");
    let shown = verdict(PARAMETERS, 0x40);
    assert!(shown.contains("DCACHEL1_DRD_ERR, status 0xbf80000000000135"), "{shown}");
}

/// A record with a memory section (UEFI, appendix N, 2.5) that names the SMBIOS structure of a module.
fn memory_record(handle: u16) -> Vec<u8> {
    let mut all = record();
    all[10] = 1;
    // The kind of its first section, and where it lies.
    all[0x80 + 16..0x80 + 32].copy_from_slice(&bytes("1411bca5646fde4eb8633e83ed7c83b1"));
    all[0x80 + 4..0x80 + 8].copy_from_slice(&80u32.to_le_bytes());
    let section = &mut all[0x110..0x110 + 80];
    section.fill(0);
    // The address, the kind and the handle are valid.
    section[..8].copy_from_slice(&(1u64 << 1 | 1 << 14 | 1 << 17).to_le_bytes());
    section[16..24].copy_from_slice(&0x1234_5000u64.to_le_bytes());
    section[72] = 3;
    section[78..80].copy_from_slice(&handle.to_le_bytes());
    all
}

/// An SMBIOS table of two slots with the handles 0x40 and 0x41 (DSP0134, 7.18).
fn slots() -> Vec<u8> {
    let mut body = Vec::new();
    for (handle, slot) in [(0x40u16, "DIMM_A1"), (0x41, "DIMM_B1")] {
        let mut memory = vec![0u8; 0x22];
        memory[..2].copy_from_slice(&[17, 0x22]);
        memory[2..4].copy_from_slice(&handle.to_le_bytes());
        memory[0xc..0xe].copy_from_slice(&0x2000u16.to_le_bytes());
        memory[0x10..0x12].copy_from_slice(&[1, 2]);
        memory[0x17] = 3;
        body.extend(memory);
        body.extend(slot.bytes());
        body.extend(b"\0BANK 0\0Chips\0\0");
    }
    body.extend([127, 4, 9, 0, 0, 0]);
    let mut table = vec![0, 3, 3, 0];
    table.extend((body.len() as u32).to_le_bytes());
    table.extend(body);
    table
}

/// What a command says of a dump of bug check 0x124 with that record, and with tagged data.
fn of_memory(handle: u16, blobs: Vec<([u8; 16], Vec<u8>)>, command: &str) -> Vec<String> {
    let mut block = vec![0; 0x28];
    block.extend(memory_record(handle));
    let mut triage = Triage { secondary: blobs, ..Triage::sample() };
    triage.blocks.push((BLOCK, block));
    let mut file = triage.dump();
    put32(&mut file, 0x38, 0x124);
    put64(&mut file, 0x40, 0);
    put64(&mut file, 0x48, RECORD);
    let subject = Subject::from_bytes("generated.dmp", file).unwrap();
    golden::run(&mut Session::new(Target::of(subject), Settings::default()), command).unwrap()
}

#[test]
fn the_verdict_names_the_slot_and_counts_what_was_corrected() {
    let smbios = || vec![(Guid::of(SMBIOS).0, slots())];
    let shown = of_memory(0x41, smbios(), "!analyze").join(" ");
    assert!(shown.contains("DIMM_B1, BANK 0"), "{shown}");
    assert!(!shown.contains("corrected"), "{shown}");
    let shown = of_memory(0x42, smbios(), "!analyze").join(" ");
    assert!(shown.contains("Multi-bit ECC") && !shown.contains("DIMM_B1"), "{shown}");
    // Two records of severity 2 (corrected) among the tagged data.
    let mut corrected = record();
    corrected[12..16].copy_from_slice(&2u32.to_le_bytes());
    let mut blobs = smbios();
    blobs.push(([7; 16], [corrected.clone(), corrected].concat()));
    let shown = of_memory(0x41, blobs, "!analyze").join(" ");
    assert!(shown.contains("2 records of errors that the hardware corrected"), "{shown}");
}

#[test]
fn the_slot_of_a_memory_error_is_told_by_its_handle_alone() {
    let shown = |handle, blobs| of_memory(handle, blobs, &format!("!errrec {RECORD:x}"));
    let smbios = || vec![(Guid::of(SMBIOS).0, slots())];
    let lines = shown(0x41, smbios());
    let at = lines
        .iter()
        .position(|line| line == "Module Handle : 0x0041")
        .unwrap_or_else(|| panic!("{lines:#?}"));
    assert_eq!(lines[at + 1], "Memory Slot   : DIMM_B1, BANK 0, 8192 MB, Chips");
    for (handle, blobs) in [(0x42, smbios()), (0x41, Vec::new())] {
        let lines = shown(handle, blobs);
        assert!(lines.iter().any(|line| line.starts_with("Module Handle")), "{lines:#?}");
        assert!(!lines.iter().any(|line| line.starts_with("Memory Slot")), "{lines:#?}");
    }
}
