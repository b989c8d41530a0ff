//! `!us`, `!stacks`, `!findstack`, `!uniqstack`: stacks of many threads.

use super::listed;
use crate::forge::{demo, list, number, truth, whole};
use crate::golden::{number_in, run, said, session, with_symbols};
use dumpscope::output::{Document, Field};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The functions of a recorded stack, without the one that the emulator parks a switched thread in.
fn functions(thread: &Value) -> Vec<u64> {
    let parked = |frame: &&Value| frame["function"] == "KiSwapContextParked";
    list(thread, "frames").iter().skip_while(parked).map(|frame| number(&frame["rip"])).collect()
}

#[test]
fn threads_are_grouped_by_their_recorded_stacks() {
    let (mut groups, mut shared_by_two) = (0, 0);
    for (case, truth, dump) in whole() {
        let mut session = session(&dump);
        let document = said(&mut session, "!us -a -k").unwrap();
        // What every thread's kernel part is in the record; a thread that runs user code has none.
        let mut wanted: BTreeMap<Vec<u64>, BTreeSet<u64>> = BTreeMap::new();
        for thread in listed(&truth).into_iter().filter(|thread| !list(thread, "frames").is_empty()) {
            let kernel = functions(thread).into_iter().filter(|ip| ip >> 63 == 1).collect();
            wanted.entry(kernel).or_default().insert(number(&thread["ethread"]));
        }
        let recorded: BTreeSet<u64> = wanted.values().flatten().copied().collect();
        let mut found: BTreeMap<Vec<u64>, BTreeSet<u64>> = BTreeMap::new();
        for block in document.blocks.iter().filter(|block| block.kind() == Some("unique_stack")) {
            let mut records = block.records();
            let head = records.next().unwrap();
            let Some(Field::List(threads)) = head.get("threads") else { panic!("{head:?}") };
            let threads: BTreeSet<u64> = threads
                .iter()
                .map(|field| match field {
                    Field::Address(address) => *address,
                    other => panic!("{other:?}"),
                })
                .filter(|address| recorded.contains(address))
                .collect();
            let ips = records.filter(|frame| frame.get("trust") != Some(&Field::from("inline")));
            let ips = ips.map(|frame| number_in(frame, "ip")).collect();
            if !threads.is_empty() {
                shared_by_two += usize::from(threads.len() > 1);
                found.insert(ips, threads);
            }
        }
        assert_eq!(found, wanted, "{case}");
        groups += found.len();
        let count = document.records().find(|record| record.kind == "count").unwrap();
        assert_eq!(count.get("total"), Some(&Field::Number(listed(&truth).len() as u64)), "{case}");
    }
    assert!(groups > 100 && shared_by_two > 10, "{groups} groups, {shared_by_two} of several threads");
}

/// The emulated programs lie at one address in every process: only what each process has there tells them apart.
#[test]
fn user_code_is_named_by_the_modules_of_its_own_process() {
    let truth = truth("readonly");
    let mut session = with_symbols(&demo("readonly"));
    let before = session.process();
    let mut compared = 0;
    for thread in listed(&truth) {
        let address = number(&thread["ethread"]);
        let found = said(&mut session, &format!("!t {address:x}")).unwrap();
        let named: BTreeMap<u64, String> = found
            .records()
            .filter(|record| record.kind == "frame")
            .filter_map(|frame| match frame.get("symbol") {
                Some(Field::Text(text)) => Some((number_in(frame, "ip"), text.as_str().to_owned())),
                _ => None,
            })
            .collect();
        for frame in list(thread, "frames").iter().filter(|frame| number(&frame["rip"]) >> 63 == 0) {
            let (module, _) = frame["module"].as_str().unwrap().rsplit_once('.').unwrap();
            let Some(name) = named.get(&number(&frame["rip"])) else { continue };
            assert!(
                name.to_lowercase().starts_with(&format!("{}!", module.to_lowercase())),
                "{name}: {frame}"
            );
            compared += 1;
        }
    }
    assert!(compared > 50, "only {compared} user frames");
    assert_eq!(session.process(), before, "nothing that the user looks at has moved");
}

#[test]
fn stacks_are_searched_by_function_and_module() {
    let truth = truth("readonly");
    let mut session = with_symbols(&demo("readonly"));
    let with = |function: &str| -> BTreeSet<u64> {
        let has = |thread: &&&Value| list(thread, "frames").iter().any(|frame| frame["function"] == function);
        listed(&truth).iter().filter(has).map(|thread| number(&thread["ethread"])).collect()
    };
    let found = |document: Document| -> BTreeSet<u64> {
        let threads = document.records().filter(|record| record.kind == "thread");
        threads.map(|record| number_in(record, "address")).collect()
    };
    for function in ["KeRemoveQueueEx", "KeDelayExecutionThread", "ExpWaitForResource", "ServiceWorker"] {
        assert!(!with(function).is_empty(), "{function}");
        assert_eq!(
            found(said(&mut session, &format!("!findstack {function} 0")).unwrap()),
            with(function),
            "{function}"
        );
        assert_eq!(
            found(said(&mut session, &format!("!stacks 2 !{function}")).unwrap()),
            with(function),
            "{function}"
        );
    }
    let modules = run(&mut session, "!findstack isofilter").unwrap();
    let running = listed(&truth)
        .into_iter()
        .find(|thread| list(thread, "frames").iter().any(|frame| frame["module"] == "isofilter.sys"));
    let thread = number(&running.unwrap()["ethread"]);
    assert_eq!(modules[0], format!("Thread {thread:016x}, 2 frame(s) match"));
    assert!(modules[1].starts_with("        * 00 "), "{}", modules[1]);
    assert_eq!(modules.last().unwrap(), "1 of 32 threads match");
    assert_eq!(
        run(&mut session, "!us -a -m isofilter").unwrap()[0],
        format!("1 thread [stats]: {thread:016x}")
    );

    // Every thread has a line under its process, and what waits stands where it waits.
    let stacks = run(&mut session, "!stacks").unwrap();
    assert_eq!(stacks[0], "Proc.Thread  .Thread  Ticks   ThreadState Blocker");
    assert_eq!(stacks.last().unwrap(), "Threads Processed: 32");
    for thread in listed(&truth) {
        let start = format!(
            "{:>4x}.{:06x}  {:016x} ",
            number(&thread["pid"]),
            number(&thread["tid"]),
            number(&thread["ethread"])
        );
        let line = stacks.iter().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("{start}"));
        let state = &line[39..49];
        assert_eq!(state.trim() == "Blocked", thread["state"] == "waiting", "{line}");
        assert!(!line[50..].starts_with("nt!KiSwap") && !line[50..].starts_with("nt!KeWait"), "{line}");
    }
}

/// The current process's stacks, whole, each once.
#[test]
fn duplicates_are_counted() {
    let truth = truth("readonly");
    let mut session = session(&demo("readonly"));
    let system = list(&truth, "processes").iter().find(|process| process["pid"] == "0x4").unwrap();
    let lines = run(&mut session, &format!("!uniqstack {:x}", number(&system["eprocess"]))).unwrap();
    let own: Vec<&Value> = listed(&truth).into_iter().filter(|thread| thread["pid"] == "0x4").collect();
    assert_eq!(lines[0], format!("Processing {} threads, please wait", own.len()));
    let shown = lines.iter().filter(|line| line.starts_with("THREAD ")).count();
    let total = lines.iter().position(|line| *line == format!("Total threads: {}", own.len())).unwrap();
    let duplicates = own.len() - shown;
    assert!(duplicates > 0);
    assert_eq!(lines[total + 1], format!("Duplicate callstacks: {duplicates} (thread ids follow):"));
    assert_eq!(lines[total + 2].split(", ").count(), duplicates);
}
