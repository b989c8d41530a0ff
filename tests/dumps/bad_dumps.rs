//! Files that are no usable dump: each must give one clear message, or open with warnings that say what is missing.

use crate::synth;
use std::path::Path;

use crate::synth::{Machine, Triage};
use dumpscope::debuggee::{Subject, Target};
use dumpscope::dump::{Bits, DumpFile, DumpKind};
use dumpscope::memory::{Memory, PhysicalMemory, Reason};

fn open(path: &Path) -> Result<DumpFile, String> {
    DumpFile::open(path, &mut |_| {}).map_err(|error| error.to_string())
}

/// Writes `bytes` to a file and opens it.
fn opened(bytes: &[u8]) -> Result<DumpFile, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.dmp");
    std::fs::write(&path, bytes).unwrap();
    open(&path)
}

fn message(bytes: &[u8]) -> String {
    opened(bytes).expect_err("it should not open")
}

#[track_caller]
fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in {text:?}");
    }
    assert!(!text.contains('\n'), "one line: {text:?}");
}

#[test]
fn what_is_no_file_says_so() {
    let folder = tempfile::tempdir().unwrap();
    has(&open(folder.path()).unwrap_err(), &["is a directory"]);
    has(&open(&folder.path().join("nothing.dmp")).unwrap_err(), &["nothing.dmp", "no such file"]);
    #[cfg(unix)]
    has(&open(Path::new("/dev/null")).unwrap_err(), &["device or a pipe"]);
}

#[test]
#[cfg(unix)]
fn no_permission_says_so() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret.dmp");
    std::fs::write(&path, Machine::new(1, 4).dump(1)).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).unwrap();
    match open(&path) {
        Err(text) => has(&text, &["secret.dmp", "permission denied"]),
        Ok(_) => println!("skipped: this user may read everything"),
    }
}

#[test]
fn other_files_are_named() {
    has(&message(b""), &["is empty"]);
    has(&message(&[0; 0x5000]), &["only zeros", "0x5000"]);
    has(&message(b"MDMP\x93\xa7 and so on"), &["user-mode minidump", "WinDbg"]);
    has(&message(b"MZ\x90\0\x03\0\0\0"), &["4d 5a 90 00", "an image, and a dump"]);
    let image = Subject::from_bytes("test.sys", b"MZ\x90\0\x03\0\0\0".to_vec()).expect_err("no image");
    has(&image.to_string(), &["test.sys", "PE image", "DOS header", "cut off"]);
    has(&message(b"hello"), &["neither a Windows kernel crash dump nor a PE image", "PAGEDU64", "MZ"]);
    has(&message(b"\x1b[31mhello"), &["1b 5b 33", "(.[31mhel)"]);
    has(&message(b"PAGEDU64"), &["cut off inside its header", "0x8 bytes", "0x2000"]);
    has(&message(b"PAGE"), &["PAGEDU64"]);
}

#[test]
fn headers_alone_open_with_a_warning() {
    let machine = Machine::new(1, 4);
    for (bytes, warning) in [
        (machine.dump(1)[..0x2000].to_vec(), "no page of memory"),
        (machine.header(1), "lists no physical memory"),
        (machine.header(5), "no page of memory"),
        (machine.header(8), "no page of memory"),
        (machine.header(3), "header dump"),
        (machine.header(4), "before the triage data"),
        (machine.header(0x99), "dump type 0x99 is not known"),
        (synth::header32(5), "32-bit"),
        (synth::header32(4), "before the triage data"),
    ] {
        let dump = opened(&bytes).unwrap();
        assert!(dump.warnings().iter().any(|text| text.contains(warning)), "{:?}", dump.warnings());
        assert_ne!(dump.header().bug_check_code, 0);
        // What follows from it is not said again.
        if !dump.has_memory() {
            let count = dump.warnings().len();
            let target = Target::new(dump);
            assert_eq!((count, target.warnings().len()), (1, 1), "{:?}", target.warnings());
        }
    }
}

#[test]
fn the_pages_of_a_truncated_file_stay_readable() {
    let mut machine = Machine::new(0x40, 4);
    (1..30).for_each(|pfn| machine.pattern(pfn));
    for kind in [1, 2, 5, 6, 7, 8, 9, 10] {
        let whole = machine.dump(kind);
        let first_page = whole.len() - machine.pages.len() * synth::PAGE;
        let cut = &whole[..first_page + 10 * synth::PAGE + 0x123];
        let dump = opened(cut).unwrap();
        if ![8, 9].contains(&kind) {
            // The list of kernel dumps of a debugger has no number of pages in its header.
            has(&dump.warnings().join("; "), &["cut off", "0xa of 0x1e pages"]);
        }
        let memory = PhysicalMemory::new(&dump);
        for (index, (pfn, page)) in machine.pages.iter().enumerate() {
            let read = memory.window(pfn << 12);
            match index {
                0..10 => assert_eq!(read.unwrap(), page),
                10 => assert_eq!(read.unwrap(), &page[..0x123]),
                _ => assert!(matches!(read.unwrap_err().reason, Reason::BeyondFile { .. })),
            }
        }
    }
}

#[test]
fn damaged_counts_are_reported() {
    let mut machine = Machine::new(0x40, 4);
    (1..30).for_each(|pfn| machine.pattern(pfn));
    let warnings = |bytes: &[u8]| opened(bytes).unwrap().warnings().join("; ");
    let mut full = machine.dump(1);
    synth::put32(&mut full, 0x88, 1000);
    has(&warnings(&full), &["0x3e8 runs", "room for 0x2a"]);
    let mut bitmap = machine.dump(5);
    synth::put64(&mut bitmap, 0x2030, u64::MAX);
    has(&warnings(&bitmap), &["beyond the end of the file"]);
    let mut bitmap = machine.dump(5);
    synth::put64(&mut bitmap, 0x2020, 0x2000);
    has(&warnings(&bitmap), &["inside the bitmap"]);
    let mut bitmap = machine.dump(5);
    synth::put(&mut bitmap, 0x2000, b"what");
    has(&warnings(&bitmap), &["what"]);
    let mut rdmp = machine.dump(8);
    synth::put64(&mut rdmp, 0x2010, 7);
    has(&warnings(&rdmp), &["may be misread"]);
    let mut encrypted = machine.dump(5);
    synth::put32(&mut encrypted, 0x1050, 0x100);
    has(&warnings(&encrypted), &["encrypted"]);
}

#[test]
fn damaged_triage_dumps_are_reported() {
    let whole = Triage::sample().dump();
    assert_eq!(opened(&whole).unwrap().warnings(), &[] as &[String]);
    let cut = opened(&whole[..0x2600]).unwrap();
    has(&cut.warnings().join("; "), &["cut off", "TRGD"]);
    let mut drivers = whole.clone();
    synth::put32(&mut drivers, 0x2034, u32::MAX);
    has(&opened(&drivers).unwrap().warnings().join("; "), &["drivers", "cannot be read"]);
    let mut blocks = whole.clone();
    synth::put32(&mut blocks, 0x207c, u32::MAX);
    has(&opened(&blocks).unwrap().warnings().join("; "), &["data blocks is cut off"]);
}

/// The inputs that came from the field.
#[test]
fn shared_bad_files() {
    let Some(bad) = crate::shared::shared("dumps/bad") else { return };
    let fails = |name: &str, parts: &[&str]| has(&open(&bad.join(name)).unwrap_err(), parts);
    fails("all-zero.dmp", &["only zeros"]);
    fails("empty.dmp", &["is empty"]);
    fails("user-mode-minidump.dmp", &["user-mode minidump"]);
    let warns = |name: &str, bits, kind, parts: &[&str]| {
        let dump = open(&bad.join(name)).unwrap();
        assert_eq!((dump.header().bits, dump.kind()), (bits, kind));
        has(&dump.warnings().join("; "), parts);
        dump
    };
    let live = warns("full-header-only-x64.dmp", Bits::Bits64, DumpKind::Full, &["no page of memory"]);
    assert_eq!(live.header().comment.as_deref(), Some("LiveKD live system view"));
    warns("full-header-only-x86.dmp", Bits::Bits32, DumpKind::Full, &["no page of memory"]);
    warns("full-truncated-16k.dmp", Bits::Bits64, DumpKind::Full, &["0x2 of 0x7fe86 pages"]);
    warns("synthetic-header-x86.dmp", Bits::Bits32, DumpKind::Triage, &["before the triage data"]);
}

/// Tagged data whose bytes are damaged one by one: what they hold is shown as far as it goes, and nothing fails.
#[test]
fn damaged_tagged_data_never_fail() {
    let guid = |digits| dumpscope::util::guid::Guid::of(digits).0;
    let ranges: synth::Ranges<'_> = &[
        (0xffff_8800_0000_0000, b"memory"),
        (0xffff_f800_0000_1004, b"other"),
        (0xffff_8800_0000_0003, b"overlap"),
    ];
    let mut firmware = vec![0, 3, 4, 0, 40, 0, 0, 0, 0, 9, 0, 0, 1, 2, 0, 0, 3];
    firmware.extend(b"Maker\x001.2\x001/2/2024\0\0\x01\x07\0\0\x01\x02\x03A\0B\0\0");
    let secondary = vec![
        (
            guid(0x0d910545_e694_4b15_870c_01625fb32a6f),
            synth::tagged_memory(&[("IoTriageDumpData", ranges), ("M", ranges)]),
        ),
        (guid(0xbc5c008f_1e3a_44d7_988d_86f6884c6758), firmware),
        (
            guid(0x6c7ac389_4313_47dc_9f34_a8800a0fb56c),
            vec![4, 0, 0, 0, b'a', 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, b'x', 0],
        ),
        (guid(0xe83b40d2_b0a0_4842_abea_71c9e3463dd1), [b"FACP\x24\0\0\0".as_slice(), &[b'A'; 28]].concat()),
        (guid(0x7b581fa7_81c2_423f_a65c_1266fb10603d), b"DIVH\x44\0\0\0\0\0\0@KVMKVMKVM\0\0\0".to_vec()),
        (guid(0xbe84d651_a550_4367_8e63_ab792b631f94), vec![1, 0, 0, 0, 12, 0, 0, 0, b'a', 0, 0, 0]),
    ];
    let whole = Triage { secondary, ..Triage::sample() }.dump();
    let start = whole.windows(8).position(|bytes| bytes == b"DumpBlob").unwrap();
    let read = |bytes: Vec<u8>| {
        let target = Target::new(DumpFile::from_bytes("test.dmp", bytes).unwrap());
        let dump = target.dump().unwrap();
        let tagged = dump.tagged();
        let differences = target.memory().blocks().unwrap().differences().count();
        (tagged.hardware(), tagged.last_crashed_image(), tagged.named_driver(), differences)
    };
    let (hardware, image, _, differences) = read(whole.clone());
    assert!(hardware.cpu.is_none() && hardware.firmware.unwrap().bios_version.as_deref() == Some("1.2"));
    assert_eq!((hardware.acpi.len(), hardware.hypervisor.as_deref()), (1, Some("KVMKVMKVM")));
    assert_eq!((image.as_deref(), differences), (Some("a"), 4));
    for at in start..whole.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = value;
            read(damaged);
        }
        read(whole[..at].to_vec());
    }
}
