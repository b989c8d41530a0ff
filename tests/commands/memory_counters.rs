//! `!vm` and `!memusage` on the forge's dumps, against what the emulator recorded.

use crate::forge::{demo, number, root, truth};
use crate::golden::{run, session};
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::path::SearchPath;
use dumpscope::session::Session;
use std::path::Path;

/// A demo with its symbols.
fn with_symbols(case: &str) -> Session {
    let mut session = session(&demo(case));
    let store = root().join("assets/demo/symbols.zip");
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("counters-cache");
    let options = FinderOptions { default_cache: cache, network: false, ..FinderOptions::default() };
    session.target.set_paths(SearchPath::parse(store.to_str().unwrap()), SearchPath::default(), options);
    session
}

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
        let lines = run(&mut with_symbols(case), "!vm 1").unwrap();
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
