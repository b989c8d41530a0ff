//! `!waitchain` and `!exqueue` on the forge's dumps, against what the emulator recorded, and on one with a deadlock made by
//! hand.

use crate::forge::{cases, number, truth};
use crate::golden::{run, session};
use crate::patched::Patched;
use dumpscope::session::Session;
use serde_json::Value;

fn list<'t>(truth: &'t Value, name: &str) -> &'t [Value] {
    truth[name].as_array().map_or(&[], Vec::as_slice)
}

/// The whole dumps of all cases, with their records.
fn whole() -> impl Iterator<Item = (Session, Value)> {
    cases().into_iter().filter_map(|(_, truth, dumps)| {
        let dump = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage"))?;
        Some((session(dump), truth))
    })
}

#[test]
fn chains_lead_from_waiters_to_owners() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        let mut waiters = 0;
        for resource in list(&truth, "resources") {
            let address = number(&resource["address"]);
            for waiter in ["exclusive_waiters", "shared_waiters"].iter().flat_map(|kind| list(resource, kind))
            {
                let lines = run(&mut session, &format!("!waitchain {:x}", number(waiter))).unwrap();
                assert!(lines[0].starts_with(&format!("THREAD {:016x}  Cid ", number(waiter))), "{lines:#?}");
                assert!(lines[1].starts_with("    waits "), "{lines:#?}");
                assert!(lines[1].ends_with(&format!(" for Resource {address:016x}, held by")), "{lines:#?}");
                for owner in list(resource, "owners") {
                    let owner = format!("    THREAD {:016x}  Cid ", number(owner));
                    assert!(lines.iter().any(|line| line.starts_with(&owner)), "{lines:#?}");
                }
                waiters += 1;
            }
        }
        compared += waiters;
        let lines = run(&mut session, "!waitchain").unwrap();
        assert!(!lines.iter().any(|line| line.starts_with("Deadlock")), "{lines:#?}");
        let last = lines.last().unwrap();
        assert!(last.contains(&format!(" {waiters} for threads that are known; deadlocks: 0")), "{last}");
    }
    assert!(compared >= 20, "only {compared} compared");
}

/// Offsets of Windows 10 build 19041, which the forge's kernel has (`tests/forge/facts/layout.tsv`).
const WAIT_BLOCK_LIST: u64 = 0xd0;
const BLOCK_OBJECT: u64 = 0x20;
const MUTANT_OWNER: u64 = 0x28;

#[test]
fn a_circle_is_a_deadlock() {
    let truth = truth("wifi");
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let resource = list(&truth, "resources").iter().find(|found| found["exclusive"] == true).unwrap();
    let owner = number(&resource["owners"][0]);
    let waiter = number(&resource["exclusive_waiters"][0]);
    let mutex = list(&truth, "objects")
        .iter()
        .find(|found| found["name"].as_str().is_some_and(|name| name.ends_with("ServicesActiveMutex")));
    let mutex = number(&mutex.unwrap()["address"]);
    // The owner waits for a mutex that the waiter owns.
    let block = dump.pointer(owner + WAIT_BLOCK_LIST);
    dump.point(block + BLOCK_OBJECT, mutex);
    dump.point(mutex + MUTANT_OWNER, waiter);
    let (mut session, _folder) = dump.open();

    let lines = run(&mut session, &format!("!waitchain {waiter:x}")).unwrap();
    let heads: Vec<&str> = lines.iter().map(|line| line.trim_start()).collect();
    assert!(heads[0].starts_with(&format!("THREAD {waiter:016x}")), "{lines:#?}");
    assert!(heads[2].starts_with(&format!("THREAD {owner:016x}")), "{lines:#?}");
    assert!(heads[3].ends_with(&format!(" for Mutant {mutex:016x}, held by")), "{lines:#?}");
    assert_eq!(heads[4], format!("back to {waiter:016x}: a deadlock"));

    let lines = run(&mut session, "!waitchain").unwrap();
    assert_eq!(lines[0], "Deadlock of 2 threads: each waits for what the next one holds");
    assert!(lines.last().unwrap().ends_with("deadlocks: 1"), "{lines:#?}");
}

const QUEUE: u64 = 0xe8;

/// The queue with pending work has no workers, and without symbols only workers lead to queues: one is tied to it.
#[test]
fn pending_work_is_that_of_the_record() {
    let truth = truth("wifi");
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let [idle, busy] = list(&truth, "work_queues") else { panic!("two queues") };
    dump.point(number(&list(idle, "workers")[0]) + QUEUE, number(&busy["address"]));
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, "!exqueue").unwrap();
    let head = format!(" WorkQueue {:016x} ", number(&busy["address"]));
    let at = lines.iter().position(|line| line.contains(&head)).unwrap();
    // Highest priority first; at one priority in the order of queueing.
    let items = list(&truth, "work_items");
    for (line, item) in lines[at + 1..].iter().zip([&items[1], &items[0], &items[2]]) {
        assert!(line.starts_with(&format!("PENDING at priority {}: ", item["priority"])), "{line}");
        assert!(line.ends_with(&format!(" Parameter {:016x}", number(&item["parameter"]))), "{line}");
    }
}

#[test]
fn queues_hold_the_workers_that_were_recorded() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        let lines = run(&mut session, "!exqueue").unwrap();
        for queue in list(&truth, "work_queues") {
            let address = format!(" WorkQueue {:016x} ", number(&queue["address"]));
            let workers = list(queue, "workers");
            let at = lines.iter().position(|line| line.contains(&address));
            // A queue without workers is not known.
            assert_eq!(at.is_some(), !workers.is_empty(), "{lines:#?}");
            let Some(at) = at else { continue };
            let inside: Vec<&String> =
                lines[at + 1..].iter().take_while(|line| !line.starts_with("****")).collect();
            for worker in workers {
                let heading = format!("    THREAD {:016x}  Cid ", number(worker));
                assert!(inside.iter().any(|line| line.starts_with(&heading)), "{inside:#?}");
            }
            compared += workers.len();
        }
    }
    assert!(compared > 20, "only {compared} workers");
}
