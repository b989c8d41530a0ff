//! `!running` on the forge's dumps, against what the emulator recorded of processors and threads; no symbols are at hand.

use crate::forge::{cases, number};
use crate::golden::{run, session, shared};
use serde_json::Value;

/// A row's number and its addresses: KPRCB, current thread, next thread if there is one, idle thread.
fn row(line: &str) -> Vec<u64> {
    let mut words = line.split_whitespace();
    let number = words.next().unwrap().parse().unwrap();
    let addresses =
        words.filter(|word| word.len() == 16).filter_map(|word| u64::from_str_radix(word, 16).ok());
    std::iter::once(number).chain(addresses).collect()
}

#[test]
fn each_processor_runs_what_was_recorded() {
    let mut compared = 0;
    for (case, truth, dumps) in cases() {
        let Some(dump) = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage")) else {
            continue;
        };
        let mut session = session(dump);
        let lines = run(&mut session, "!running -i").unwrap();
        let processors = truth["processors"].as_array().unwrap();
        let idle: Vec<u64> = truth["threads"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|thread| number(&thread["pid"]) == 0)
            .map(|thread| number(&thread["ethread"]))
            .collect();
        let recorded = |address: u64| {
            let threads = truth["threads"].as_array().unwrap();
            let found = threads.iter().find(|thread| number(&thread["ethread"]) == address);
            found.map_or("", |thread| thread["state"].as_str().unwrap())
        };
        let rows: Vec<Vec<u64>> = lines.iter().skip(5).map(|line| row(line)).collect();
        assert_eq!(rows.len(), processors.len(), "{case}: {lines:?}");
        let mut mask = 0u64;
        for (at, (row, processor)) in rows.iter().zip(processors).enumerate() {
            let Value::Object(processor) = processor else { panic!("{processor}") };
            assert_eq!((row[0], row[1]), (at as u64, number(&processor["prcb"])), "{case}");
            let (current, spare) = (row[2], row[row.len() - 1]);
            assert!(idle.contains(&spare), "{case}: {spare:x}");
            assert_ne!(recorded(current), "waiting", "{case}: {current:x}");
            mask |= u64::from(current == spare) << at;
            compared += 1;
        }
        let crash = &truth["crash_context"];
        let crashed = &rows[crash["processor"].as_u64().unwrap() as usize];
        assert_eq!(crashed[2], number(&crash["thread"]), "{case}");
        assert_eq!(lines[2], format!("  Idle Processors:  ({mask:016x})"), "{case}");
        // Without -i only those that have something to do are listed.
        let busy = run(&mut session, "!running").unwrap();
        assert_eq!(busy.len() - 5, rows.len() - mask.count_ones() as usize, "{case}: {busy:?}");
    }
    assert!(compared > 30, "only {compared} processors");
}

/// A triage dump of twelve processors that holds the KPRCB of the one that crashed: nobody knows whether the others were
/// busy.
#[test]
fn what_is_not_known_to_be_idle_is_not_busy() {
    let Some(shared) = shared() else { return };
    let mut session = session(&shared.join("dumps/training-bsods-50_0.dmp"));
    let lines = run(&mut session, "!running").unwrap();
    assert_eq!(lines[2], "  Idle Processors:  (0000000000000000) as far as known");
    assert!(lines.last().unwrap().starts_with("11 of 12 processors are not known"), "{lines:?}");
}

/// A word of a row of `!mex.running` that starts in a column of its heading.
fn column<'l>(heading: &str, line: &'l str, title: &str) -> &'l str {
    let at = heading.find(title).unwrap();
    line[at..].split_whitespace().next().unwrap()
}

#[test]
fn a_row_a_processor_tells_the_thread_that_was_recorded() {
    let mut compared = 0;
    for (case, truth, dumps) in cases() {
        let Some(dump) = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage")) else {
            continue;
        };
        let mut session = session(dump);
        let lines = run(&mut session, "!mex.running").unwrap();
        let threads = truth["threads"].as_array().unwrap();
        let processes = truth["processes"].as_array().unwrap();
        assert_eq!(
            lines[lines.len() - 1],
            format!("Count: {} | Show Unique Stacks", truth["processors"].as_array().unwrap().len())
        );
        for line in &lines[2..lines.len() - 2] {
            let address = u64::from_str_radix(column(&lines[0], line, "Thread"), 16).unwrap();
            let thread = threads.iter().find(|thread| number(&thread["ethread"]) == address).unwrap();
            let process = processes.iter().find(|process| process["pid"] == thread["pid"]).unwrap();
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words[0], process["name"].as_str().unwrap(), "{case}: {line}");
            assert_eq!(u64::from_str_radix(words[1], 16).unwrap(), number(&thread["pid"]), "{case}: {line}");
            assert_eq!(u64::from_str_radix(words[3], 16).unwrap(), number(&thread["tid"]), "{case}: {line}");
            assert_ne!(thread["state"], "waiting", "{case}: {line}");
            compared += 1;
        }
        let ready = run(&mut session, "!mex.ready").unwrap();
        let waiting = threads.iter().filter(|thread| thread["state"] == "ready").count();
        assert_eq!(ready[ready.len() - 1], format!("Count: {waiting}"), "{case}: {ready:?}");
    }
    assert!(compared > 30, "only {compared} processors");
}

/// The lines that `!grep` leaves are those that a search over the whole output finds.
#[test]
fn grep_passes_on_the_lines_that_match() {
    let dump = cases().into_iter().find_map(|(_, _, dumps)| dumps.into_iter().next()).unwrap();
    let mut session = session(&dump);
    let all = run(&mut session, "lm").unwrap();
    let holding: Vec<&String> = all.iter().filter(|line| line.to_lowercase().contains("nt")).collect();
    assert!(!holding.is_empty() && holding.len() < all.len());
    assert_eq!(run(&mut session, "!grep -i NT lm").unwrap().iter().collect::<Vec<_>>(), holding);
    assert_eq!(run(&mut session, "!mex.grep -v -i nt lm").unwrap().len(), all.len() - holding.len());
    let heading = run(&mut session, "!grep -r -A 1 \"^start +end\" lm").unwrap();
    assert_eq!(heading, all[..2]);
    // The last line that holds a driver's name, and the two before it.
    let last = all.iter().rposition(|line| line.contains("dump_stornvme")).unwrap();
    assert_eq!(run(&mut session, "!grep -B 2 dump_stornvme lm").unwrap(), all[last - 2..=last]);
    let refused = run(&mut session, "!grep -r ( lm").unwrap_err().to_string();
    assert!(refused.starts_with("'(' is no regular expression"), "{refused}");
}
