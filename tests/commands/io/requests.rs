//! `!irp`, `!irpfind`, `!processirps`.

use super::{WIFI, pointer, whole};
use crate::forge::{list, number, truth};
use crate::golden::{run, session, words};
use crate::patched::{Patched, offset};

#[test]
fn requests_are_those_of_the_record() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        let found = run(&mut session, "!irpfind").unwrap();
        for irp in list(&truth, "irps") {
            let (at, current) = (number(&irp["address"]), irp["current"].as_u64().unwrap());
            let levels = list(irp, "levels");
            let lines = run(&mut session, &format!("!irp {at:x}")).unwrap();
            assert!(
                lines[0]
                    .starts_with(&format!("Irp is active with {} stacks {current} is current", levels.len())),
                "{lines:#?}"
            );
            let thread = number(&irp["thread"]);
            assert!(lines[1].contains(&format!(" Thread {thread:016x}:  Irp stack trace.")), "{lines:#?}");
            for (index, level) in levels.iter().enumerate() {
                let four = &lines[3 + index * 4..7 + index * 4];
                let mark = if index as u64 + 1 == current { ">[" } else { " [" };
                assert!(four[0].starts_with(mark), "{four:#?}");
                let control = level["control"].as_u64().unwrap();
                if number(&level["device"]) != 0 {
                    let major = level["major"].as_u64().unwrap();
                    assert!(four[0].contains(&format!("({major:x}), N/A(0)]")), "{four:#?}");
                }
                let numbers = words(&four[1]);
                assert_eq!(numbers[1], format!("{control:x}"), "{four:#?}");
                assert_eq!(numbers[2], pointer(number(&level["device"])), "{four:#?}");
                assert_eq!(numbers[3], pointer(number(&level["file"])), "{four:#?}");
                let (completion, context) = (number(&level["completion"]), number(&level["context"]));
                assert_eq!(numbers[4], format!("{}-{}", pointer(completion), pointer(context)), "{four:#?}");
                assert_eq!(four[1].ends_with("pending"), control & 1 != 0, "{four:#?}");
                assert_eq!(four[1].contains("Success Error Cancel"), control & 0xe0 == 0xe0, "{four:#?}");
            }
            // The search finds it without any list.
            let row = found.iter().find(|line| line.starts_with(&pointer(at))).unwrap();
            let holder = number(&levels[usize::try_from(current).unwrap() - 1]["device"]);
            assert!(row.contains(&format!("[{thread:016x}] irpStack: (")), "{row}");
            assert!(row.contains(&format!("  {holder:016x} [ \\Driver\\")), "{row}");
            let last = lines.last().unwrap();
            assert!(last.contains(&format!("(device {holder:016x})")), "{last}");
            compared += 1;
        }
        let count = format!("{} shown; 0 found that are completed.", list(&truth, "irps").len());
        assert_eq!(found.last(), Some(&count));
    }
    assert!(compared >= 2, "only {compared} requests");
}

#[test]
fn the_search_heeds_its_criterion() {
    let truth = truth("wifi");
    let mut session = session(&crate::forge::root().join(WIFI));
    let irps = list(&truth, "irps");
    let at = |index: usize| pointer(number(&irps[index]["address"]));
    let device = number(&irps[0]["levels"][1]["device"]);
    let file = number(&irps[1]["levels"][0]["file"]);
    for (criterion, wanted) in [
        (format!("device {device:x}"), vec![at(0), at(1)]),
        (format!("fileobject {file:x}"), vec![at(1)]),
        ("driver wlanflt".to_owned(), vec![at(0)]),
        ("thread 1234".to_owned(), vec![]),
        ("arg 123456789".to_owned(), vec![]),
    ] {
        let lines = run(&mut session, &format!("!irpfind {criterion}")).unwrap();
        let rows: Vec<&str> = lines[1..lines.len() - 1].iter().map(|line| words(line)[0]).collect();
        assert!(wanted.iter().all(|irp| rows.contains(&irp.as_str())), "{criterion}: {lines:#?}");
        assert_eq!(rows.len(), wanted.len(), "{criterion}: {lines:#?}");
    }
    assert!(run(&mut session, "!irpfind colour 1").is_err());
}

/// The values of the sample of bug check 0x9F in Microsoft's documentation, put into a request of the forge; what differs is
/// the address, the driver's name, and the meaning of the arguments, which the sample does not have.
#[test]
fn a_power_request_reads_as_in_the_documentation() {
    let truth = truth("wifi");
    let mut dump = Patched::new(WIFI);
    let irp = number(&list(&truth, "irps")[0]["address"]);
    let device = number(&list(&truth, "devices")[4]["address"]);
    let (size, location) = (0xd0, 0x48);
    dump.put(irp + offset("_IRP", "StackCount"), &[7]);
    dump.put(irp + offset("_IRP", "CurrentLocation"), &[6]);
    dump.point(irp + 0x98, 0);
    // The locations cross the end of a page.
    for at in (0..7 * location).step_by(8) {
        dump.point(irp + size + at, 0);
    }
    let at = irp + size + 5 * location;
    dump.put(at, &[0x16, 2, 0, 0xe1]);
    for (index, value) in [0x16600u64, 1, 4, 6].into_iter().enumerate() {
        dump.point(at + 8 + index as u64 * 8, value);
    }
    dump.point(at + offset("_IO_STACK_LOCATION", "DeviceObject"), device);
    dump.point(irp + size + 6 * location + 0x40, 0xffff_fa80_0ad0_0170);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!irp {irp:x}")).unwrap();
    assert_eq!(lines[0], format!("Irp is active with 7 stacks 6 is current (= 0x{at:x})"));
    assert_eq!(lines[1], " No Mdl: No System Buffer: Thread 00000000:  Irp stack trace.");
    assert_eq!(lines[2], "     cmd  flg cl Device   File     Completion-Context");
    for unused in 0..5 {
        let four = &lines[3 + unused * 4..7 + unused * 4];
        assert_eq!(four[0], " [N/A(0), N/A(0)]");
        assert_eq!(four[1], "            0  0 00000000 00000000 00000000-00000000");
        assert_eq!(four[2], "");
        assert_eq!(four[3].trim_start(), "Args: 00000000 00000000 00000000 00000000");
    }
    assert_eq!(lines[23], ">[IRP_MJ_POWER(16), IRP_MN_SET_POWER(2)]");
    assert_eq!(lines[24], format!("            0 e1 {device:016x} 00000000 00000000-00000000    pending"));
    assert_eq!(
        lines[26].trim_start(),
        "Args: 00016600 00000001 00000004 00000006  device to D3, action ShutdownOff"
    );
    assert_eq!(lines[28], "            0  0 00000000 00000000 00000000-fffffa800ad00170");
}

#[test]
fn what_is_no_request_is_not_shown_as_one() {
    let truth = truth("wifi");
    let mut dump = Patched::new(WIFI);
    let irps = list(&truth, "irps");
    let (first, second) = (number(&irps[0]["address"]), number(&irps[1]["address"]));
    let device = number(&list(&truth, "devices")[0]["address"]);
    // The current location lies far beyond the last one; a count that no request has.
    dump.put(first + offset("_IRP", "CurrentLocation"), &[9]);
    dump.put(second + offset("_IRP", "StackCount"), &[0xff]);
    let (mut session, _folder) = dump.open();
    for (at, counts) in [(first, "location 9 of 3"), (second, "location 1 of 255"), (device, "type 3 ")] {
        let lines = run(&mut session, &format!("!irp {at:x}")).unwrap();
        assert!(lines[0].starts_with("IRP signature does not match, probably not an IRP: "), "{lines:#?}");
        assert!(lines[0].contains(counts), "{lines:#?}");
        assert_eq!(lines.len(), 1);
    }
    let found = run(&mut session, "!irpfind").unwrap();
    assert_eq!(found.last().unwrap(), "0 shown; 0 found that are completed.");
    let why = run(&mut session, "!devobj ffffa4058c032db0").unwrap();
    assert!(why[0].contains("is no device object: its type is 6"), "{why:#?}");
}

#[test]
fn a_completed_request_is_told_and_counted() {
    let truth = truth("wifi");
    let mut dump = Patched::new(WIFI);
    let irp = number(&list(&truth, "irps")[0]["address"]);
    dump.put(irp + offset("_IRP", "CurrentLocation"), &[4]);
    // The pointer moves with the number.
    dump.point(irp + 0xb8, irp + 0xd0 + 3 * 0x48);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!irp {irp:x}")).unwrap();
    assert!(lines[0].starts_with("Irp is active with 3 stacks 4 is current"), "{lines:#?}");
    assert_eq!(lines[1], "Irp is completed.");
    assert_eq!(lines.last().unwrap(), "No driver has the request: it is completed.");
    let lines = run(&mut session, "!irpfind").unwrap();
    assert_eq!(lines.last().unwrap(), "1 shown; 1 found that are completed; -a shows those, too.");
    let lines = run(&mut session, "!irpfind -a").unwrap();
    let row = lines.iter().find(|line| line.starts_with(&pointer(irp))).unwrap();
    assert!(row.ends_with("] Irp is complete (CurrentLocation 4 > StackCount 3)"), "{row}");
}

#[test]
fn the_requests_of_a_process_are_those_of_its_threads_and_files() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        let lines = run(&mut session, "!processirps 0").unwrap();
        for irp in list(&truth, "irps") {
            let current = usize::try_from(irp["current"].as_u64().unwrap()).unwrap();
            let device = number(&irp["levels"][current - 1]["device"]);
            let at = number(&irp["address"]);
            let row = lines
                .iter()
                .position(|line| line.starts_with(&format!("    IRP {at:016x} - Owned by \\")))
                .unwrap();
            assert!(lines[row].ends_with(&format!(" for device {device:016x}")), "{}", lines[row]);
            // Its thread stands above it, and above that the process.
            let head = lines[..row].iter().rev().find(|line| line.starts_with("  Thread ")).unwrap();
            assert_eq!(*head, format!("  Thread {:016x}:", number(&irp["thread"])));
            let process = lines[..row].iter().rev().find(|line| line.starts_with("**** PROCESS ")).unwrap();
            let threads = list(&truth, "threads").iter();
            let thread = threads.clone().find(|thread| thread["ethread"] == irp["thread"]).unwrap();
            let mut processes = list(&truth, "processes").iter();
            let owner = processes.find(|process| process["pid"] == thread["pid"]).unwrap();
            let owner = number(&owner["eprocess"]);
            assert!(process.starts_with(&format!("**** PROCESS {owner:016x} (Image: ")), "{process}");
            compared += 1;
        }
    }
    assert!(compared >= 2, "only {compared} requests");
}
