//! `!object` and `!locks` on the forge's dumps, against what the emulator recorded; without symbols, so that types and the
//! table of types come from the built-in layouts and the kernel's data.

use crate::forge::{cases, list, number};
use crate::golden::{run, session};
use crate::patched::Patched;
use dumpscope::memory::Memory;
use dumpscope::session::Session;
use serde_json::Value;

/// Runs a comparison on a whole dump of every case.
fn each(mut compare: impl FnMut(&mut Session, &Value) -> usize, at_least: usize) {
    let mut compared = 0;
    for (_, truth, dumps) in cases() {
        let whole = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage"));
        if let Some(dump) = whole {
            compared += compare(&mut session(dump), &truth);
        }
    }
    assert!(compared >= at_least, "only {compared} compared");
}

#[test]
fn directories_list_what_was_recorded() {
    each(
        |session, truth| {
            let entries = list(truth, "directory_entries");
            for entry in entries {
                let directory = number(&entry["directory"]);
                let lines = run(session, &format!("!object {directory:x} 9")).unwrap();
                let wanted = format!(
                    "{:016x} {:<13} {}",
                    number(&entry["object"]),
                    entry["type"].as_str().unwrap(),
                    entry["name"].as_str().unwrap()
                );
                assert!(
                    lines.iter().any(|line| line.get(9..).is_some_and(|row| row.trim_end() == wanted)),
                    "{wanted}: {lines:#?}"
                );
                let listed = lines.iter().filter(|line| line.starts_with("     ")).count();
                let there = entries.iter().filter(|other| other["directory"] == entry["directory"]).count();
                assert_eq!(listed, there, "{lines:#?}");
            }
            entries.len()
        },
        150,
    );
}

#[test]
fn paths_lead_to_objects_and_links_to_their_targets() {
    each(
        |session, truth| {
            let named = list(truth, "objects").iter().filter(|object| {
                let name = object["name"].as_str().unwrap();
                name.starts_with('\\') && name.len() > 1
            });
            let mut compared = 0;
            for object in named {
                let path = object["name"].as_str().unwrap();
                let lines = run(session, &format!("!object {}", path.to_lowercase())).unwrap();
                let wanted = format!("Object: {:016x}  Type: (", number(&object["address"]));
                assert!(lines[0].starts_with(&wanted), "{path}: {lines:#?}");
                let name = path.rsplit('\\').next().unwrap();
                assert!(lines[3].ends_with(&format!("  Name: {name}")), "{path}: {lines:#?}");
                compared += 1;
            }
            for link in list(truth, "symbolic_links") {
                let address = number(&link["address"]);
                let lines = run(session, &format!("!object {address:x} 9")).unwrap();
                let target = link["target"].as_str().unwrap();
                assert!(lines.contains(&format!("    Target String is '{target}'")), "{lines:#?}");
            }
            compared
        },
        100,
    );
}

#[test]
fn objects_that_handles_refer_to_have_their_types_and_counts() {
    each(
        |session, truth| {
            let handles = list(truth, "handles");
            for handle in handles {
                let address = number(&handle["object"]);
                let lines = run(session, &format!("!object {address:x}")).unwrap();
                let ty = format!(") {}", handle["type"].as_str().unwrap());
                assert!(lines[0].ends_with(&ty), "{ty}: {lines:#?}");
                let count = handles.iter().filter(|other| other["object"] == handle["object"]).count();
                assert!(lines[2].starts_with(&format!("    HandleCount: {count}  ")), "{lines:#?}");
            }
            handles.len()
        },
        150,
    );
}

#[test]
fn resources_have_the_owners_and_waiters_that_were_recorded() {
    each(
        |session, truth| {
            let resources = list(truth, "resources");
            let lines = run(session, "!locks").unwrap();
            let held = resources.iter().filter(|resource| !list(resource, "owners").is_empty()).count();
            let last = format!("{} total locks, {held} locks currently held", resources.len());
            assert_eq!(lines[lines.len() - 1], last);
            for resource in resources {
                let address = number(&resource["address"]);
                let lines = run(session, &format!("!locks {address:x}")).unwrap();
                let owners = list(resource, "owners");
                let state = match (owners.len(), resource["exclusive"] == true) {
                    (0, _) => "Available".to_owned(),
                    (_, true) => "Exclusively owned".to_owned(),
                    (count, false) => format!("Shared {count} owning threads"),
                };
                assert_eq!(lines[0], format!("Resource @ 0x{address:016x}    {state}"));
                let threads = |title: &str| -> Vec<u64> {
                    let after = lines.iter().skip_while(|line| !line.contains(title)).skip(1);
                    let rows = after.take_while(|line| line.starts_with("              "));
                    rows.map(|line| u64::from_str_radix(line.trim(), 16).unwrap()).collect()
                };
                let numbers = |name: &str| list(resource, name).iter().map(number).collect::<Vec<u64>>();
                assert_eq!(threads("Waiting On Exclusive"), numbers("exclusive_waiters"), "{lines:#?}");
                assert_eq!(threads("Waiting On Shared"), numbers("shared_waiters"), "{lines:#?}");
                for owner in owners {
                    let wanted = format!("{:016x}-01<*>", number(owner));
                    assert!(lines.iter().any(|line| line.contains(&wanted)), "{wanted}: {lines:#?}");
                }
            }
            resources.len()
        },
        30,
    );
}

#[test]
fn what_is_not_there_is_said() {
    let (_, _, dumps) = cases().into_iter().find(|(case, ..)| case == "wifi").unwrap();
    let mut session = session(&dumps[0]);
    let missing = run(&mut session, "!object \\Device\\Nothing").unwrap_err().to_string();
    assert_eq!(missing, "the object 'Nothing' of \\Device\\Nothing is not there");
    assert!(run(&mut session, "!object").is_err());
}

/// Offsets of Windows 10 build 19041, which the forge's kernel has (`tests/forge/facts/layout.tsv`).
const HEADER_TYPE_INDEX: u64 = 0x30 - 0x18;
const RESOURCE_EXCLUSIVE_WAITERS: u64 = 0x28;

#[test]
fn damage_is_said_and_the_rest_is_shown() {
    let truth = crate::forge::truth("wifi");
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    let entries = list(&truth, "directory_entries");
    let root = number(&list(&truth, "objects")[0]["address"]);
    let of_root = |name: &str| {
        let found = entries.iter().find(|entry| entry["name"] == name && number(&entry["directory"]) == root);
        let found = found.unwrap();
        (found["bucket"].as_u64().unwrap(), number(&found["object"]))
    };
    // The chain of one bucket turns back on itself; the first slot of another points nowhere.
    let (bucket, _) = of_root("Driver");
    let entry = dump.pointer(root + bucket * 8);
    dump.point(entry, entry);
    let (bucket, _) = of_root("Device");
    dump.point(root + bucket * 8, 0xffff_9999_9999_0000);
    // A type index that no type has.
    let (_, object) = of_root("BaseNamedObjects");
    let index = dump.before().target.memory().u8(object - HEADER_TYPE_INDEX).unwrap();
    dump.put(object - HEADER_TYPE_INDEX, &[index ^ 0x80]);
    // The list of resources turns back to its second; the ring of those who wait leads to memory that is no thread's stack.
    let resources: Vec<u64> =
        list(&truth, "resources").iter().map(|resource| number(&resource["address"])).collect();
    dump.point(resources[2], resources[1]);
    let chain = dump.pointer(resources[0] + RESOURCE_EXCLUSIVE_WAITERS);
    dump.point(chain + 0x10, resources[2]);
    let (mut session, _folder) = dump.open();

    let lines = run(&mut session, "!object \\").unwrap();
    let rows: Vec<&String> = lines.iter().skip(5).collect();
    let has = |text: &str| rows.iter().any(|row| row.contains(text));
    assert!(has("Driver") && has("GLOBAL??") && has("FileSystem"), "{rows:#?}");
    assert!(has("the list turns back to") && has("cannot be followed") || has("bucket 19 of"), "{rows:#?}");
    assert!(
        rows.iter().any(|row| row.contains("????????") && row.ends_with("BaseNamedObjects")),
        "{rows:#?}"
    );
    let lines = run(&mut session, &format!("!object {object:x}")).unwrap();
    assert_eq!(lines, [format!("{object:016x}: Not a valid object (ObjectType invalid)")]);

    let lines = run(&mut session, "!locks").unwrap();
    let said = lines.iter().find(|line| line.starts_with("not all resources are known: ")).unwrap();
    assert!(said.contains("the list turns back to"), "{said}");
    assert!(lines.iter().any(|line| line.contains("Exclusively owned")), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.contains("is no thread with that entry on its stack")),
        "{lines:#?}"
    );
    assert_eq!(lines[lines.len() - 1], "3 locks seen, 2 of them held");
}
