//! Tagged data as the commands show them, on a triage dump that is written here byte by byte.

use crate::golden;
use crate::synth::{self, Triage, tagged_memory};
use dumpscope::debuggee::{Subject, Target};
use dumpscope::session::{Session, Settings};
use dumpscope::util::guid::Guid;

const MEMORY: u128 = 0x0d910545_e694_4b15_870c_01625fb32a6f;
const LAST_CRASHED: u128 = 0xbe84d651_a550_4367_8e63_ab792b631f94;
const DRIVER: u128 = 0xfe96ddbf_850d_4c4a_a7bf_c686be526047;
const REGISTRY: u128 = 0x6c7ac389_4313_47dc_9f34_a8800a0fb56c;
const HYPERVISOR: u128 = 0x7b581fa7_81c2_423f_a65c_1266fb10603d;

const KMDF_LOG: u128 = 0x54c84888_01d1_4c1e_bed6_282c98241303;

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Little-endian words, then bytes.
fn with_words(words: &[u32], bytes: &[u8]) -> Vec<u8> {
    let mut data: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    data.extend(bytes);
    data
}

fn session() -> Session {
    let path = wide("\\Device\\HarddiskVolume3\\Tools\\a.exe\0");
    let name = wide("ProcessorNameString\0");
    let chip = wide("Example Chip 9000   \0");
    let mut registry = with_words(&[name.len() as u32], &name);
    registry.extend(with_words(&[1, chip.len() as u32], &chip));
    let block = 0xffff_f800_0000_1000;
    let kernel: &[(u64, &[u8])] = &[(0xffff_8800_0000_0010, b"only in tagged data\0"), (block + 4, b"other")];
    let blobs = [
        (MEMORY, tagged_memory(&[("IoTriageDumpData", kernel)])),
        (LAST_CRASHED, with_words(&[1, 8 + path.len() as u32], &path)),
        (DRIVER, wide("bad.sys")),
        (REGISTRY, registry),
        (HYPERVISOR, with_words(&[u32::from_le_bytes(*b"DIVH"), 0x44, 0x4000_0001], b"KVMKVMKVM\0\0\0")),
        (KMDF_LOG, [[0xee; 0x24].as_slice(), b"USBXHCI\0\0\0"].concat()),
        (1, b"\x01\x02unknown writer\0".to_vec()),
    ];
    let secondary = blobs.map(|(tag, data)| (Guid::of(tag).0, data)).to_vec();
    let triage = Triage { secondary, ..Triage::sample() };
    let subject = Subject::from_bytes("generated.dmp", triage.dump()).unwrap();
    Session::new(Target::of(subject), Settings::default())
}

fn run(command: &str) -> Vec<String> {
    golden::run(&mut session(), command).unwrap_or_else(|error| panic!("{command}: {error}"))
}

#[test]
fn memory_in_tagged_data_is_shown_as_memory() {
    assert_eq!(run("da ffff8800`00000010"), ["ffff8800`00000010  \"only in tagged data\""]);
    let fields = run(".dumpdebug").join("\n");
    assert!(fields.contains("MEMORY IN TAGGED DATA: 2 ranges, 0x19 bytes"), "{fields}");
    assert!(fields.contains("ffff8800`00000010 - ffff8800`00000023 at offset"), "{fields}");
    // The block of the sample holds words 0x100, 0x101 ...: its bytes at 4 to 8 are 0, 0, 0, 0, 1.
    let difference = "0x5 bytes of IoTriageDumpData differ from what the dump's own ranges hold, which are shown; the first \
                      at fffff800`00001004";
    assert!(fields.contains(difference), "{fields}");
    assert_eq!(run("db fffff800`00001004 L5")[0].get(19..33), Some("00 00 00 00 01"));
}

#[test]
fn the_list_shows_text_and_the_guid_shows_bytes() {
    let list = run(".enumtag");
    let block =
        list.iter().position(|line| line.starts_with("{00000000-0000-0000-0000-000000000001}")).unwrap();
    assert_eq!(list[block..], ["{00000000-0000-0000-0000-000000000001} - 0x11 bytes", "    unknown writer"]);
    assert!(
        list.contains(
            &"{FE96DDBF-850D-4C4A-A7BF-C686BE526047} - 0xe bytes  nt: driver that the kernel names \
                            (KiBugCheckDriver)"
                .to_owned()
        ),
        "{list:?}"
    );
    let log = list.iter().find(|line| line.starts_with("{54C84888")).unwrap();
    assert!(log.ends_with(" - 0x2e bytes  wdf01000!WdfDumpGuid: log of one KMDF driver (USBXHCI)"), "{log}");
    // The form of the command's public documentation.
    let bytes = [
        "{FE96DDBF-850D-4C4A-A7BF-C686BE526047} - 0xe bytes",
        "  62 00 61 00 64 00 2E 00 73 00 79 00 73 00        b.a.d...s.y.s.",
        "",
    ];
    assert_eq!(run(".enumtag FE96DDBF-850D-4C4A-A7BF-C686BE526047"), bytes);
    assert_eq!(run(".enumtag {fe96"), bytes);
    assert_eq!(run(".enumtag *").iter().filter(|line| line.ends_with(" bytes")).count(), 7);
    let unknown = golden::run(&mut session(), ".enumtag 77").unwrap_err();
    assert!(unknown.to_string().contains("no tagged data of '77'"), "{unknown}");
}

#[test]
fn facts_come_from_tagged_data() {
    let facts = run("!analyze").join("\n");
    assert!(facts.contains("  Driver     bad.sys"), "{facts}");
    assert!(facts.contains("  Before     \\Device\\HarddiskVolume3\\Tools\\a.exe"), "{facts}");
    let target = run("vertarget");
    assert_eq!(target[target.len() - 2..], ["Processor: Example Chip 9000", "Hypervisor: KVMKVMKVM"]);
    let facts = run("!analyze");
    for fact in ["  Processor  Example Chip 9000", "  Hypervisor KVMKVMKVM"] {
        assert!(facts.iter().any(|line| line == fact), "{facts:?}");
    }
    let plain = Subject::from_bytes("generated.dmp", synth::Triage::sample().dump()).unwrap();
    let mut plain = Session::new(Target::of(plain), Settings::default());
    let nothing = golden::run(&mut plain, "vertarget").unwrap();
    assert!(nothing.iter().all(|line| !line.starts_with("Processor") && !line.starts_with("Hypervisor")));
}
