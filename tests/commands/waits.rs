//! `!waitchain` and `!exqueue` on the forge's dumps, against what the emulator recorded, and on one with a deadlock made by
//! hand.

use crate::forge::{self, list, number, truth};
use crate::golden::{run, session};
use crate::patched::{Patched, offset};
use dumpscope::session::Session;
use serde_json::Value;

/// The whole dumps of all cases, with their records.
fn whole() -> impl Iterator<Item = (Session, Value)> {
    forge::whole().map(|(_, truth, dump)| (session(&dump), truth))
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

/// WrPushLock of the public header wdm.h.
const PUSH_LOCK: u8 = 28;
/// Locked and Waiting of EX_PUSH_LOCK.
const HELD_AND_AWAITED: u64 = 3;

/// A dump in which a thread waits for a push lock: the dump, the waiter, another thread, and the lock.
fn with_push_lock() -> (Patched, u64, u64, u64) {
    let truth = truth("wifi");
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let resource = list(&truth, "resources").iter().find(|found| found["exclusive"] == true).unwrap();
    let waiter = number(&resource["exclusive_waiters"][0]);
    let other = number(&resource["owners"][0]);
    // It waits for the lock of a process, no longer for the resource.
    for list in ["ExclusiveWaiters", "SharedWaiters"] {
        dump.point(number(&resource["address"]) + offset("_ERESOURCE", list), 0);
    }
    dump.put(waiter + offset("_KTHREAD", "WaitReason"), &[PUSH_LOCK]);
    let lock = dump.before().process().unwrap() + offset("_EPROCESS", "ProcessLock");
    for thread in [waiter, other] {
        dump.put(thread + offset("_KTHREAD", "AbEntrySummary"), &[0x3f]);
    }
    (dump, waiter, other, lock)
}

/// The event that a thread waits for, moved to where a wait block on its stack begins.
fn wait_on_stack(dump: &mut Patched, thread: u64) -> u64 {
    let event = (dump.pointer(thread + offset("_KTHREAD", "KernelStack")) & !0xfff) + 0x40;
    let block = dump.pointer(thread + WAIT_BLOCK_LIST);
    dump.point(block + BLOCK_OBJECT, event);
    event
}

/// Fills a thread's second lock entry: bit 63 of the address is no part of it there, and its low bits are flags.
fn lock_entry(dump: &mut Patched, thread: u64, lock: u64, flag: &str) {
    let size = offset("_KLOCK_ENTRY", "(size)");
    let entry = thread + offset("_ETHREAD", "LockEntries") + size;
    dump.point(entry + offset("_KLOCK_ENTRY", "LockUnsafe"), lock & !(1 << 63) | 1);
    dump.put(entry + offset("_KLOCK_ENTRY", flag), &[1]);
    dump.put(thread + offset("_KTHREAD", "AbEntrySummary"), &[0x3d]);
}

#[test]
fn push_locks_lead_to_the_threads_whose_lock_entries_name_them() {
    let (mut dump, waiter, owner, lock) = with_push_lock();
    dump.point(lock, HELD_AND_AWAITED);
    lock_entry(&mut dump, waiter, lock, "ThreadLocalFlags");
    lock_entry(&mut dump, owner, lock, "AcquiredByte");
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!waitchain {waiter:x}")).unwrap();
    assert!(lines[1].ends_with(&format!(" for PushLock {lock:016x}, held by")), "{lines:#?}");
    assert!(lines[2].starts_with(&format!("    THREAD {owner:016x}  Cid ")), "{lines:#?}");
    let all = run(&mut session, "!waitchain").unwrap();
    let summary = all.last().unwrap();
    assert!(all.iter().any(|line| line.starts_with(&format!("THREAD {owner:016x}"))), "{all:#?}");
    assert!(summary.contains("deadlocks: 0"), "{summary}");
}

/// The waiter keeps no entry, but stands second in the list of the lock that another thread's entry names.
#[test]
fn push_locks_are_found_by_their_lists_of_waiters() {
    let (mut dump, waiter, owner, lock) = with_push_lock();
    let event = wait_on_stack(&mut dump, waiter);
    let newer = event + 0x40;
    dump.point(lock, newer | HELD_AND_AWAITED);
    dump.point(newer + 0x18, event);
    dump.point(event + 0x18, 0);
    lock_entry(&mut dump, owner, lock, "AcquiredByte");
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!waitchain {waiter:x}")).unwrap();
    assert!(lines[1].ends_with(&format!(" for PushLock {lock:016x}, held by")), "{lines:#?}");
    assert!(lines[2].starts_with(&format!("    THREAD {owner:016x}  Cid ")), "{lines:#?}");
}

/// No thread keeps an entry, as where types do not tell where entries lie: the waiter notes the lock, whose list leads to it.
/// What it notes is not believed without the list.
#[test]
fn the_lock_that_a_waiter_notes_is_named_without_its_holder() {
    for is_listed in [true, false] {
        let (mut dump, waiter, _, lock) = with_push_lock();
        let event = wait_on_stack(&mut dump, waiter);
        let first = if is_listed { event } else { event + 0x40 };
        dump.point(lock, first | HELD_AND_AWAITED);
        dump.point(first + 0x18, 0);
        dump.point(waiter + NOTED, lock);
        let (mut session, _folder) = dump.open();
        let lines = run(&mut session, &format!("!waitchain {waiter:x}")).unwrap();
        let wanted = match is_listed {
            true => format!(" for PushLock {lock:016x}, held by ????????"),
            false => format!("{event:016x}, held by ????????"),
        };
        assert!(lines[1].contains(&wanted), "{lines:#?}");
    }
}

/// KTHREAD.AbWaitObject of the public symbols of build 19041.
const NOTED: u64 = 0x3d0;

#[test]
fn owners_of_push_locks_that_nobody_recorded_are_unknown() {
    let (mut dump, waiter, owner, lock) = with_push_lock();
    dump.point(lock, HELD_AND_AWAITED);
    lock_entry(&mut dump, waiter, lock, "ThreadLocalFlags");
    // An entry that is free says nothing, whatever is left in it.
    lock_entry(&mut dump, owner, lock, "AcquiredByte");
    dump.put(owner + offset("_KTHREAD", "AbEntrySummary"), &[0x3f]);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!waitchain {waiter:x}")).unwrap();
    assert!(lines[1].contains(&format!(" for PushLock {lock:016x}, held by ????????")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains(&format!("THREAD {owner:016x}"))), "{lines:#?}");

    // A lock that is free is held by nobody, and one that is not known is not made up.
    let (mut dump, waiter, _, lock) = with_push_lock();
    dump.point(lock, 0);
    lock_entry(&mut dump, waiter, lock, "ThreadLocalFlags");
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!waitchain {waiter:x}")).unwrap();
    assert!(lines[1].ends_with(&format!(" for PushLock {lock:016x}, which no thread holds")), "{lines:#?}");
    let (mut dump, waiter, ..) = with_push_lock();
    let event = wait_on_stack(&mut dump, waiter);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!waitchain {waiter:x}")).unwrap();
    assert!(lines[1].contains(&format!("{event:016x}, held by ????????")), "{lines:#?}");
    assert!(lines[1].contains("the push lock that the thread waits for is not known"), "{lines:#?}");
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
            let why = "queues without workers cannot be found: nt!PspSystemPartition is not known";
            assert_eq!(lines.last().unwrap(), why);
        }
    }
    assert!(compared > 20, "only {compared} workers");
}
