//! `!dpcs` and `!apc` against the record of the forge's dumps, and on dumps whose lists were damaged by hand.

use crate::forge::{cases, list, number, truth};
use crate::golden::{number_in, run, session};
use crate::patched::{Patched, offset};
use dumpscope::command::run_line;
use dumpscope::output::{Collector, Field, Record};
use dumpscope::session::Session;
use serde_json::Value;
use std::path::PathBuf;

fn whole_dumps() -> Vec<(String, Value, PathBuf)> {
    let whole = |dump: &PathBuf| !dump.to_string_lossy().contains("triage");
    let first = |(case, truth, dumps): (String, Value, Vec<PathBuf>)| {
        Some((case, truth, dumps.into_iter().find(whole)?))
    };
    cases().into_iter().filter_map(first).collect()
}

fn records(session: &mut Session, command: &str) -> Vec<Record> {
    let mut output = Collector::default();
    run_line(command, session, &mut output).map_err(|failure| failure.error).unwrap();
    output.document.records().cloned().collect()
}

#[test]
fn dpcs_are_those_of_the_record() {
    let mut compared = 0;
    for (case, truth, dump) in whole_dumps() {
        let mut session = session(&dump);
        let rows: Vec<Record> =
            records(&mut session, "!dpcs").into_iter().filter(|record| record.kind == "dpc").collect();
        let recorded = list(&truth, "dpcs");
        assert_eq!(rows.len(), recorded.len(), "{case}");
        // In the order in which they will run.
        for (row, dpc) in rows.iter().zip(recorded) {
            assert_eq!(number_in(row, "address"), number(&dpc["address"]), "{case}");
            assert_eq!(number_in(row, "routine"), number(&dpc["routine"]), "{case}");
            assert_eq!(number_in(row, "context"), number(&dpc["context"]), "{case}");
            assert_eq!(Some(number_in(row, "processor")), dpc["processor"].as_u64(), "{case}");
            assert_eq!(row.get("kind"), Some(&dpc["type"].as_str().unwrap().into()), "{case}");
            // ` 0: Normal  : 0xfffff8035f5ac290 0xfffff80363e15630 nt!...`: the form of the published sample.
            let (address, routine) = (number(&dpc["address"]), number(&dpc["routine"]));
            let line = row.lines[0].plain();
            let start = format!(
                "{:>2}: Normal  : 0x{address:016x} 0x{routine:016x} nt",
                dpc["processor"].as_u64().unwrap()
            );
            assert!(line.starts_with(&start), "{line}");
        }
        // !pcr shows the same queue.
        if let Some(dpc) = recorded.first() {
            let lines = run(&mut session, &format!("!pcr {}", dpc["processor"])).unwrap();
            let (address, routine) = (number(&dpc["address"]), number(&dpc["routine"]));
            let start = format!("                  DpcQueue:  0x{address:016x} 0x{routine:016x} [Normal] nt");
            assert!(lines.iter().any(|line| line.starts_with(&start)), "{case}: {lines:?}");
        }
        compared += recorded.len();
    }
    assert!(compared >= 20, "only {compared}");
}

#[test]
fn apcs_are_those_of_the_record() {
    let mut compared = 0;
    for (case, truth, dump) in whole_dumps() {
        let mut session = session(&dump);
        let all = records(&mut session, "!apc");
        let recorded = list(&truth, "apcs");
        let rows: Vec<&Record> = all.iter().filter(|record| record.kind == "apc").collect();
        assert_eq!(rows.len(), recorded.len(), "{case}");
        for apc in recorded {
            let address = number(&apc["address"]);
            let row = rows.iter().find(|row| number_in(row, "address") == address).unwrap();
            for key in ["kernel_routine", "rundown_routine", "normal_routine", "normal_context"] {
                assert_eq!(number_in(row, key), number(&apc[key]), "{case}: {key}");
            }
            let lists: Vec<Record> =
                records(&mut session, &format!("!apc thre {:x}", number(&apc["thread"])));
            let head = lists.iter().find(|record| record.kind == "apc_list").unwrap();
            assert_eq!(number_in(head, "thread"), number(&apc["thread"]));
            let mode = apc["mode"].as_str().unwrap().to_uppercase();
            assert_eq!(head.get("mode"), Some(&mode.as_str().into()));
            let alone = records(&mut session, &format!("!apc {address:x}"));
            assert_eq!(number_in(&alone[0], "thread"), number(&apc["thread"]));
        }
        // Every process is named, though few have threads with APCs; Idle is in no list.
        let named = all.iter().filter(|record| record.kind == "process").count();
        let processes = list(&truth, "processes").iter().filter(|process| process["pid"] != "0x0").count();
        assert_eq!(named, processes, "{case}");
        compared += recorded.len();
    }
    assert!(compared >= 20, "only {compared}");
}

#[test]
fn a_thread_that_is_attached_has_lists_put_aside() {
    let truth = truth("wifi");
    let apc = list(&truth, "apcs").iter().find(|apc| apc["mode"] == "kernel").unwrap();
    let (thread, address) = (number(&apc["thread"]), number(&apc["address"]));
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let heads = |state: &str| thread + offset("_KTHREAD", state);
    // The list moves to where Windows puts it aside, and the thread is attached.
    dump.list(heads("SavedApcState"), &[address + offset("_KAPC", "ApcListEntry")]);
    dump.list(heads("SavedApcState") + 16, &[]);
    dump.list(heads("ApcState"), &[]);
    dump.put(thread + offset("_KTHREAD", "ApcStateIndex"), &[1]);
    let lines = run(&mut dump.open().0, &format!("!apc thre {thread:x}")).unwrap();
    let head = format!(
        "    Thread {thread:016x} ApcStateIndex 0 ApcListHead {:016x} [KERNEL]",
        heads("SavedApcState")
    );
    assert_eq!(lines[..2], [head, format!("        KAPC @ {address:016x}")]);
}

#[test]
fn damaged_queues_end_with_the_reason() {
    let truth = truth("wifi");
    let dpcs: Vec<u64> = list(&truth, "dpcs").iter().map(|dpc| number(&dpc["address"])).collect();
    let apc = &list(&truth, "apcs")[0];
    let link = offset("_KDPC", "DpcListEntry");
    let dump = "tests/data/wifi-full.dmp.gz";
    // The second DPC leads back to the first.
    let mut looped = Patched::new(dump);
    looped.point(dpcs[1] + link, dpcs[0] + link);
    looped.point(number(&apc["address"]) + offset("_KAPC", "ApcListEntry"), 0xffff_9999_9999_0000);
    let mut session = looped.open().0;
    let lines = run(&mut session, "!dpcs").unwrap();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(lines[3].contains("the list turns back to"), "{lines:?}");
    let lines = run(&mut session, "!apc").unwrap();
    assert!(lines.iter().any(|line| line.contains("cannot be followed")), "{lines:?}");
    // Every process is still there: ten with Idle, which is in no list.
    assert_eq!(lines.iter().filter(|line| line.starts_with("Process ")).count(), 9);
    // The queue's head leads to what is not in the dump.
    let mut wild = Patched::new(dump);
    let prcb = number(&truth["processors"][1]["prcb"]);
    wild.point(prcb + offset("_KPRCB", "DpcData"), 0xffff_9999_9999_0008);
    let lines = run(&mut wild.open().0, "!dpcs").unwrap();
    assert_eq!(lines[1], "Failed to read DPC at 0xffff999999990000");
    assert!(lines[2].contains("cannot be followed"), "{lines:?}");
}

/// The image of another process lies at the same address: what waits for a thread of services.exe is services.exe's code.
#[test]
fn user_routines_are_named_in_their_own_process() {
    let mut compared = 0;
    for (case, truth, dump) in whole_dumps() {
        let mut session = session(&dump);
        let shown = records(&mut session, "!apc");
        for apc in list(&truth, "apcs").iter().filter(|apc| apc["mode"] == "user") {
            let owner =
                list(&truth, "threads").iter().find(|thread| thread["ethread"] == apc["thread"]).unwrap();
            let process = list(&truth, "processes").iter().find(|one| one["pid"] == owner["pid"]).unwrap();
            let image = process["name"].as_str().unwrap().trim_end_matches(".exe");
            let is_it = |record: &&Record| {
                record.kind == "apc" && number_in(record, "address") == number(&apc["address"])
            };
            let record = shown.iter().find(is_it).unwrap();
            match record.get("normal_symbol") {
                Some(Field::Text(name)) => assert!(name.as_str().starts_with(image), "{case}: {name:?}"),
                // Its image's headers are not in the dump.
                Some(Field::Null) => continue,
                other => panic!("{case}: {other:?}"),
            }
            compared += 1;
        }
    }
    assert!(compared >= 1, "only {compared}");
}
