//! The I/O commands on a real triage dump of bug check 0x9F: what an expert read from it by hand
//! (`golden/verdicts.tsv`) can be read off.

use crate::golden::{real_dumps, run, session};

const PDO: &str = "ffffd68fe35b8050";
const IRP: &str = "ffffd68fe383b8a0";
const DRIVER: &str = "ffffd68fe34e8060";
const HOLDER: &str = "ffffd68fe39130a0";

fn dump() -> Option<dumpscope::session::Session> {
    let shared = crate::shared::root_with(&["dumps/training-bsods-9f.dmp"])?;
    Some(session(&shared.join("dumps/training-bsods-9f.dmp")))
}

#[test]
fn the_key_evidence_of_a_power_failure_is_shown() {
    let Some(mut session) = dump() else { return };
    let device = run(&mut session, &format!("!devobj {PDO}")).unwrap();
    assert!(device[1].ends_with(&format!("\\Driver\\iaStorAC DriverObject {DRIVER}")), "{device:#?}");
    // Its name lies elsewhere in memory, which the dump does not hold.
    assert!(device[1].starts_with(" ????????"), "{device:#?}");
    let last = device.last().unwrap();
    assert!(
        last.starts_with("Not known: ") && last.ends_with("not among the memory saved in this triage dump")
    );

    let irp = run(&mut session, &format!("!irp {IRP}")).unwrap();
    let current = irp.iter().position(|line| line.starts_with('>')).unwrap();
    assert_eq!(irp[current], ">[IRP_MJ_POWER(16), IRP_MN_SET_POWER(2)]");
    assert!(irp[current + 1].contains(HOLDER) && irp[current + 1].ends_with("pending"), "{irp:#?}");
    assert!(irp[current + 2].trim_start().starts_with("\\Driver\\disk"), "{irp:#?}");
    assert!(irp[current + 3].contains("device to D3"), "{irp:#?}");
    let last = irp.last().unwrap();
    assert!(last.starts_with(&format!("The request is with \\Driver\\disk (device {HOLDER})")), "{last}");

    let stack = run(&mut session, &format!("!devstack {PDO}")).unwrap();
    let rows: Vec<&str> =
        stack.iter().filter_map(|line| line.split_whitespace().find(|w| w.starts_with('\\'))).collect();
    assert_eq!(
        rows,
        ["\\Driver\\partmgr", "\\Driver\\disk", "\\Driver\\ACPI", "\\Driver\\iaStorAC"],
        "{stack:#?}"
    );
    assert!(stack.iter().any(|line| line.contains("Raid_1_Volume")), "{stack:#?}");
}

#[test]
fn a_storage_miniport_has_no_hooks() {
    let Some(mut session) = dump() else { return };
    for asked in ["iaStorAC", "\\Driver\\iaStorAC", DRIVER] {
        let lines = run(&mut session, &format!("!drvobj {asked} 2")).unwrap();
        assert_eq!(lines[0], format!("Driver object ({DRIVER}) is for:"));
        assert!(!lines.iter().any(|line| line.contains("<-") || line.contains("hook")), "{lines:#?}");
        let port = lines.iter().filter(|line| line.ends_with("(storage port driver)")).count();
        assert!(port >= 5, "{lines:#?}");
    }
    let why = run(&mut session, "!drvobj nosuchdriver").unwrap_err();
    assert!(why.contains("no driver object of the name 'nosuchdriver' was found"), "{why}");
}

/// The blocked request is found without its address; the dump holds few more.
#[test]
fn requests_are_found_in_what_the_file_holds() {
    let Some(mut session) = dump() else { return };
    let lines = run(&mut session, "!irpfind").unwrap();
    let row = lines.iter().find(|line| line.starts_with(IRP)).unwrap();
    assert!(row.contains(&format!("{HOLDER} [ \\Driver\\disk]")), "{row}");
    assert!(lines.last().unwrap().starts_with("This dump holds single ranges"), "{lines:#?}");
}

/// The power manager's list, by the bug check's parameter: of its fifteen requests two change a state, and both stand in the
/// stack of the RAID volume.
#[test]
fn power_requests_are_listed_without_symbols() {
    let Some(mut session) = dump() else { return };
    let lines = run(&mut session, "!poaction").unwrap();
    let irps: Vec<&String> = lines.iter().filter(|line| line.starts_with("  IRP: ")).collect();
    assert_eq!(irps.len(), 15, "{lines:#?}");
    let blocked = irps.iter().find(|line| line.contains(IRP)).unwrap();
    assert_eq!(
        **blocked,
        format!("  IRP: {IRP} (set/D3,), PDO: {PDO}, CURRENT: {HOLDER}, HOLDER: {HOLDER} \\Driver\\disk")
    );
    let changing: Vec<&&String> = irps.iter().filter(|line| line.contains("(set/")).collect();
    assert_eq!(changing.len(), 2, "{lines:#?}");
    assert!(changing.iter().all(|line| line.contains(&format!("PDO: {PDO}"))), "{lines:#?}");
    assert!(irps.iter().all(|line| !line.contains("????????")), "{lines:#?}");
    let triage = run(&mut session, "!powertriage").unwrap();
    let with = triage.iter().filter(|line| line.starts_with("The request is with \\Driver\\")).count();
    assert_eq!(with, 2, "{triage:#?}");
}

/// The last words of the storage driver's log.
#[test]
fn the_log_of_a_driver_is_read() {
    let Some(mut session) = dump() else { return };
    let sessions = run(&mut session, "!wmitrace.strdump").unwrap();
    assert!(sessions.iter().any(|line| line.starts_with("0d IntelRST ")), "{sessions:#?}");
    let lines = run(&mut session, "!wmitrace.logdump IntelRST").unwrap();
    let blocked = lines.iter().rposition(|line| line.ends_with("'Volume1', the queue is blocked")).unwrap();
    let off = lines.iter().rposition(|line| line.ends_with("while underlying device is OFF")).unwrap();
    assert!(off + 10 > lines.len() && blocked + 10 > lines.len(), "{off} and {blocked} of {}", lines.len());
    // The bug check came five minutes after the driver fell silent.
    assert!(lines[off].contains("    -299."), "{}", lines[off]);
    assert_eq!(run(&mut session, "!wmitrace.logdump d").unwrap(), lines);
    let last = run(&mut session, "!wmitrace.logdump -n 3 IntelRST").unwrap();
    assert_eq!(last[1..], lines[lines.len() - 3..]);
    let why = run(&mut session, "!wmitrace.logdump nosuch").unwrap_err();
    assert!(why.contains("IntelRST"), "{why}");
}

/// Sessions of all real dumps: no event lies before its session's start or after the crash.
#[test]
fn every_dump_s_sessions_are_read() {
    let Some(shared) = crate::shared::root_with(&["dumps"]) else { return };
    let mut dumps = 0;
    for path in real_dumps(&shared) {
        let mut session = session(&path);
        let Ok(lines) = run(&mut session, "!wmitrace.strdump") else { continue };
        dumps += 1;
        let events: usize =
            lines[1..].iter().filter_map(|line| line.get(47..53)?.trim().parse::<usize>().ok()).sum();
        // One dump's data end before the first session.
        assert!(events > 0 || lines.len() == 1, "{}: {lines:#?}", path.display());
    }
    assert!(dumps >= 15, "only {dumps} dumps have sessions");
}

/// The framework's logs in all real dumps, of both forms: numbers rise by one, and times never fall.
#[test]
fn the_framework_s_logs_are_read() {
    let Some(shared) = crate::shared::root_with(&["dumps"]) else { return };
    let (mut logs, mut timed) = (0, 0);
    for path in real_dumps(&shared) {
        let mut session = session(&path);
        let Ok(lines) = run(&mut session, "!wdflogdump") else { continue };
        let count: usize = lines[0].split(": ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        assert!(count > 0 && lines.len() == count + 1, "{}: {}", path.display(), lines[0]);
        let numbers: Vec<u32> =
            lines[1..].iter().map(|line| line.split_whitespace().next().unwrap().parse().unwrap()).collect();
        assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1), "{}: {numbers:?}", path.display());
        timed += usize::from(lines[1].contains('/'));
        logs += 1;
    }
    assert!(logs >= 20 && timed >= 5, "{logs} logs, {timed} with times");
}
