//! Built-in layouts and a debugger data block that states other offsets: what it states wins, what contradicts the dump
//! is refused.

use std::io::Read;
use std::path::PathBuf;

use crate::golden::run;
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::search::finder;
use dumpscope::search::path::SearchPath;
use dumpscope::session::{Session, Settings};

/// Fields of KDDEBUGGER_DATA64 by their offsets in it (Microsoft's wdbgexts.h).
const OFFSET_KTHREAD_TEB: usize = 0x29a;
const OFFSET_KTHREAD_STATE: usize = 0x2a2;
const OFFSET_EPROCESS_PEB: usize = 0x2aa;
const SIZE_EPROCESS: usize = 0x2a8;
/// `OwnerTag` stands behind the list entry of the block's header.
const OWNER_TAG: usize = 0x10;

/// The Wi-Fi case without symbols, with 16-bit fields of its debugger data block replaced.
fn patched(fields: &[(usize, u16)]) -> (tempfile::TempDir, Session) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/demo/wifi.dmp.gz");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    let tags: Vec<usize> = (0..bytes.len() - 4).filter(|&at| &bytes[at..at + 4] == b"KDBG").collect();
    // The block's own size stands behind its tag; the tag's text may also be in code.
    let block = tags.iter().filter(|&&at| {
        (0x300..0x500).contains(&bytes[at + 4..].first_chunk().map_or(0, |s| u32::from_le_bytes(*s)))
    });
    let block: Vec<usize> = block.map(|at| at - OWNER_TAG).collect();
    assert_eq!(block.len(), 1, "one debugger data block");
    for (field, value) in fields {
        bytes[block[0] + field..block[0] + field + 2].copy_from_slice(&value.to_le_bytes());
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("patched.dmp");
    std::fs::write(&file, bytes).unwrap();
    let mut target = Target::new(DumpFile::open(&file, &mut |_| {}).unwrap());
    let options = finder::FinderOptions { network: false, ..finder::FinderOptions::default() };
    target.set_paths(SearchPath::default(), SearchPath::default(), options);
    (folder, Session::new(target, Settings::default()))
}

#[test]
fn a_stated_offset_wins_and_is_said() {
    // 19041 has State at 0x184 and Teb at 0xf0.
    let (_plain, mut plain) = patched(&[]);
    let before = run(&mut plain, "dt nt!_KTHREAD State Teb").unwrap();
    assert!(before[0].contains("+0x0f0 Teb") && before[1].contains("+0x184 State"), "{before:?}");
    assert_eq!(before.iter().filter(|line| line.starts_with("Note: ")).count(), 1);

    let (_folder, mut session) = patched(&[(OFFSET_KTHREAD_STATE, 0x18c)]);
    let shown = run(&mut session, "dt nt!_KTHREAD State Teb").unwrap();
    assert!(shown[0].contains("+0x0f0 Teb") && shown[1].contains("+0x18c State"), "{shown:?}");
    let note = shown.iter().find(|line| line.contains("_KTHREAD.State at 0x18c")).unwrap();
    assert!(note.starts_with("Note: ") && note.contains("(layout: 0x184)"), "{note}");
    // Its neighbours are left out rather than shown where they may not be, and that is said.
    assert!(run(&mut session, "dt nt!_KTHREAD WaitIrql").unwrap_err().contains("no member"));
    assert!(
        shown.iter().any(|line| line.ends_with("whose place is then not sure are left out")),
        "{shown:?}"
    );
    // The value is read where the block says: the two dumps hold the same memory.
    let value = |lines: &[String]| lines[0].split(" : ").nth(1).unwrap().to_owned();
    let there = run(&mut session, "dt nt!_KTHREAD @$thread State").unwrap();
    let byte = run(&mut plain, "?? *(unsigned char *)(@@(@$thread) + 0x18c)").unwrap();
    // `dt` writes a byte as `0x2 ''`, `??` as `0x02 ''`.
    let number =
        |text: &str| u64::from_str_radix(text.split(' ').next().unwrap().trim_start_matches("0x"), 16);
    assert_eq!(number(byte[0].split_once("unsigned char ").unwrap().1), number(&value(&there)));
    // Other structures are as they were, without a word.
    let process = run(&mut session, "dt nt!_EPROCESS @$proc ImageFileName").unwrap();
    assert_eq!(process, run(&mut plain, "dt nt!_EPROCESS @$proc ImageFileName").unwrap());
}

#[test]
fn what_contradicts_the_dump_is_refused() {
    // A member so far away is another one; a smaller structure is another build's.
    for (field, value, ty) in [
        (OFFSET_KTHREAD_TEB, 0x4f0, "_KTHREAD"),
        (OFFSET_KTHREAD_TEB, 0x0f3, "_ETHREAD"),
        (SIZE_EPROCESS, 0x900, "_EPROCESS"),
    ] {
        let (_folder, mut session) = patched(&[(field, value)]);
        let error = run(&mut session, &format!("dt nt!{ty}")).unwrap_err();
        assert!(
            error.contains("does not fit this dump") && error.contains(&format!("{value:#x}")),
            "{error}"
        );
        assert!(run(&mut session, "dt nt!_LIST_ENTRY").is_ok());
    }
}

/// A structure whose every stated member is elsewhere is not corrected into something that looks right.
#[test]
fn a_layout_that_is_mostly_wrong_is_refused() {
    let (_folder, mut session) = patched(&[
        (OFFSET_EPROCESS_PEB, 0x558),
        // OffsetEprocessParentCID and OffsetEprocessDirectoryTableBase.
        (0x2ac, 0x548),
        (0x2ae, 0x30),
    ]);
    assert!(run(&mut session, "dt nt!_EPROCESS").unwrap_err().contains("does not fit this dump"));
    assert!(run(&mut session, "dt nt!_KTHREAD State").is_ok());
}
