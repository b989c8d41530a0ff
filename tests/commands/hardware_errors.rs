//! `!errrec` and `!whea` on dumps that are written here byte by byte, after the UEFI specification, appendix N, and the
//! processor manuals.

use crate::golden;
use crate::synth::{Triage, put32, put64};
use dumpscope::debuggee::{Subject, Target};
use dumpscope::session::{Session, Settings};

const BLOCK: u64 = 0xffff_e000_0001_0000;
const RECORD: u64 = BLOCK + 0x28;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// A fatal record of Windows' with a machine check bank of an Intel processor and a device of PCI Express, 692 bytes.
fn record() -> Vec<u8> {
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
