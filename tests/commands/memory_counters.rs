//! `!vm` and `!memusage` on the forge's dumps, against what the emulator recorded.

use crate::forge::{demo, number, root, truth};
use crate::golden::{run, session, with_symbols};
use crate::patched::{Patched, offset};
use dumpscope::kernel::{PageFrames, PageList, Process};

/// The pages of a row.
fn pages(lines: &[String], label: &str) -> u64 {
    let line =
        lines.iter().find(|line| line.starts_with(label)).unwrap_or_else(|| panic!("{label}: {lines:#?}"));
    let count = line[label.len()..].split('(').next().unwrap().trim();
    count.parse().unwrap_or_else(|_| panic!("{line}"))
}

#[test]
fn counters_are_those_that_the_emulator_recorded() {
    for case in ["wifi", "usb"] {
        let truth = truth(case);
        let lines = run(&mut with_symbols(&demo(case)), "!vm 1").unwrap();
        for (label, member) in [
            ("Physical Memory:", "_MI_VISIBLE_PARTITION.NumberOfPhysicalPages"),
            ("Available Pages:", "_MI_VISIBLE_PARTITION.AvailablePages"),
            ("ResAvail Pages:", "_MI_VISIBLE_PARTITION.ResidentAvailablePages"),
            ("Committed pages:", "_MI_VISIBLE_PARTITION.TotalCommittedPages"),
            ("Commit limit:", "_MI_VISIBLE_PARTITION.TotalCommitLimit"),
            ("Shared Commit:", "_MI_VISIBLE_PARTITION.SharedCommit"),
            ("ProcessLockedFilePages:", "_MI_VISIBLE_PARTITION.ProcessLockedFilePages"),
            ("Modified No Write Pages:", "_MMPFNLIST.Total"),
            ("NonPagedPool Commit:", "_MI_VISIBLE_STATE.NonPagedPoolCommit"),
            ("NonPagedPool Max:", "_MI_VISIBLE_STATE.MaximumNonPagedPoolInPages"),
            ("PagedPool Maximum:", "_MI_VISIBLE_STATE.SizeOfPagedPoolInPages"),
            ("Process Commit:", "_MI_VISIBLE_STATE.ProcessCommit"),
            ("Driver Commit:", "_MI_VISIBLE_STATE.DriverCommit"),
            ("System PageTables:", "_MI_VISIBLE_STATE.SystemPageTableCommit"),
            ("Boot Commit:", "_MI_VISIBLE_STATE.BootCommit"),
            ("Pages For MDLs:", "_MI_VISIBLE_STATE.MdlPagesAllocated"),
            ("PFN Array Commit:", "_MI_VISIBLE_STATE.PfnDatabaseCommit"),
            ("PagedPool Usage:", "_MM_PAGED_POOL_INFO.AllocatedPagedPool"),
            ("NonPagedPool Usage:", "_MI_POOL_STATE.AllocatedNonPagedPool"),
            // What the processes have committed, added up one by one.
            ("Total Private:", "_MI_VISIBLE_STATE.ProcessCommit"),
        ] {
            assert_eq!(pages(&lines, label), number(&truth["memory"][0][member]), "{case}: {label}");
        }
    }
}

/// Without symbols the debugger data block has the main ones; the others are not made up.
#[test]
fn the_debugger_data_block_has_some_counters() {
    let truth = truth("wifi");
    let mut session = session(&root().join("tests/data/wifi-full.dmp.gz"));
    let lines = run(&mut session, "!vm 1").unwrap();
    for (label, member) in [
        ("Committed pages:", "_MI_VISIBLE_PARTITION.TotalCommittedPages"),
        ("Commit limit:", "_MI_VISIBLE_PARTITION.TotalCommitLimit"),
    ] {
        assert_eq!(pages(&lines, label), number(&truth["memory"][0][member]), "{label}");
    }
    assert!(lines.contains(&"System PageTables:       ????????".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"Not known: nt!MiState is not known".to_owned()), "{lines:#?}");
}

/// The emulator's pages are in use or zeroed, and all of them are in the dump's list of memory.
#[test]
fn pages_are_counted_by_list() {
    let truth = truth("wifi");
    let mut session = session(&root().join("tests/data/wifi-full.dmp.gz"));
    let lines = run(&mut session, "!memusage").unwrap();
    let count = |label: &str| {
        let line = lines.iter().find(|line| line.trim_start().starts_with(label)).unwrap();
        line.split(':').nth(1).unwrap().split('(').next().unwrap().trim().parse::<u64>().unwrap()
    };
    let total = number(&truth["memory"][0]["_MI_VISIBLE_PARTITION.NumberOfPhysicalPages"]);
    assert_eq!((count("TOTAL"), count("not in the dump")), (total, 0));
    assert_eq!(count("Zeroed") + count("Active/Valid"), total);
    assert!(count("Zeroed") > 0 && count("Active/Valid") > 0);
}

/// Pages of a mapped file, laid out by hand: their records refer to the file's subsection. In bytes of `_MMPFN` of build 19041:
/// the list in the low three bits of 0x22, the entry to be put back at 0x10, how many refer to the page at 0x18, and at
/// 0x28 in bit 63 that a prototype PTE does.
#[test]
fn pages_are_counted_by_file() {
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let (before, _folder) = dump.open_with(with_symbols);
    let scope = before.scope();
    let mapped = |process: Process<'_>| {
        let vads: Vec<_> = process.vads().ok()?.filter_map(Result::ok).collect();
        vads.iter()
            .find_map(|vad| Some((vad.address(), vad.control_area().ok()?.address(), vad.file().ok()?)))
    };
    let (vad, area, file) = Process::all(&scope).unwrap().filter_map(Result::ok).find_map(mapped).unwrap();
    let subsection = dump.pointer(vad + offset("_MMVAD", "Subsection"));
    assert_eq!(dump.pointer(subsection), area);
    let frames = PageFrames::of(&scope).unwrap();
    let in_use = |page: &u64| frames.frame(*page).list() == Ok(PageList::ACTIVE);
    let pages: Vec<u64> = (1..0x400).filter(in_use).take(8).collect();
    assert_eq!(pages.len(), 8);
    // Three in use, of which two are shared, two on standby, one modified; one of a section in the page file.
    let entry = subsection << 16 | 0x400 | 1 << 5;
    for (page, list, share, original) in [
        (pages[0], 6u64, 1u64, entry),
        (pages[1], 6, 2, entry),
        (pages[2], 6, 7, entry),
        (pages[3], 2, 0, entry),
        (pages[4], 2, 0, entry),
        (pages[5], 3, 0, entry),
        (pages[6], 6, 1, 0x80),
    ] {
        let record = frames.frame(page).address();
        dump.change(record + 0x22, 1, |old| old & !7 | list);
        dump.point(record + 0x10, original);
        dump.point(record + 0x18, share);
        dump.change(record + 0x28, 8, |old| old | 1 << 63);
    }
    // Not of a prototype: the same entry is nothing's.
    dump.point(frames.frame(pages[7]).address() + 0x10, entry);
    let (mut session, _folder) = dump.open_with(with_symbols);
    let lines = run(&mut session, "!memusage").unwrap();
    let start = lines.iter().position(|line| line.trim() == "Usage Summary (in Kb):").unwrap();
    let rows: Vec<Vec<&str>> =
        lines[start + 2..].iter().map(|line| line.split_whitespace().collect()).collect();
    let area = format!("{area:016x}");
    assert_eq!(rows[0], [area.as_str(), "12", "8", "4", "8", "mapped_file(", file.as_str(), ")"]);
    assert_eq!(rows[1], ["----------------", "4", "0", "0", "0", "page", "file", "sections"]);
    assert_eq!(rows.len(), 2, "{lines:#?}");
    let alone = run(&mut session, "!memusage 8").unwrap();
    assert_eq!(alone[..], lines[..alone.len()]);
    assert!(!alone.iter().any(|line| line.contains("Usage Summary")));
}
