//! `!handle`, `!findhandle` and `!qlocks` on the forge's dumps, against what the emulator recorded; without symbols, so that
//! types come from the built-in layouts.

use crate::forge::{self, list, number, root, truth};
use crate::golden::{run, session};
use crate::patched::{Patched, offset};
use dumpscope::memory::Memory;
use dumpscope::session::Session;
use serde_json::Value;

/// The whole dumps of all cases, with their records.
fn whole() -> impl Iterator<Item = (Session, Value)> {
    forge::whole().map(|(_, truth, dump)| (session(&dump), truth))
}

/// Offsets of Windows 10 build 19041, which the forge's kernel has (public symbols).
const TABLE_CODE: u64 = 8;
const HEADER_TYPE_INDEX: u64 = 0x30 - 0x18;
/// A handle's entry, 16 bytes for each step of four.
const PER_HANDLE: u64 = 4;

fn handles(lines: &[String]) -> Vec<&String> {
    lines.iter().filter(|line| line.contains(": Object: ")).collect()
}

#[test]
fn every_process_has_the_handles_of_the_record() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        for process in list(&truth, "processes").iter().filter(|process| number(&process["pid"]) != 0) {
            let table = number(&process["handle_table"]);
            let pid = number(&process["pid"]);
            let lines = run(&mut session, &format!("!handle 0 3 {pid:x}")).unwrap();
            if table == 0 {
                assert!(lines.iter().any(|line| line.starts_with("No handle table")), "{lines:#?}");
                continue;
            }
            let wanted: Vec<&Value> =
                list(&truth, "handles").iter().filter(|handle| handle["pid"] == process["pid"]).collect();
            let kernel = if pid == 4 { "Kernel handle" } else { "Handle" };
            let title = format!("{kernel} table at {table:016x} with {} entries in use", wanted.len());
            assert!(lines.contains(&title), "{title}: {lines:#?}");
            let first = session.target.memory().u64(table + TABLE_CODE).unwrap();
            let rows = handles(&lines);
            assert_eq!(rows.len(), wanted.len(), "{lines:#?}");
            for (row, handle) in rows.into_iter().zip(wanted) {
                let (value, object) = (number(&handle["handle"]), number(&handle["object"]));
                let access = number(&handle["access"]);
                let entry = first + value * PER_HANDLE;
                assert_eq!(
                    *row,
                    format!(
                        "{value:04x}: Object: {object:016x}  GrantedAccess: {access:08x} Entry: {entry:016x}"
                    )
                );
                let at = lines.iter().position(|line| line == row).unwrap();
                let ty = format!(") {}", handle["type"].as_str().unwrap());
                assert!(lines[at + 1].starts_with(&format!("Object: {object:016x}  Type: (")), "{lines:#?}");
                assert!(lines[at + 1].ends_with(&ty), "{ty}: {lines:#?}");
                assert!(lines[at + 3].starts_with("        HandleCount: "), "{lines:#?}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 200, "only {compared} compared");
}

#[test]
fn one_handle_and_one_type_are_found_and_the_rest_is_counted() {
    let mut session = session(&root().join("tests/data/wifi-full.dmp.gz"));
    let truth = truth("wifi");
    let of_type = |name: &str| list(&truth, "handles").iter().filter(|handle| handle["type"] == name).count();
    let lines = run(&mut session, "!handle 0 3 0 event").unwrap();
    assert_eq!(lines[1], "Searching for handles of type event");
    assert_eq!(handles(&lines).len(), of_type("Event"), "{lines:#?}");
    // services.exe has handles of many types.
    let services: Vec<&Value> =
        list(&truth, "handles").iter().filter(|handle| handle["pid"] == "0x2f4").collect();
    let events = services.iter().filter(|handle| handle["type"] == "Event").count();
    let lines = run(&mut session, "!handle 0 1 2f4 Event").unwrap();
    assert_eq!(handles(&lines).len(), events);
    let others = services.len() - events;
    assert!(
        lines.iter().any(|line| line.contains(&format!(", {others} of other types left out"))),
        "{lines:#?}"
    );
    for (typed, handle) in [("0n12", 0xc), ("c", 0xc), ("0x10", 0x10)] {
        let lines = run(&mut session, &format!("!handle {typed} 1 2f4")).unwrap();
        let rows = handles(&lines);
        assert_eq!(rows.len(), 1, "{lines:#?}");
        assert!(rows[0].starts_with(&format!("{handle:04x}: Object: ")), "{rows:#?}");
    }
    // The kernel's table is that of System, whoever the current process is.
    let kernel = |lines: &[String]| lines.iter().any(|line| line.starts_with("Kernel handle table at "));
    for typed in ["!handle 80000004", "!handle ffffffff80000004", "!handle 0 11", "!handle 0 3 4"] {
        let lines = run(&mut session, typed).unwrap();
        assert!(kernel(&lines) && !handles(&lines).is_empty(), "{typed}: {lines:#?}");
    }
    // Free entries: a page has 256 entries.
    let lines = run(&mut session, "!handle 0 5 2f4").unwrap();
    let free = lines.iter().filter(|line| line.contains(": free handle, Entry address ")).count();
    assert_eq!(free, 256 - services.len());
    let lines = run(&mut session, "!handle 8000 3 2f4").unwrap();
    assert!(lines.iter().any(|line| line.starts_with("8000: handle 8000 of the ")), "{lines:#?}");
    assert!(run(&mut session, "!handle 0 3 7777").is_err());
}

#[test]
fn the_owners_of_an_object_are_those_of_the_record() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        let mut objects: Vec<u64> =
            list(&truth, "handles").iter().map(|handle| number(&handle["object"])).collect();
        objects.sort_unstable();
        objects.dedup();
        for object in objects {
            let lines = run(&mut session, &format!("!findhandle {object:x}")).unwrap();
            let wanted: Vec<&Value> =
                list(&truth, "handles").iter().filter(|handle| number(&handle["object"]) == object).collect();
            let rows: Vec<&String> = lines.iter().filter(|line| line.contains(": Entry ")).collect();
            assert_eq!(rows.len(), wanted.len(), "{lines:#?}");
            for handle in wanted {
                let process =
                    list(&truth, "processes").iter().find(|process| process["pid"] == handle["pid"]).unwrap();
                let head = format!("                   [{:016x} ", number(&process["eprocess"]));
                let at = lines.iter().position(|line| line.starts_with(&head)).unwrap();
                let row = format!("{:>6}: Entry ", format!("{:x}", number(&handle["handle"])));
                let rows = lines[at + 1..].iter().take_while(|line| !line.is_empty());
                let row = rows.into_iter().find(|line| line.starts_with(&row)).unwrap();
                assert!(row.ends_with(&format!("Granted Access {:x}", number(&handle["access"]))), "{row}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 200, "only {compared} compared");
}

/// Tables of two and three levels, made of the pages of other processes' tables, with a pointer that leads nowhere and pages
/// that the table leads to twice.
#[test]
fn damaged_tables_are_said_and_the_rest_is_shown() {
    let truth = truth("wifi");
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let with_table: Vec<&Value> =
        list(&truth, "processes").iter().filter(|process| number(&process["pid"]) != 0).collect();
    let table = |at: usize| number(&with_table[at]["handle_table"]);
    let page = |dump: &Patched, at: usize| dump.pointer(table(at) + TABLE_CODE);
    let count = |at: usize| {
        list(&truth, "handles").iter().filter(|handle| handle["pid"] == with_table[at]["pid"]).count()
    };
    let [own, other, top, middle] = [0, 1, 2, 3].map(|at| page(&dump, at));
    let clear = |dump: &mut Patched, page: u64| dump.put(page, &[0; 0x1000]);
    clear(&mut dump, top);
    clear(&mut dump, middle);
    let wild = 0xffff_9999_9999_0000;
    // Three levels: the first page, nothing, another page; then what leads nowhere, itself, the first page again.
    for (slot, to) in [(0, own), (2, other), (3, wild), (5, middle), (6, own)] {
        dump.point(middle + slot * 8, to);
    }
    dump.point(top, middle);
    dump.point(top + 8, top);
    dump.point(top + 16, wild);
    dump.point(table(0) + TABLE_CODE, top | 2);
    // Two levels.
    dump.point(table(1) + TABLE_CODE, middle | 1);
    // Four there are not.
    dump.point(table(2) + TABLE_CODE, top | 3);
    // An object whose header names a type that there is not.
    let first = list(&truth, "handles").iter().find(|handle| handle["pid"] == with_table[1]["pid"]).unwrap();
    let object = number(&first["object"]);
    let index = dump.before().target.memory().u8(object - HEADER_TYPE_INDEX).unwrap();
    dump.put(object - HEADER_TYPE_INDEX, &[index ^ 0x80]);
    let (mut session, _folder) = dump.open();

    let pid = |at: usize| number(&with_table[at]["pid"]);
    for (at, broken) in [(0, 5), (1, 3)] {
        let lines = run(&mut session, &format!("!handle 0 3 {:x}", pid(at))).unwrap();
        let rows = handles(&lines);
        // What leads nowhere, the page itself and the first page again; above that, the top itself and what leads nowhere.
        assert_eq!(rows.len(), count(0) + count(1), "{lines:#?}");
        assert!(rows[0].starts_with("0004: "), "{rows:#?}");
        // The page in slot 2 holds the handles from 2 * 256 * 4 on.
        assert!(rows[count(0)].starts_with("0804: "), "{rows:#?}");
        let said =
            |text: &str| lines.iter().any(|line| line.starts_with("Not known: ") && line.contains(text));
        assert!(said("a second time"), "{lines:#?}");
        assert!(said("a page of the _HANDLE_TABLE"), "{lines:#?}");
        let pages = format!(", {broken} pages of the table cannot be read");
        assert!(lines.iter().any(|line| line.ends_with(&pages)), "{pages}: {lines:#?}");
        // Found by its number, too.
        let lines = run(&mut session, &format!("!handle 804 1 {:x}", pid(at))).unwrap();
        assert_eq!(handles(&lines).len(), 1, "{lines:#?}");
        let lines = run(&mut session, &format!("!handle c04 1 {:x}", pid(at))).unwrap();
        assert!(lines.contains(&"0c04: its entry cannot be read".to_owned()), "{lines:#?}");
        let lines = run(&mut session, &format!("!handle 404 1 {:x}", pid(at))).unwrap();
        assert!(lines.iter().any(|line| line.starts_with("0404: handle 404 of the ")), "{lines:#?}");
    }
    let lines = run(&mut session, &format!("!handle 0 3 {:x} File", pid(1))).unwrap();
    assert!(lines.iter().any(|line| line.contains("1 whose type is not known left out")), "{lines:#?}");
    let lines = run(&mut session, &format!("!handle 0 3 {:x}", pid(1))).unwrap();
    assert!(
        lines.iter().any(|line| line.starts_with(&format!("Object: {object:016x}  Type: (????"))),
        "{lines:#?}"
    );
    let lines = run(&mut session, &format!("!handle 0 3 {:x}", pid(2))).unwrap();
    assert!(lines.contains(&"Its entries are not known".to_owned()), "{lines:#?}");
    assert!(
        lines.last().unwrap().ends_with(" is no address of a table of at most three levels"),
        "{lines:#?}"
    );
    // One process's table does not keep another's from being shown.
    let lines = run(&mut session, "!findhandle 1000000000").unwrap();
    let last = lines.iter().find(|line| line.starts_with("0 handles, in 0 of ")).unwrap();
    assert!(last.contains("; 3 tables are not wholly known"), "{last}");
}

#[test]
fn a_triage_dump_has_no_tables_and_says_so() {
    let mut session = session(&root().join("tests/data/wifi-triage.dmp.gz"));
    let lines = run(&mut session, "!handle").unwrap();
    assert!(lines[0].starts_with("PROCESS "), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("Not known: ")), "{lines:#?}");
    assert!(handles(&lines).is_empty());
    let lines = run(&mut session, "!findhandle 0xffffa4058c011150").unwrap();
    assert!(lines.iter().any(|line| line.ends_with(" tables are not wholly known")), "{lines:#?}");
}

/// What a processor's place in a queue takes.
const PLACE: u64 = 16;

#[test]
fn queues_of_spin_locks_are_followed() {
    let truth = truth("wifi");
    let prcbs: Vec<u64> =
        list(&truth, "processors").iter().map(|processor| number(&processor["prcb"])).collect();
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let place = |processor: usize, lock: u64| prcbs[processor] + offset("_KPRCB", "LockQueue") + lock * PLACE;
    // The master lock (5): the second processor owns it, the first waits. Two own the lock of BCBs (14).
    for (processor, lock, next, flags) in
        [(1, 5, place(0, 5), 2u64), (0, 5, 0, 1), (0, 14, 0, 2), (1, 14, 0, 2)]
    {
        dump.point(place(processor, lock), next);
        dump.point(place(processor, lock) + 8, 0xffff_8000_0000_1000 | flags);
    }
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, "!qlocks").unwrap();
    let row = |name: &str| lines.iter().find(|line| line.starts_with(name)).unwrap();
    assert!(row("CC   - Master").starts_with("CC   - Master         1  O"), "{lines:#?}");
    assert!(row("CC   - Bcb").starts_with("CC   - Bcb            C  C"), "{lines:#?}");
    assert_eq!(row("CC   - Vacb").trim_end(), "CC   - Vacb");
    assert_eq!(lines[3].trim_start().split("  ").next(), Some("Lock Name"));
}

/// A key's path is put together from its control blocks, up to the registry's root.
#[test]
fn handles_to_keys_tell_the_paths_of_these() {
    let truth = truth("wifi");
    let handle = list(&truth, "handles").iter().find(|handle| handle["type"] == "Event").unwrap();
    let (body, value, pid) = (number(&handle["object"]), number(&handle["handle"]), number(&handle["pid"]));
    let spare = list(&truth, "objects").iter().find(|object| object["name"] == "pool big Filt").unwrap();
    let spare = number(&spare["address"]);
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    dump.put(spare, &[0; 0x1000]);
    // Events are keys now.
    let lines = run(&mut session(&root().join("tests/data/wifi-full.dmp.gz")), &format!("!object {body:x}"));
    let heading = lines.unwrap()[0].clone();
    let ty = heading.split_once("Type: (").unwrap().1.split_once(')').unwrap().0.to_owned();
    let name = u64::from_str_radix(&ty, 16).unwrap() + offset("_OBJECT_TYPE", "Name");
    dump.put(name, &6u16.to_le_bytes());
    dump.point(name + 8, spare + 0xf00);
    dump.put(spare + 0xf00, &[b'K', 0, b'e', 0, b'y', 0]);
    // The body's control block, those above it, and their names, of which the last has two bytes a character.
    dump.point(body + offset("_CM_KEY_BODY", "KeyControlBlock"), spare);
    let names: [(&str, bool); 3] = [("Sp\u{e9}cial", false), ("MACHINE", true), ("REGISTRY", true)];
    for (at, (name, narrow)) in (0u64..).zip(names) {
        let (block, text) = (spare + at * 0x200, spare + 0x800 + at * 0x100);
        let parent = if at == 2 { 0 } else { block + 0x200 };
        dump.point(block + offset("_CM_KEY_CONTROL_BLOCK", "ParentKcb"), parent);
        dump.point(block + offset("_CM_KEY_CONTROL_BLOCK", "NameBlock"), text);
        let bytes: Vec<u8> = match narrow {
            true => name.bytes().collect(),
            false => name.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        };
        dump.put(text, &[u8::from(narrow)]);
        dump.put(text + 0x18, &(bytes.len() as u16).to_le_bytes());
        dump.put(text + 0x1a, &bytes);
    }
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!handle {value:x} 3 {pid:x}")).unwrap();
    let path = "Name: \\REGISTRY\\MACHINE\\Sp\u{e9}cial";
    assert!(lines.iter().any(|line| line.ends_with(path)), "{lines:#?}");
    // Without its beginning it would be another key's path.
    dump.point(spare + 0x200 + offset("_CM_KEY_CONTROL_BLOCK", "ParentKcb"), 0);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!handle {value:x} 3 {pid:x}")).unwrap();
    assert!(lines.iter().any(|line| line.contains("Name: ????")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("MACHINE")), "{lines:#?}");
}

#[test]
fn ids_lead_to_their_processes_and_threads() {
    let mut compared = 0;
    for (mut session, truth) in whole() {
        let processes = list(&truth, "processes").iter().map(|it| (&it["pid"], &it["eprocess"], "Process"));
        let threads = list(&truth, "threads").iter().map(|it| (&it["tid"], &it["ethread"], "Thread"));
        let all: Vec<_> =
            processes.chain(threads).map(|(id, at, kind)| (number(id), number(at), kind)).collect();
        for &(id, at, kind) in &all {
            // Idle has none, and one case gives an id twice.
            if id == 0 || all.iter().filter(|(other, ..)| *other == id).count() > 1 {
                continue;
            }
            let lines = run(&mut session, &format!("!handle {id:x} 20")).unwrap();
            assert!(lines[0].starts_with(&format!("{id:04x}: Object: {at:016x} Entry: ")), "{lines:#?}");
            assert!(lines[1].ends_with(&format!(") {kind}")), "{lines:#?}");
            compared += 1;
        }
    }
    assert!(compared > 100, "only {compared}");
}
