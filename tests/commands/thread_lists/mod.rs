//! `!lt`, `!us`, `!t`, `!stacks`, `!findstack`, `!uniqstack` and `!teb` against the forge's record, rows of public transcripts,
//! and lists damaged by hand.
//!
//! Offsets are those of Windows 10 build 19041 (`tests/forge/facts/layout.tsv`), which the forge's kernel has.

mod stacks;
mod stopping;

use crate::forge::{demo, list, number, truth, whole};
use crate::golden::{number_in, real_x64_dumps, run, said, session, shared};
use crate::patched::Patched;
use dumpscope::output::{Document, Field};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const THREAD_LIST_ENTRY: u64 = 0x4e8;

/// Threads that are in a process's list: those of the Idle process are in none.
fn listed(truth: &Value) -> Vec<&Value> {
    list(truth, "threads").iter().filter(|thread| number(&thread["pid"]) != 0).collect()
}

fn state_of(thread: &Value) -> &'static str {
    match thread["state"].as_str().unwrap() {
        "waiting" => "Waiting",
        "ready" => "Ready",
        _ => "Running",
    }
}

#[test]
fn lists_hold_the_threads_of_the_record() {
    let mut compared = 0;
    for (case, truth, dump) in whole() {
        let mut session = session(&dump);
        let rows = |document: &Document| -> BTreeMap<u64, (u64, u64, Field)> {
            let threads = document.records().filter(|record| record.kind == "thread");
            threads
                .map(|row| {
                    let facts = (
                        number_in(row, "process_id"),
                        number_in(row, "thread_id"),
                        row.get("state").unwrap().clone(),
                    );
                    (number_in(row, "thread"), facts)
                })
                .collect()
        };
        let wanted = |takes: &dyn Fn(&Value) -> bool| -> BTreeMap<u64, (u64, u64, Field)> {
            let threads = listed(&truth).into_iter().filter(|thread| takes(thread));
            threads
                .map(|thread| {
                    let facts =
                        (number(&thread["pid"]), number(&thread["tid"]), Field::from(state_of(thread)));
                    (number(&thread["ethread"]), facts)
                })
                .collect()
        };
        let all = said(&mut session, "!lt -a").unwrap();
        assert_eq!(rows(&all), wanted(&|_| true), "{case}");
        let ready = said(&mut session, "!lt -a -state READY").unwrap();
        assert_eq!(rows(&ready), wanted(&|thread| thread["state"] == "ready"), "{case}");
        let left = ready.records().find(|record| record.kind == "filtered").unwrap();
        let count = |key: &str| left.get(key).cloned();
        let missing = rows(&all).len() - rows(&ready).len();
        assert_eq!(count("left_out"), Some(Field::Number(missing as u64)), "{case}");
        // Threads with requests in the record, of all processes and of one.
        let with_irps: BTreeSet<u64> =
            list(&truth, "irps").iter().map(|irp| number(&irp["thread"])).collect();
        let irps = said(&mut session, "!lt -a -irp").unwrap();
        assert_eq!(rows(&irps), wanted(&|thread| with_irps.contains(&number(&thread["ethread"]))), "{case}");
        for process in list(&truth, "processes").iter().filter(|process| number(&process["pid"]) != 0) {
            let pid = number(&process["pid"]);
            let own = wanted(&|thread| number(&thread["pid"]) == pid);
            assert_eq!(
                rows(&said(&mut session, &format!("!lt -pid {pid:x}")).unwrap()),
                own,
                "{case} {pid:x}"
            );
            let address = number(&process["eprocess"]);
            assert_eq!(
                rows(&said(&mut session, &format!("!lt {address:x}")).unwrap()),
                own,
                "{case} {pid:x}"
            );
            compared += own.len();
        }
    }
    assert!(compared > 200, "only {compared} threads");
}

/// Threads that the record lists as waiting for a resource, and nobody else.
/// The layout is that of a published table, the counts are those of the record.
#[test]
fn states_are_counted() {
    for (case, truth, dump) in whole() {
        let mut wanted: BTreeMap<&str, u64> = BTreeMap::new();
        listed(&truth).into_iter().for_each(|thread| *wanted.entry(state_of(thread)).or_default() += 1);
        let mut lines = vec!["Count State".to_owned(), "===== =======".to_owned()];
        lines.extend(wanted.iter().map(|(state, count)| format!("{count:>5} {state}")));
        lines.push("===== =======".to_owned());
        lines.push(format!("{:>5}", wanted.values().sum::<u64>()));
        assert_eq!(crate::golden::run(&mut session(&dump), "!mex.trep").unwrap(), lines, "{case}");
    }
}

#[test]
fn threads_that_wait_for_resources_are_found() {
    let mut compared = 0;
    for (case, truth, dump) in whole() {
        let waiters: BTreeSet<u64> = list(&truth, "resources")
            .iter()
            .flat_map(|resource| {
                list(resource, "exclusive_waiters").iter().chain(list(resource, "shared_waiters"))
            })
            .map(number)
            .collect();
        let mut session = session(&dump);
        let addresses = |document: Document| -> BTreeSet<u64> {
            document
                .records()
                .filter(|record| record.kind == "thread")
                .map(|row| number_in(row, "thread"))
                .collect()
        };
        assert_eq!(addresses(said(&mut session, "!lt -a -wr wrresource").unwrap()), waiters, "{case}");
        let blocked = addresses(said(&mut session, "!lt -a -b").unwrap());
        assert!(waiters.is_subset(&blocked), "{case}: {blocked:x?}");
        compared += waiters.len();
    }
    assert!(compared > 10, "only {compared}");
}

#[test]
fn user_blocks_are_those_of_the_record() {
    let mut compared = 0;
    for (case, truth, dump) in whole() {
        let mut session = session(&dump);
        let crashed = number(&truth["crash_context"]["thread"]);
        let Some(thread) = listed(&truth).into_iter().find(|thread| number(&thread["ethread"]) == crashed)
        else {
            continue;
        };
        let teb = number(&thread["teb"]);
        if teb == 0 {
            let said = run(&mut session, "!teb").unwrap();
            assert!(said[0].contains("runs in the kernel alone"), "{said:?}");
            continue;
        }
        let document = said(&mut session, "!teb").unwrap();
        let record = document.records().next().unwrap();
        assert_eq!(number_in(record, "address"), teb, "{case}");
        // A kernel dump holds no user memory: every value says why.
        if let Some(Field::Unreadable(why)) = record.get("self") {
            assert!(why.as_str().contains("_TEB.NtTib.Self"), "{}", why.as_str());
            continue;
        }
        assert_eq!(
            (number_in(record, "self"), number_in(record, "thread_id")),
            (teb, number(&thread["tid"])),
            "{case}"
        );
        assert_eq!(number_in(record, "process_id"), number(&thread["pid"]), "{case}");
        let process =
            list(&truth, "processes").iter().find(|process| process["pid"] == thread["pid"]).unwrap();
        assert_eq!(number_in(record, "peb"), number(&process["peb"]), "{case}");
        compared += 1;
    }
    assert!(compared >= 2, "only {compared}");
}

/// A thread that is linked to itself: its process's list is broken there, the other processes are listed.
#[test]
fn a_broken_list_of_threads_is_said_and_the_rest_is_shown() {
    let truth = truth("readonly");
    let smss = listed(&truth).into_iter().find(|thread| thread["pid"] == "0x15c").unwrap();
    let thread = number(&smss["ethread"]);
    let path = demo("readonly");
    let mut dump = Patched::new(path.to_str().unwrap());
    dump.point(thread + THREAD_LIST_ENTRY, thread + THREAD_LIST_ENTRY);
    let (mut damaged, _folder) = dump.open();
    let lines = run(&mut damaged, "!lt -a").unwrap();
    // The other thread of the process is behind the damage, but a processor runs it.
    let behind =
        listed(&truth).into_iter().find(|thread| thread["pid"] == "0x15c" && thread["state"] == "crashed");
    let behind = number(&behind.unwrap()["ethread"]);
    assert!(lines.iter().any(|line| line.contains(&format!("{behind:016x}"))), "{lines:?}");
    assert!(lines.iter().any(|line| line == "Thread Count: 32"), "{lines:?}");
    let last = lines.last().unwrap();
    assert!(last.starts_with("not all threads are known: ") && last.contains("turns back to"), "{last}");
    for command in ["!us -a", "!stacks", "!findstack nothing", "!uniqstack smss"] {
        let lines = run(&mut damaged, command).unwrap();
        assert!(lines.last().unwrap().contains("turns back to"), "{command}: {lines:?}");
    }
}

/// Without symbols, with a symbol table in JSON, and as a triage dump: the same thread's own facts.
#[test]
fn triage_dumps_tell_of_the_current_thread() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    for path in real_x64_dumps(&shared) {
        let mut session = session(&path);
        let Ok(lines) = run(&mut session, "!t") else { continue };
        let dt = run(&mut session, "dt nt!_KTHREAD @$thread ContextSwitches").unwrap();
        let line = dt.iter().find(|line| line.contains("ContextSwitches")).unwrap();
        let switches = line.split_once(": ").unwrap().1.trim();
        let switches = match switches.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).unwrap(),
            None => switches.parse().unwrap_or_else(|_| panic!("{dt:?}")),
        };
        assert!(
            lines[1].split_whitespace().any(|word| word == switches.to_string()),
            "{switches}: {}",
            lines[1]
        );
        assert!(lines[1].contains("(E|K|W|R|V)"), "{}", lines[1]);
        // Lists that a triage dump does not hold end where it does; what processors run is known all the same.
        let thread = session.thread().unwrap();
        for command in ["!lt -a", "!us -a", "!stacks"] {
            let listed = run(&mut session, command).unwrap().join("\n");
            assert!(listed.contains(&format!("{thread:016x}")), "{}: {command}: {listed}", path.display());
            assert!(
                listed.contains("not all threads are known: "),
                "{}: {command}: {listed}",
                path.display()
            );
        }
        compared += 1;
    }
    assert!(compared >= 20, "{compared} dumps");
}
