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
