//! `!ready` on a dump of the forge, and on the same with threads that were put into ready queues by hand.
//!
//! Offsets are those of Windows 10 build 19041 (`tests/forge/facts/layout.tsv`), which the forge's kernel has.

use crate::forge::{cases, number, root, truth};
use crate::golden::{run, session};
use crate::patched::Patched;
use dumpscope::command::run_line;
use dumpscope::output::{Action, Collector, Field};

const READY_SUMMARY: u64 = 0x7c18;
const READY_LISTS: u64 = 0x7c80;
const SHARED_QUEUE: u64 = 0x8448;
const LOCAL_SHARED_QUEUE: u64 = 0x8880;
const WAIT_LIST_ENTRY: u64 = 0xd8;
const STATE: u64 = 0x184;
const NEXT_PROCESSOR: u64 = 0x218;

fn ready(dump: &mut Patched, thread: u64, processor: u32) {
    dump.put(thread + STATE, &[1]);
    dump.put(thread + NEXT_PROCESSOR, &processor.to_le_bytes());
}

/// Every whole dump against the record: which thread is ready at which priority in whose queue.
#[test]
fn ready_threads_are_those_of_the_record() {
    let (mut own, mut shared) = (0, 0);
    for (case, truth, dumps) in cases() {
        let Some(recorded) = truth["ready"].as_array() else { continue };
        let whole = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage"));
        let Some(dump) = whole else { continue };
        let mut output = Collector::default();
        run_line("!ready", &mut session(dump), &mut output).map_err(|failure| failure.error).unwrap();
        let mut found = Vec::new();
        for queue in output.document.blocks.iter().filter(|block| block.kind() == Some("ready_queue")) {
            let head = queue.records().next().unwrap();
            let (address, processor) = (head.get("address").cloned(), head.get("processor").cloned());
            for level in queue.blocks() {
                let mut records = level.records();
                let Some(priority) = records.next().and_then(|head| head.get("priority").cloned()) else {
                    continue;
                };
                for thread in records {
                    let thread = thread.get("address").cloned().unwrap();
                    found.push((thread, priority.clone(), address.clone(), processor.clone()));
                }
            }
        }
        assert_eq!(found.len(), recorded.len(), "{case}: {found:?}");
        for entry in recorded {
            let is_shared = entry["shared"].as_bool().unwrap();
            let queue = is_shared.then(|| Field::Address(number(&entry["queue"])));
            let processor = (!is_shared).then(|| Field::Number(entry["processor"].as_u64().unwrap()));
            let thread = Field::Address(number(&entry["thread"]));
            let wanted = (thread, Field::Number(entry["priority"].as_u64().unwrap()), queue, processor);
            assert!(found.contains(&wanted), "{case}: {wanted:?} in {found:?}");
            if is_shared { shared += 1 } else { own += 1 }
        }
    }
    assert!(own >= 5 && shared >= 5, "only {own} and {shared} threads");
}

/// What was stopped ends what runs, and nothing that is typed later: lists are walked to their ends again.
#[test]
fn a_stop_is_over_when_the_next_line_runs() {
    let mut session = session(&root().join("assets/demo/wifi.dmp.gz"));
    let before = run(&mut session, "!ready");
    assert!(
        before.as_ref().is_ok_and(|lines| lines.iter().any(|line| line.contains("THREAD"))),
        "{before:?}"
    );
    session.cancel.cancel();
    assert_eq!(run(&mut session, "!ready"), before);
}

#[test]
fn threads_stand_under_their_priority_in_the_queue_that_holds_them() {
    let truth = truth("wifi");
    let prcb: Vec<u64> =
        truth["processors"].as_array().unwrap().iter().map(|found| number(&found["prcb"])).collect();
    let waiting = |found: &&serde_json::Value| found["state"] == "waiting";
    let threads: Vec<&serde_json::Value> =
        truth["threads"].as_array().unwrap().iter().filter(waiting).collect();
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| number(&threads[at]["ethread"]));
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    // The first processor's own queue: two at 13, next first, and one at 8.
    let own = prcb[0];
    dump.put(own + READY_SUMMARY, &(1u32 << 13 | 1 << 8).to_le_bytes());
    dump.list(own + READY_LISTS + 13 * 16, &[a + WAIT_LIST_ENTRY, b + WAIT_LIST_ENTRY]);
    dump.list(own + READY_LISTS + 8 * 16, &[c + WAIT_LIST_ENTRY]);
    [a, b, c].into_iter().for_each(|thread| ready(&mut dump, thread, 0));
    // A queue that both processors share: one at 15. In such a queue the high bit of the processor's number is set.
    let shared = prcb[0] + LOCAL_SHARED_QUEUE;
    prcb.iter().for_each(|prcb| dump.put(prcb + SHARED_QUEUE, &shared.to_le_bytes()));
    dump.put(shared + 8, &(1u32 << 15).to_le_bytes());
    dump.list(shared + 0x10 + 15 * 16, &[d + WAIT_LIST_ENTRY]);
    dump.put(shared + 0x258, &3u64.to_le_bytes());
    dump.put(shared + 0x260, &1u32.to_le_bytes());
    ready(&mut dump, d, 0x8000_0001);
    // A second thread at 8 whose link leads nowhere: the list ends there, and that is said.
    dump.put(c + WAIT_LIST_ENTRY, &0xffff_9999_9999_0000u64.to_le_bytes());

    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, "!ready").unwrap();
    let line = |thread: u64, on: &str| {
        let found = threads.iter().find(|found| number(&found["ethread"]) == thread).unwrap();
        let (pid, tid) = (number(&found["pid"]), number(&found["tid"]));
        let teb = number(&found["teb"]);
        format!(
            "    THREAD {thread:016x}  Cid {pid:04x}.{tid:04x}  Teb: {teb:016x} Win32Thread: 0000000000000000 READY on \
             processor {on}"
        )
    };
    let mask = "**".to_owned() + &"-".repeat(62);
    let expected = [
        format!("KSHARED_READY_QUEUE {shared:016x}: (00) {mask}"),
        format!("SharedReadyQueue {shared:016x}: Ready Threads at priority 15"),
        line(d, "80000001"),
        "Processor 0: Ready Threads at priority 13".to_owned(),
        line(a, "0"),
        line(b, "0"),
        "Processor 0: Ready Threads at priority 8".to_owned(),
        line(c, "0"),
    ];
    assert_eq!(lines[..8], expected);
    // The link's memory is not mapped: the element is shown as far as it is known, then the break.
    assert!(lines[8].starts_with("    THREAD ffff99999998ff28  Cid ????.????"), "{}", lines[8]);
    assert!(lines[9].contains("cannot be followed"), "{}", lines[9]);
    // The second processor's queue is as it was recorded.
    assert_eq!(lines[10], "Processor 1: Ready Threads at priority 9");
    assert_eq!(lines.len(), 12);

    // As data: queue, priority, thread; what is not known says why, in the fact and behind the question marks.
    let mut output = Collector::default();
    run_line("!ready", &mut session, &mut output).map_err(|failure| failure.error).unwrap();
    let queues = output.document.blocks.iter().filter(|block| block.kind() == Some("ready_queue"));
    let priorities: Vec<usize> = queues.map(|queue| queue.records().count() - 1).collect();
    // A priority and a thread; two priorities, four threads and why the list ends; as recorded.
    assert_eq!(priorities, [2, 7, 2], "records under each queue");
    let mut threads = output.document.records().filter(|record| record.kind == "thread");
    let lost =
        threads.find(|record| record.get("address") == Some(&Field::Address(0xffff_9999_9998_ff28))).unwrap();
    let Some(Field::Unreadable(why)) = lost.get("teb") else { panic!("{lost:?}") };
    let action = Action::Reason(why.as_str().into());
    assert!(why.as_str().starts_with("_ETHREAD.Tcb.Teb of ffff9999`9998ff28: "), "{}", why.as_str());
    assert!(lost.lines[0].spans().iter().any(|span| span.action.as_ref() == Some(&action)));
    assert_eq!(action.command().map_err(|refusal| refusal.to_string()), Err(why.as_str().to_owned()));
}
