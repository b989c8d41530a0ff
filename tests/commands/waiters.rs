//! `!obj`, `!mut`, `!evt` and `!sem` on a forge dump whose lists of waiters are made by hand, of threads that the emulator
//! recorded.

use crate::forge::{list, number, root, truth};
use crate::golden::{run, session};
use crate::patched::Patched;
use serde_json::Value;

fn named(truth: &Value, name: &str) -> u64 {
    let found = list(truth, "objects").iter().find(|object| object["name"] == name);
    number(&found.unwrap()["address"])
}

/// Offsets of Windows 10 build 19041, which the forge's kernel has (public symbols).
const WAIT_BLOCK_LIST: u64 = 0xd0;
const WAIT_LIST_HEAD: u64 = 8;
const MUTANT_OWNER: u64 = 0x28;
const FILE_EVENT: u64 = 0x98;

#[test]
fn waiters_are_those_of_the_list() {
    let truth = truth("wifi");
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let waiting: Vec<&Value> = list(&truth, "threads")
        .iter()
        .filter(|thread| thread["state"] == "waiting" && number(&thread["pid"]) > 4)
        .collect();
    let thread = |at: usize| number(&waiting[at]["ethread"]);
    let blocks: Vec<u64> = (0..5).map(|at| dump.pointer(thread(at) + WAIT_BLOCK_LIST)).collect();
    let event = named(&truth, "\\BaseNamedObjects\\ScmCreatedEvent");
    let mutex = named(&truth, "\\BaseNamedObjects\\ServicesActiveMutex");
    let semaphore = named(&truth, "\\BaseNamedObjects\\ServiceSlots");
    let file = list(&truth, "handles").iter().find(|handle| handle["type"] == "File").unwrap();
    let file = number(&file["object"]);
    dump.list(event + WAIT_LIST_HEAD, &blocks[..2]);
    dump.list(mutex + WAIT_LIST_HEAD, &blocks[2..3]);
    dump.list(file + FILE_EVENT + WAIT_LIST_HEAD, &blocks[3..4]);
    dump.point(mutex + MUTANT_OWNER, thread(4));
    // The list of the semaphore turns back to its only waiter.
    dump.point(semaphore + WAIT_LIST_HEAD, blocks[4]);
    dump.point(blocks[4], blocks[4]);
    let (mut session, _folder) = dump.open();

    let rows = |lines: &[String], wanted: &[usize]| {
        let at = lines.iter().position(|line| line.starts_with("Process ")).unwrap();
        assert!(lines[at].contains("CSwitches") && lines[at].ends_with("Wait Function"), "{}", lines[at]);
        for (row, &thread_at) in lines[at + 2..].iter().zip(wanted) {
            let words: Vec<&str> = row.split_whitespace().collect();
            let thread = waiting[thread_at];
            assert_eq!(words[1], format!("{:x}", number(&thread["pid"])), "{row}");
            assert_eq!(words[2], format!("{:016x}", number(&thread["ethread"])), "{row}");
            assert_eq!(words[3], format!("{:x}", number(&thread["tid"])), "{row}");
            assert!(words.contains(&"Waiting"), "{row}");
        }
        let count = format!("Waiter Count: {}", wanted.len());
        assert!(lines[at..].contains(&count), "{count}: {lines:#?}");
    };
    let lines = run(&mut session, &format!("!mex.obj {event:x}")).unwrap();
    assert!(lines[0].starts_with(&format!("Object: {event:016x}  Type: (")), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.starts_with(&format!("dt nt!_KEVENT {event:016x} ()"))),
        "{lines:#?}"
    );
    rows(&lines, &[0, 1]);
    let lines = run(&mut session, &format!("!mex.obj -waiters {event:x}")).unwrap();
    assert!(lines[0].starts_with("Process "), "{lines:#?}");
    rows(&lines, &[0, 1]);
    rows(&run(&mut session, &format!("!mex.evt {event:x}")).unwrap(), &[0, 1]);
    rows(&run(&mut session, &format!("!obj -waiters {file:x}")).unwrap(), &[3]);
    let lines = run(&mut session, &format!("!mex.mut {mutex:x}")).unwrap();
    rows(&lines, &[2]);
    assert_eq!(lines[0], "");
    assert!(lines[1].starts_with(&format!("dt nt!_KMUTANT {mutex:016x} () Recursive: [ -r1 -r2 -r ]")));
    assert_eq!(lines[2], "=".repeat(82));
    let owner = lines.iter().find(|line| line.starts_with("   +0x028 OwnerThread")).unwrap();
    assert!(owner.replace('`', "").contains(&format!("{:016x}", thread(4))), "{owner}");

    let lines = run(&mut session, &format!("!sem {semaphore:x}")).unwrap();
    rows(&lines, &[4]);
    let last = lines.last().unwrap();
    assert!(last.starts_with("Not known: ") && last.contains("the list turns back to"), "{last}");
    // What is of another kind is said.
    let why = run(&mut session, &format!("!mut {event:x}")).unwrap_err().to_string();
    let text =
        format!("no mutex lies at {event:016x}: its dispatcher header is that of another kind (event)");
    assert_eq!(why, text);
    let directory = named(&truth, "\\BaseNamedObjects");
    let lines = run(&mut session, &format!("!obj {directory:x}")).unwrap();
    assert!(lines.last().unwrap().starts_with("No thread can wait for an object of this type"), "{lines:#?}");
    assert!(run(&mut session, "!obj").is_err());
}

#[test]
fn a_triage_dump_says_what_it_lacks() {
    let mut session = session(&root().join("tests/data/wifi-triage.dmp.gz"));
    let event = named(&truth("wifi"), "\\BaseNamedObjects\\ScmCreatedEvent");
    let why = run(&mut session, &format!("!evt {event:x}")).unwrap_err().to_string();
    assert!(why.contains("not among the memory saved in this triage dump"), "{why}");
}
