//! The kernel's black boxes, in a triage dump that is written here byte by byte.

use crate::golden;
use crate::synth::Triage;
use dumpscope::debuggee::{Subject, Target};
use dumpscope::session::{Session, Settings};
use dumpscope::util::guid::Guid;
use std::fs;

const BOOT: u128 = 0xf57308df_cc45_4e01_ad76_29a4ebb010ec;
const NTFS: u128 = 0x00afe9c4_940d_4213_8016_cd3719b5bc20;
const PNP: u128 = 0xb7631941_532a_4cd6_b1b1_edb5917d4557;
const LOGON: u128 = 0x80cc79cf_a719_4af1_bf97_fe29ff76ebc1;

fn run(tag: u128, data: &[u8], command: &str) -> Vec<String> {
    let triage = Triage { secondary: vec![(Guid::of(tag).0, data.to_vec())], ..Triage::sample() };
    let subject = Subject::from_bytes("generated.dmp", triage.dump()).unwrap();
    let mut session = Session::new(Target::of(subject), Settings::default());
    golden::run(&mut session, command).unwrap_or_else(|error| vec![error])
}

/// Where the members of the published sample lie, in its order: place and bytes; a bit or bits of a byte as place, lowest,
/// count. From the description of the record, not from the reader.
const PLACES: &[(usize, u32, u32)] = &[
    (0x00, 0, 32),
    (0x04, 0, 32),
    (0x08, 0, 8),
    (0x09, 0, 8),
    (0x0a, 0, 8),
    (0x0b, 0, 8),
    (0x0c, 0, 8),
    (0x10, 0, 64),
    (0x18, 0, 1),
    (0x18, 1, 1),
    (0x18, 2, 1),
    (0x18, 3, 1),
    (0x18, 4, 4),
    (0x19, 0, 8),
    (0x1a, 0, 6),
    (0x1b, 0, 6),
    (0x1c, 0, 16),
    (0x20, 0, 64),
    (0x28, 0, 32),
    (0x2c, 0, 32),
    (0x30, 0, 8),
    (0x31, 0, 8),
    (0x32, 0, 8),
    (0x34, 0, 32),
    (0x38, 0, 32),
    (0x3c, 0, 32),
    (0x40, 0, 32),
    (0x44, 0, 32),
    (0x48, 0, 32),
    (0x4c, 0, 32),
    (0x50, 0, 32),
    (0x58, 0, 64),
    (0x60, 0, 32),
    (0x64, 0, 16),
    (0x66, 0, 8),
    (0x67, 0, 1),
    (0x67, 1, 1),
    (0x78, 0, 64),
    (0x80, 0, 32),
    (0x84, 0, 16),
    (0x86, 0, 16),
    (0x88, 0, 8),
    (0x8c, 0, 32),
    (0x90, 0, 32),
    (0x94, 0, 32),
];

/// The values of the published sample, written into a record, come back as the sample's lines.
#[test]
fn the_boot_status_is_shown_as_published() {
    let Some(shared) = golden::shared() else { return };
    let sample = fs::read_to_string(shared.join("golden/public/blackboxbsd-1.txt")).unwrap();
    let lines: Vec<&str> =
        sample.lines().filter(|line| !line.starts_with(['#', 'k']) && !line.is_empty()).collect();
    assert_eq!(lines.len(), PLACES.len());
    let mut record = vec![0u8; 0x98];
    for (line, &(at, low, count)) in lines.iter().zip(PLACES) {
        let text = line.split_once(": ").unwrap().1;
        let value = match text {
            "TRUE" => 1,
            "FALSE" => 0,
            text => match text.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
                None => text.parse().unwrap(),
            },
        };
        if count < 8 {
            record[at] |= (value << low) as u8;
        } else {
            let bytes = (count / 8) as usize;
            record[at..at + bytes].copy_from_slice(&value.to_le_bytes()[..bytes]);
        }
    }
    let ours = run(BOOT, &record, "!blackboxbsd");
    let shown: Vec<&str> = ours
        .iter()
        .map(String::as_str)
        .filter(|line| !line.is_empty() && !line.starts_with("    "))
        .collect();
    for (line, ours) in lines.iter().zip(&shown) {
        let expected = match *line {
            // The page was written by hand: the version is in hexadecimal, as real ones have it, and its last line of errors
            // repeats the label of another.
            "Version: 136" => "Version: 0x88",
            "Error info other error count: 0" if ours.starts_with("Error info status") => {
                "Error info status: 0x0"
            }
            line => line,
        };
        assert_eq!(*ours, expected);
    }
    // 0x1d3645f716b79e3, in 100 ns since 1601.
    assert!(ours.iter().any(|line| line.starts_with("    2017-11-23T")), "{ours:?}");
}

#[test]
fn other_black_boxes_are_shown_with_their_labels() {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let mut event = vec![0u8; 0x2c];
    event[0x10..0x18].copy_from_slice(&133_768_069_714_496_524u64.to_le_bytes());
    event[0x18] = 3;
    event[0x1c] = 1;
    event[0x20] = 24;
    event.extend(wide("SWD\\A\0"));
    let expected = [
        "    PnpActivityId      : {00000000-0000-0000-0000-000000000000}",
        "    PnpActivityTime    : 133768069714496524",
        "    PnpEventInformation: 3",
        "    PnpEventInProgress : 1",
        "    PnpProblemCode     : 24",
        "    PnpVetoType        : 0",
        "    DeviceId           : SWD\\A",
        "    VetoString         :",
        "",
    ];
    assert_eq!(run(PNP, &event, "!blackboxpnp"), expected);
    let mut state = [1u32, 0x20, 1].iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    state.extend(wide("ShellRestart\0"));
    state[4] = state.len() as u8;
    let expected = ["    ThreadName         : ShellRestart", "    IsOperationPending : 1", ""];
    assert_eq!(run(LOGON, &state, "!blackboxwinlogon"), expected);
    let mut notes = vec![0u8; 0x40];
    notes[0x10..0x14].copy_from_slice(&[1, 0, 0x18, 0]);
    notes[0x18..0x20].copy_from_slice(&0xffff_8001_0203_0400u64.to_le_bytes());
    let expected = [
        "NTFS Blackbox Data",
        "",
        "Record 0:",
        "  Record type:    1 (Slow I/O Timeout)",
        "  Record length:  32",
        "        Irp:      ffff800102030400",
        "        Scb:      <null>",
        "        Thread:   <null>",
        "",
        "1 Slow I/O Timeout Records Found",
        "0 Oplock Break Timeout Records Found",
        "",
    ];
    assert_eq!(run(NTFS, &notes, "!blackboxntfs"), expected);
}

#[test]
fn a_dump_without_a_black_box_says_which() {
    for (command, what) in [
        ("!blackboxbsd", "no boot status (BSD) block in this dump"),
        ("!blackboxntfs", "no NTFS block in this dump"),
        ("!blackboxpnp", "no Plug and Play (PNP) block in this dump"),
        ("!blackboxwinlogon", "no winlogon block in this dump"),
    ] {
        assert_eq!(run(1, b"x", command), [what]);
    }
}
