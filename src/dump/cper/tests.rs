//! Records written by hand after the tables of the UEFI specification, appendix N, byte by byte.

use super::*;
use proptest::prelude::*;

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// Revision 2.10, end of signature, the count of sections, fatal, time valid, length; 29 December 2020, 10:44:59; no
/// platform; Microsoft; machine check exception; number 0x1122334455667788; flag PreviousError.
fn header(sections: u8, length: u16) -> Vec<u8> {
    let count = format!("{sections:02x}00");
    let length = format!("{:02x}{:02x}0000", length & 0xff, length >> 8);
    bytes(&format!(
        "43504552 1002 ffffffff {count} 01000000 02000000 {length} 3b2c0a00 1d0c1414
         00000000000000000000000000000000 00000000000000000000000000000000
         bdc407cf89b7184eb3c41f732cb57131 fe6ff5e89c91c54cba8865abe14913bb
         8877665544332211 02000000 0000000000000000 000000000000000000000000"
    ))
}

/// A descriptor: offset, length, revision 2.01, text of the part valid, primary, kind, no number, fatal, `CPU 0`.
fn descriptor(offset: u16, length: u16, kind: &str) -> Vec<u8> {
    let word = |value: u16| format!("{:02x}{:02x}0000", value & 0xff, value >> 8);
    bytes(&format!(
        "{} {} 0102 02 00 01000000 {kind} 00000000000000000000000000000000 01000000
         4350552030000000000000000000000000000000",
        word(offset),
        word(length)
    ))
}

fn record(sections: &[(&str, &str)]) -> Vec<u8> {
    let bodies: Vec<Vec<u8>> = sections.iter().map(|(_, body)| bytes(body)).collect();
    let mut offset = 0x80 + 0x48 * sections.len();
    let mut all = header(sections.len() as u8, (offset + bodies.concat().len()) as u16);
    for ((kind, _), body) in sections.iter().zip(&bodies) {
        all.extend(descriptor(offset as u16, body.len() as u16, kind));
        offset += body.len();
    }
    all.extend(bodies.concat());
    all
}

const GENERIC: &str = "adcc7698b447db4bb65e16f193c4f3db";
const MCA_KIND: &str = "011d1e8af94257459c33565e5cc3f7e8";
const MEMORY_KIND: &str = "1411bca5646fde4eb8633e83ed7c83b1";
const PCIE_KIND: &str = "54e995d9c1bb0f43ad91b44dcb3c6f35";

/// Type, set, error and flags valid, version and number too: x64, micro-architecture, EAX 0x906ea, APIC id 4.
fn generic() -> String {
    format!(
        "5701000000000000 00 02 08 00 00 00 0000 ea06090000000000 {} 0400000000000000 {}",
        "00".repeat(128),
        "00".repeat(32)
    )
}

/// Intel, processor 4, MCG_STATUS 5, bank 3, a data write that missed in the first cache's memory, address, misc.
fn mca() -> String {
    format!(
        "02000000 01000000 0000000000000000 04000000 0500000000000000 0000000000000000 03000000
         24010000000080bf 0010203040000000 8600000000000000 00000000 04000000 {}",
        "00".repeat(0x124 - 0x48)
    )
}

/// Address, module, rank and kind valid: multi-bit ECC at 0x1_2345_6000, module 2, rank 1.
fn memory() -> String {
    "22c0000000000000 0000000000000000 0060452301000000 0000000000000000 0000 0000 0200 0000 0000 0000 0000 0000
     0000000000000000 0000000000000000 0000000000000000 03 00 0100 0000 0000"
        .to_owned()
}

/// A root port, version 1.2, of vendor 8086, device a340, class 060400, at 0:1b.4, bus 2 below; completion timeout and
/// malformed request uncorrectable, receiver error correctable.
fn pcie() -> String {
    format!(
        "8f00000000000000 04000000 02010000 0704 1000 00000000 8680 40a3 000406 04 1b 0000 00 02 0000 00
         0000000000000000 00000000 {} 01000100 00400400 00000000 00000000 01000000 {}",
        "00".repeat(60),
        "00".repeat(96 - 20)
    )
}

#[test]
fn a_record_by_hand_says_what_was_written() {
    let bytes =
        record(&[(GENERIC, &generic()), (MCA_KIND, &mca()), (MEMORY_KIND, &memory()), (PCIE_KIND, &pcie())]);
    let record = ErrorRecord::parse(&bytes).unwrap();
    assert_eq!((record.revision, record.severity, record.flags), (0x210, 1, 2));
    assert_eq!(record.time, Some(Stamp { year: 2020, rest: [12, 29, 10, 44, 59] }));
    assert_eq!((record.platform, record.partition), (None, None));
    assert_eq!(
        (creator(record.creator), notify_type(record.notify)),
        (Some("Microsoft"), Some("Machine Check Exception"))
    );
    assert_eq!((record.id, record.missing), (0x1122_3344_5566_7788, 0));
    let titles: Vec<_> = record.sections.iter().filter_map(Section::title).collect();
    assert_eq!(titles, ["Processor Generic", "x86/x64 MCA", "Memory", "PCI Express"]);
    assert_eq!(record.sections[0].fru_text.as_deref(), Some("CPU 0"));
    assert_eq!(record.sections[0].fru, None);

    let Body::GenericProcessor(cpu) = &record.sections[0].body else { panic!() };
    assert_eq!(cpu.processor_type(), Some((0, Some("x86/x64"))));
    assert_eq!(cpu.instruction_set(), Some((2, Some("x64"))));
    assert_eq!(cpu.error_type(), Some((8, Some("Micro-Architectural Error"))));
    assert_eq!((cpu.operation(), cpu.level(), cpu.brand()), (None, None, None));
    assert_eq!((cpu.version(), cpu.processor_id()), (Some(0x906ea), Some(4)));

    let Body::Mca(bank) = &record.sections[1].body else { panic!() };
    assert_eq!((bank.vendor, bank.processor, bank.bank, bank.global), (Vendor::Intel, 4, 3, 5));
    assert_eq!(bank.status, McaStatus(0xbf80_0000_0000_0124));
    assert_eq!((bank.address, bank.misc), (0x40_3020_1000, 0x86));

    let Body::Memory(memory) = &record.sections[2].body else { panic!() };
    assert_eq!((memory.address, memory.mask), (Some(0x1_2345_6000), None));
    assert_eq!(memory.place, [("Module", 2), ("Rank Number", 1)]);
    assert_eq!(memory.kind_name(), Some("Multi-bit ECC"));

    let Body::Pcie(port) = &record.sections[3].body else { panic!() };
    assert_eq!((port.port_name(), port.version), (Some("Root Port"), Some((1, 2))));
    let device = port.device.unwrap();
    assert_eq!((device.vendor, device.device, device.class), (0x8086, 0xa340, 0x06_0400));
    assert_eq!((device.location, device.secondary_bus), ((0, 0, 0x1b, 4), 2));
    assert_eq!(port.errors(), [vec!["Completion Timeout", "Malformed TLP"], vec!["Receiver"]]);
}

#[test]
fn what_is_cut_off_is_missing_and_not_guessed() {
    let whole = record(&[(GENERIC, &generic()), (MCA_KIND, &mca())]);
    assert_eq!(ErrorRecord::parse(&whole[..HEADER - 1]), None);
    let head = ErrorRecord::parse(&whole[..HEADER + DESCRIPTOR]).unwrap();
    assert_eq!((head.sections.len(), head.missing), (1, 1));
    assert_eq!(head.sections[0].body, Body::Short);
    let mut other = whole.clone();
    other[0] = b'X';
    assert_eq!(ErrorRecord::parse(&other), None);
    // A record that calls itself shorter than its sections has not got them.
    let mut short = whole;
    short[0x14..0x18].copy_from_slice(&0x120u32.to_le_bytes());
    assert_eq!(ErrorRecord::parse(&short).unwrap().sections[1].body, Body::Short);
}

proptest! {
    /// Any byte may be any other, and the end anywhere.
    #[test]
    fn any_bytes_are_read_without_harm(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..64),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = record(&[(GENERIC, &generic()), (MCA_KIND, &mca()), (MEMORY_KIND, &memory()), (PCIE_KIND, &pcie())]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate(end.index(bytes.len()) + 1);
        if let Some(record) = ErrorRecord::parse(&bytes) {
            prop_assert!(record.sections.len() <= MOST_SECTIONS);
            for section in &record.sections {
                if let Body::Mca(bank) = &section.body {
                    let _ = (bank.status.name(bank.vendor), bank.status.bits(bank.vendor));
                }
            }
        }
    }
}
