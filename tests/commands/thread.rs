//! `!thread` against the forge's record, a current WinDbg's output and `dt`, and on objects damaged by hand.
//!
//! Offsets are those of Windows 10 build 19041 (`tests/forge/facts/layout.tsv`), which the forge's kernel has.

use crate::forge::{list, number, whole};
use crate::golden::{number_in, real_x64_dumps, run, said, session, session_with, shared};
use crate::patched::Patched;
use dumpscope::output::Field;
use dumpscope::session::Session;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

const IRP_LIST: u64 = 0x4b0;
const IRP_LIST_ENTRY: u64 = 0x20;
const WAIT_BLOCK_LIST: u64 = 0xd0;
const THREAD_LIST_ENTRY: u64 = 0x4e8;
const THREAD_LIST_HEAD: u64 = 0x5e0;

#[test]
fn threads_are_those_of_the_record() {
    let (mut threads, mut frames, mut requests, mut timers) = (0, 0, 0, 0);
    for (case, truth, dump) in whole() {
        let mut session = session(&dump);
        let names: HashMap<u64, &str> = list(&truth, "objects")
            .iter()
            .map(|object| (number(&object["address"]), object["name"].as_str().unwrap()))
            .collect();
        let driver_of: HashMap<u64, u64> = list(&truth, "devices")
            .iter()
            .map(|device| (number(&device["address"]), number(&device["driver"])))
            .collect();
        let process_of: HashMap<u64, u64> = list(&truth, "processes")
            .iter()
            .map(|process| (number(&process["pid"]), number(&process["eprocess"])))
            .collect();
        for recorded in list(&truth, "threads") {
            let address = number(&recorded["ethread"]);
            let place = || format!("{case} thread {address:x}");
            let document = said(&mut session, &format!("!thread {address:x}")).unwrap();
            let of = |kind: &str| document.records().filter(|record| record.kind == kind).collect::<Vec<_>>();
            let head = of("thread")[0];
            assert_eq!(number_in(head, "process_id"), number(&recorded["pid"]), "{}", place());
            assert_eq!(number_in(head, "thread_id"), number(&recorded["tid"]), "{}", place());
            assert_eq!(number_in(head, "teb"), number(&recorded["teb"]), "{}", place());
            let state = match recorded["state"].as_str().unwrap() {
                "waiting" => "Waiting",
                "ready" => "Ready",
                _ => "Running",
            };
            assert_eq!(head.get("state"), Some(&Field::from(state)), "{}", place());
            let facts = of("thread_facts")[0];
            for (key, wanted) in [
                ("stack_base", number(&recorded["stack_base"])),
                ("stack_limit", number(&recorded["stack_limit"])),
                ("initial_stack", number(&recorded["initial_stack"])),
                ("start_address", number(&recorded["start"])),
                ("process", process_of[&number(&recorded["pid"])]),
            ] {
                assert_eq!(number_in(facts, key), wanted, "{}: {key}", place());
            }

            // The emulated switch parks a thread in a function of its own, inside what the switch frame returns to.
            let parked = |frame: &&Value| frame["function"] == "KiSwapContextParked";
            let wanted: Vec<(u64, u64)> = list(recorded, "frames")
                .iter()
                .skip_while(parked)
                .map(|frame| (number(&frame["rip"]), number(&frame["rsp"])))
                .collect();
            let found: Vec<(u64, u64)> = of("frame")
                .into_iter()
                .filter(|frame| frame.get("inline") == Some(&Field::Null))
                .map(|frame| (number_in(frame, "ip"), number_in(frame, "sp")))
                .collect();
            let kernel = |frames: &[(u64, u64)]| {
                frames.iter().copied().filter(|(ip, _)| ip >> 63 == 1).collect::<Vec<_>>()
            };
            if !wanted.is_empty() {
                assert_eq!(kernel(&found), kernel(&wanted), "{}", place());
                // User code's unwind data may be paged out of the dump; what is found must be true.
                let user = found.iter().filter(|(ip, _)| ip >> 63 == 0);
                user.for_each(|frame| assert!(wanted.contains(frame), "{}: {frame:x?}", place()));
                frames += found.len();
            }

            let irps = of("irp");
            let of_thread = |irp: &&&Value| number(&irp["thread"]) == address;
            let recorded_irps: Vec<&Value> =
                list(&truth, "irps").iter().filter(|irp| of_thread(&irp)).collect();
            assert_eq!(irps.len(), recorded_irps.len(), "{}", place());
            for irp in irps {
                let same = |recorded: &&&Value| number(&recorded["address"]) == number_in(irp, "address");
                let recorded = recorded_irps.iter().find(same).unwrap();
                let levels = list(recorded, "levels");
                let current = usize::try_from(recorded["current"].as_u64().unwrap()).unwrap();
                let state = match levels.get(current - 1) {
                    None => "completed",
                    Some(level) if level["control"].as_u64().unwrap() & 1 == 1 => "pending",
                    Some(_) => "active",
                };
                assert_eq!(irp.get("state"), Some(&Field::from(state)), "{}", place());
                if let Some(level) = levels.get(current - 1) {
                    let driver = names[&driver_of[&number(&level["device"])]];
                    assert_eq!(irp.get("driver"), Some(&Field::from(driver)), "{}", place());
                }
                requests += 1;
            }
            for timer in list(&truth, "timers").iter().filter(|timer| number(&timer["thread"]) == address) {
                let objects = of("wait_object");
                assert!(
                    objects.iter().any(|object| number_in(object, "address") == number(&timer["address"])
                        && object.get("type") == Some(&Field::from("NotificationTimer"))),
                    "{}: {objects:?}",
                    place()
                );
                timers += 1;
            }
            threads += 1;
        }
    }
    println!("{threads} threads, {frames} frames, {requests} requests, {timers} timers");
    assert!(threads > 200 && frames > 1000 && requests > 20 && timers > 10);
}

/// What a current WinDbg printed of a triage dump, with Microsoft's symbols, which are not at hand here: names are left out.
#[test]
fn lines_are_those_of_a_current_debugger() {
    let Some(shared) = shared() else { return };
    let golden = std::fs::read_to_string(shared.join("golden/windbg/thread.txt")).unwrap();
    let mut session = session(&shared.join("dumps/minidump-diagnostics-too-083125-14875-01.dmp"));
    let found = run(&mut session, "!thread").unwrap();
    let mut compared = 0;
    for line in golden.lines() {
        // What it says of what it cannot read is worded otherwise: our line holds question marks in that place.
        let unread =
            line.starts_with("GetUlong") || line.contains("shared data") || line.starts_with("ReadMemory");
        let unknown = line.starts_with("UserTime") || line.starts_with("KernelTime");
        if unread || unknown || line.starts_with("Part of process") {
            continue;
        }
        let wanted = line.trim_end();
        let is_frame = wanted.as_bytes().get(8) == Some(&b'`');
        let same = |ours: &&String| match wanted.starts_with("Wait Start") {
            true => ours.starts_with(wanted),
            // Slots that the dump does not hold are zeros there, and question marks here.
            false if is_frame => {
                let ours = ours.replace("????????`????????", "00000000`00000000");
                ours.get(..115) == wanted.get(..115)
            }
            false => ours.as_str() == wanted,
        };
        assert!(found.iter().any(|ours| same(&ours)), "{wanted}\nin\n{}", found.join("\n"));
        compared += 1;
    }
    assert!(compared >= 16, "{compared} lines");
}

/// The current thread of every x64 triage dump: what `dt` reads of it.
#[test]
fn triage_dumps_tell_what_dt_tells() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    for path in real_x64_dumps(&shared) {
        let mut session = session(&path);
        let Ok(shown) = run(&mut session, "!thread") else { continue };
        let text = shown.join("\n");
        let members = "Priority BasePriority ContextSwitches WaitTime StackBase StackLimit InitialStack UserTime KernelTime";
        let dt = run(&mut session, &format!("dt nt!_KTHREAD @$thread {members}")).unwrap();
        let value = |member: &str| {
            let line = dt.iter().find(|line| line.split_whitespace().nth(1) == Some(member)).unwrap();
            line.split_once(": ").unwrap().1.split_whitespace().next().unwrap().to_owned()
        };
        let plain = |text: String| {
            let digits = text.trim_start_matches("0x").replace('`', "");
            u64::from_str_radix(&digits, if text.starts_with("0x") { 16 } else { 10 }).unwrap()
        };
        let expect = |wanted: String| assert!(text.contains(&wanted), "{}: {wanted}\n{text}", path.display());
        expect(format!("Priority {}  BasePriority {}", value("Priority"), value("BasePriority")));
        expect(format!("Context Switch Count      {:<15}IdealProcessor:", plain(value("ContextSwitches"))));
        expect(format!("Wait Start TickCount      {:<15}Ticks:", plain(value("WaitTime"))));
        expect(format!("Base {:016x} Limit {:016x}", plain(value("StackBase")), plain(value("StackLimit"))));
        expect(format!("Stack Init {:016x}", plain(value("InitialStack"))));
        // Most triage dumps do not tell how long a tick is.
        for member in ["UserTime", "KernelTime"].iter().filter(|_| text.contains("Ticks: ????????")) {
            let shown = match plain(value(member)) {
                0 => "00:00:00.000".to_owned(),
                ticks => format!("{ticks} ticks"),
            };
            expect(format!("{member:<26}{shown}"));
        }
        compared += 1;
    }
    assert!(compared >= 20, "{compared} dumps");
}

/// A thread's own facts are the same by a PDB, by a symbol table, and by the built-in layout; only names differ.
#[test]
fn every_source_of_types_tells_the_same() {
    let Some(shared) = crate::shared::root_with(&["dumps", "isf", "symbols"]) else { return };
    let dump = shared.join("dumps/rizin-testbins-triage_x64.dmp");
    let facts = |path: &str| -> Vec<String> {
        let lines = run(&mut session_with(&dump, path), "!thread").unwrap();
        let end = lines.iter().position(|line| line.starts_with("Child-SP")).unwrap();
        lines[..end].iter().filter(|line| !line.starts_with("Win32 Start")).cloned().collect()
    };
    let built_in = facts("");
    assert_eq!(built_in.len(), 12, "{built_in:?}");
    assert_eq!(facts(&format!("isf*{}", shared.join("isf").display())), built_in);
    assert_eq!(facts(&shared.join("symbols").to_string_lossy()), built_in);
}

fn patched(path: &Path) -> Patched {
    Patched::new(path.to_str().unwrap())
}

fn thread_with_requests() -> (PathBuf, u64, Vec<u64>) {
    let (_, truth, dump) = whole()
        .find(|(_, truth, _)| {
            let threads = list(truth, "irps").iter().map(|irp| number(&irp["thread"]));
            let threads: Vec<u64> = threads.collect();
            threads.iter().any(|thread| threads.iter().filter(|other| *other == thread).count() > 1)
        })
        .unwrap();
    let irps = list(&truth, "irps");
    let thread = irps
        .iter()
        .map(|irp| number(&irp["thread"]))
        .find(|thread| irps.iter().filter(|irp| number(&irp["thread"]) == *thread).count() > 1)
        .unwrap();
    let own = irps.iter().filter(|irp| number(&irp["thread"]) == thread);
    let own = own.map(|irp| number(&irp["address"])).collect();
    (dump, thread, own)
}

#[test]
fn a_damaged_list_of_requests_is_shown_up_to_the_damage() {
    let (before, thread, irps) = thread_with_requests();
    // A list that turns back to its first request.
    let mut dump = patched(&before);
    dump.list(thread + IRP_LIST, &[irps[0] + IRP_LIST_ENTRY, irps[1] + IRP_LIST_ENTRY]);
    dump.point(irps[1] + IRP_LIST_ENTRY, irps[0] + IRP_LIST_ENTRY);
    let (mut damaged, _folder) = dump.open();
    let lines = run(&mut damaged, &format!("!thread {thread:x}")).unwrap();
    let at = lines.iter().position(|line| line == "IRP List:").unwrap();
    assert!(lines[at + 1].starts_with(&format!("    {:016x}: (0006,", irps[0])), "{}", lines[at + 1]);
    assert!(lines[at + 2].starts_with(&format!("    {:016x}: (0006,", irps[1])), "{}", lines[at + 2]);
    assert!(
        lines[at + 3].contains("turns back to") && lines[at + 3].contains("IrpList"),
        "{}",
        lines[at + 3]
    );
    assert_eq!(lines[at + 4], "Not impersonating");

    // A link that leads nowhere: the request that cannot be read is said once.
    let mut dump = patched(&before);
    dump.point(irps[0] + IRP_LIST_ENTRY, 0xffff_9999_9999_0020);
    dump.point(thread + IRP_LIST, irps[0] + IRP_LIST_ENTRY);
    let (mut damaged, _folder) = dump.open();
    let lines = run(&mut damaged, &format!("!thread {thread:x}")).unwrap();
    let at = lines.iter().position(|line| line == "IRP List:").unwrap();
    assert_eq!(lines[at + 2], "Unable to read nt!_IRP @ ffff999999990000");
    assert_eq!(lines[at + 3], "Not impersonating");
}

#[test]
fn what_is_no_thread_is_refused_and_a_lost_one_says_why() {
    let (before, thread, irps) = thread_with_requests();
    let mut session_before = session(&before);
    let refused = run(&mut session_before, &format!("!thread {:x}", irps[0])).unwrap_err();
    assert!(refused.contains("is no thread"), "{refused}");
    assert_eq!(run(&mut session_before, "!thread 7777").unwrap_err(), "no thread has the id 7777");
    let lines = run(&mut session_before, "!thread ffff999999990000").unwrap();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[1].contains("_ETHREAD.Tcb.State of ffff9999`99990000: "), "{}", lines[1]);

    // Wait blocks that lie nowhere: said in their place, and the rest is shown.
    let mut dump = patched(&before);
    dump.point(thread + WAIT_BLOCK_LIST, 0xffff_9999_9999_0000);
    dump.put(thread + 0x184, &[5]);
    let (mut damaged, _folder) = dump.open();
    let lines = run(&mut damaged, &format!("!thread {thread:x}")).unwrap();
    assert!(lines[1].contains("_KWAIT_BLOCK.Object of ffff9999`99990000: "), "{}", lines[1]);
    assert!(lines.iter().any(|line| line.starts_with("Priority ")));

    // A thread that is linked to itself: those before it are found by their ids, those behind it are not, and why.
    let process = {
        let document = said(&mut session_before, &format!("!thread {thread:x}")).unwrap();
        let facts = document.records().find(|record| record.kind == "thread_facts").unwrap();
        number_in(facts, "process")
    };
    let mut dump = patched(&before);
    dump.point(process + THREAD_LIST_HEAD, thread + THREAD_LIST_ENTRY);
    dump.point(thread + THREAD_LIST_ENTRY, thread + THREAD_LIST_ENTRY);
    let (mut damaged, _folder) = dump.open();
    assert!(run(&mut damaged, &format!("!thread {thread:x} 0")).unwrap()[0].starts_with("THREAD "));
    let lost = run(&mut damaged, "!thread -t 7777").unwrap_err();
    assert!(lost.contains("not all threads are known") && lost.contains("turns back to"), "{lost}");
}

/// The first line alone, the waits, and the stack without argument slots.
#[test]
fn flags_choose_what_is_shown() {
    let (_, truth, dump) = whole().next().unwrap();
    let mut session = session(&dump);
    let waiting = |found: &&Value| found["state"] == "waiting" && number(&found["teb"]) != 0;
    let Some(thread) = list(&truth, "threads").iter().find(waiting).or(list(&truth, "threads").first())
    else {
        return;
    };
    let address = number(&thread["ethread"]);
    let lines =
        |session: &mut Session, flags: &str| run(session, &format!("!thread {address:x} {flags}")).unwrap();
    assert_eq!(lines(&mut session, "0").len(), 1);
    assert_eq!(lines(&mut session, "4").len(), 1);
    assert!(!lines(&mut session, "2").iter().any(|line| line.starts_with("Owning")));
    let whole = lines(&mut session, "");
    assert_eq!(whole, lines(&mut session, "6"));
    let plain = lines(&mut session, "e");
    assert_eq!(plain.len(), whole.len());
    let heading = "Child-SP          RetAddr               Call Site";
    let at = plain.iter().position(|line| line == heading).unwrap();
    assert_eq!(plain[..at], whole[..at]);
    assert_eq!(plain[at + 1].get(..35), whole[at + 1].get(..35));
    assert!(plain[at + 1].len() + 70 < whole[at + 1].len());
    // With its process before it.
    let both = lines(&mut session, "0 -p");
    assert!(both[0].starts_with("PROCESS "), "{both:?}");
    assert_eq!(both.last(), lines(&mut session, "0").last());
    // By its id, as typed or as the switch says.
    let id = number(&thread["tid"]);
    assert_eq!(lines(&mut session, "0"), run(&mut session, &format!("!thread -t {id:x} 0")).unwrap());
}
