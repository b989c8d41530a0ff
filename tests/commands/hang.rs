//! `!analyze -hang` on dumps of the forge: as they are, and with a hang made by hand of what the emulator recorded.

use crate::forge::{list, number, truth};
use crate::patched::{Patched, offset};
use dumpscope::command::run_line;
use dumpscope::output::{Collector, Field, Record, plain};
use dumpscope::session::Session;
use dumpscope::words::Language;
use serde_json::Value;

const DUMP: &str = "tests/data/wifi-full.dmp.gz";
/// TickCountQuad of KUSER_SHARED_DATA (ntddk.h), where every Windows maps it.
const TICKS: u64 = 0xffff_f780_0000_0320;
/// Ticks of 15.625 ms in a second, as the forge's clock has them.
const A_SECOND: u64 = 64;

fn judged(session: &mut Session) -> (Record, String) {
    let mut output = Collector::default();
    run_line("!analyze -hang", session, &mut output).map_err(|failure| failure.error).unwrap();
    let verdict = output.document.records().find(|record| record.kind == "verdict").cloned();
    (verdict.expect("a verdict"), plain(output.document.lines()))
}

fn word(record: &Record, field: &str) -> String {
    match record.get(field) {
        Some(Field::Text(text)) => text.as_str().to_owned(),
        other => panic!("{field}: {other:?}"),
    }
}

/// That it has been in its state for so many seconds.
fn since(dump: &mut Patched, thread: u64, seconds: u64) {
    let began = dump.pointer(TICKS) - seconds * A_SECOND;
    dump.put(
        thread + offset("_KTHREAD", "WaitTime"),
        &u32::try_from(began & 0xffff_ffff).unwrap().to_le_bytes(),
    );
}

/// The resource that somebody owns alone and others wait for: owner and waiters.
fn held(truth: &Value) -> (u64, Vec<u64>) {
    let resource = list(truth, "resources").iter().find(|found| found["exclusive"] == true).unwrap();
    let waiters = ["exclusive_waiters", "shared_waiters"].iter().flat_map(|kind| list(resource, kind));
    (number(&resource["owners"][0]), waiters.map(number).collect())
}

#[test]
fn nothing_hangs_in_a_dump_as_it_was_written() {
    for dump in [DUMP, "assets/demo/usb.dmp.gz", "assets/demo/scanner-1a.dmp.gz"] {
        let (mut session, _folder) = Patched::new(dump).open();
        let (verdict, text) = judged(&mut session);
        assert_eq!(
            (word(&verdict, "class"), word(&verdict, "rule")),
            ("unknown".into(), "hang-unproven".into())
        );
        assert_eq!(verdict.get("suspects"), Some(&Field::List(Vec::new())), "{text}");
        for part in ["(!waitchain)", "(!ready)", "(!running)", "(!dpcs)", "deadlocks: 0"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        session.settings.language = Language::Chinese;
        assert!(judged(&mut session).1.contains("没有证明系统挂起的证据"));
    }
    // What a small dump does not hold is no proof of anything.
    let (mut session, _folder) = Patched::new("tests/data/wifi-triage.dmp.gz").open();
    let (verdict, text) = judged(&mut session);
    assert_eq!(word(&verdict, "rule"), "hang-not-told", "{text}");
}

#[test]
fn a_deadlock_is_proven() {
    let truth = truth("wifi");
    let (owner, waiters) = held(&truth);
    let named = |name: &str| {
        list(&truth, "objects").iter().find(|it| it["name"].as_str().is_some_and(|it| it.ends_with(name)))
    };
    let mutex = number(&named("ServicesActiveMutex").unwrap()["address"]);
    let mut dump = Patched::new(DUMP);
    let block = dump.pointer(owner + offset("_KTHREAD", "WaitBlockList"));
    dump.point(block + offset("_KWAIT_BLOCK", "Object"), mutex);
    dump.point(mutex + offset("_KMUTANT", "OwnerThread"), waiters[0]);
    let (mut session, _folder) = dump.open();
    let (verdict, text) = judged(&mut session);
    assert_eq!(
        (word(&verdict, "class"), word(&verdict, "confidence")),
        ("hang".into(), "certain".into()),
        "{text}"
    );
    let said = word(&verdict, "says");
    for thread in [owner, waiters[0]] {
        assert!(said.contains(&format!("{thread:016x}")), "{said}");
    }
    assert!(said.starts_with("Deadlock: 2 threads"), "{said}");
}

#[test]
fn who_holds_up_others_for_long_is_told() {
    let truth = truth("wifi");
    let (owner, waiters) = held(&truth);
    for (seconds, rule) in [(20, "hang-unproven"), (95, "hang-blocked")] {
        let mut dump = Patched::new(DUMP);
        since(&mut dump, waiters[0], seconds);
        let (mut session, _folder) = dump.open();
        let (verdict, text) = judged(&mut session);
        assert_eq!(word(&verdict, "rule"), rule, "{text}");
        if rule == "hang-blocked" {
            let said = word(&verdict, "says");
            assert!(said.contains(&format!("{owner:016x}")) && said.contains("95 s"), "{said}");
            assert!(said.contains(&format!("holds up {} others", waiters.len())), "{said}");
        }
    }
}

#[test]
fn a_ready_thread_that_gets_no_processor_is_told() {
    let truth = truth("wifi");
    for entry in list(&truth, "ready") {
        let thread = number(&entry["thread"]);
        let mut dump = Patched::new(DUMP);
        since(&mut dump, thread, 42);
        let (mut session, _folder) = dump.open();
        let (verdict, text) = judged(&mut session);
        assert_eq!(
            (word(&verdict, "rule"), word(&verdict, "confidence")),
            ("hang-starved".into(), "likely".into()),
            "{text}"
        );
        let said = word(&verdict, "says");
        assert!(said.contains(&format!("{thread:016x}")) && said.contains("for 42 s"), "{said}");
        assert!(said.contains(&format!("priority {}", entry["priority"])), "{said}");
    }
}

/// WrUserRequest of wdm.h.
const USER_REQUEST: u8 = 13;

/// A queue with work, whose only worker waits for something else; one that takes work is enough for it to be no hang.
#[test]
fn work_that_nobody_is_free_for_is_told() {
    let truth = truth("wifi");
    let [idle, busy] = list(&truth, "work_queues") else { panic!("two queues") };
    let worker = number(&list(idle, "workers")[0]);
    for (reason, rule) in [(USER_REQUEST, "hang-workers"), (15, "hang-unproven")] {
        let mut dump = Patched::new(DUMP);
        let queue = number(&busy["address"]);
        // The worker is tied to the queue that has work to do: it is all of that queue's list.
        dump.point(worker + offset("_KTHREAD", "Queue"), queue);
        let entry = worker + offset("_KTHREAD", "QueueListEntry");
        dump.list(
            queue + offset("_EX_WORK_QUEUE", "WorkPriQueue") + offset("_KPRIQUEUE", "ThreadListHead"),
            &[entry],
        );
        dump.put(worker + offset("_KTHREAD", "WaitReason"), &[reason]);
        since(&mut dump, worker, 60);
        let (mut session, _folder) = dump.open();
        let (verdict, text) = judged(&mut session);
        assert_eq!(word(&verdict, "rule"), rule, "{text}");
        if rule == "hang-workers" {
            // Without symbols the queue has a number, IoPoolUntrusted of EXQUEUEINDEX.
            let said = word(&verdict, "says");
            assert!(said.starts_with("All 1 worker threads of the queue 1 have"), "{said}");
        }
    }
}
