//! `!vad` and `!peb` on the forge's dumps, against their record, and on damaged ones.

use crate::forge::{cases, list, number, truth};
use crate::golden::{records, run, session};
use crate::patched::Patched;
use dumpscope::output::{Field, Record};
use serde_json::Value;

fn text(record: &Record, key: &str) -> String {
    match record.get(key) {
        Some(Field::Text(text)) => text.as_str().to_owned(),
        other => panic!("{key}: {other:?}"),
    }
}

/// The debugger's words for the protections that the record has numbers of (MM_PROTECTION_MASK), by hand.
fn protection(bits: u64) -> &'static str {
    match bits {
        1 => "READONLY",
        4 => "READWRITE",
        7 => "EXECUTE_WRITECOPY",
        24 => "NO_ACCESS",
        other => panic!("no word for {other}"),
    }
}

/// Every range of every process: pages, kind, protection, charge, file, each in the order of addresses.
#[test]
fn ranges_are_those_of_the_record() {
    let mut compared = 0;
    for (case, truth, dumps) in cases() {
        let Some(dump) = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage")) else {
            continue;
        };
        let mut session = session(dump);
        for process in list(&truth, "processes") {
            let mut wanted: Vec<&Value> = list(process, "vads").iter().collect();
            wanted.sort_by_key(|vad| number(&vad[0]));
            let line = format!("!vad /p {}", process["eprocess"].as_str().unwrap());
            let found = records(&mut session, &line, "vad");
            assert_eq!(found.len(), wanted.len(), "{case} {}", process["name"]);
            for (found, wanted) in found.iter().zip(wanted) {
                assert_eq!(found.get("start"), Some(&Field::Hex(number(&wanted[0]))), "{case}");
                assert_eq!(found.get("end"), Some(&Field::Hex(number(&wanted[1]))));
                assert_eq!(found.get("commit"), Some(&Field::Number(wanted[4].as_u64().unwrap())));
                assert_eq!(text(found, "protection"), protection(wanted[3].as_u64().unwrap()));
                let kind = wanted[2].as_str().unwrap();
                let (memory, name) = match kind {
                    "Image" => ("Mapped", "VadImageMap".to_owned()),
                    "Mapped" => ("Mapped", "VadNone".to_owned()),
                    "PhysicalMemory" => ("Mapped", "VadDevicePhysicalMemory".to_owned()),
                    "RotatePhysical" => ("Mapped", "VadRotatePhysical".to_owned()),
                    other => ("Private", format!("Vad{other}")),
                };
                assert_eq!((text(found, "memory").as_str(), text(found, "type")), (memory, name));
                let file = wanted[5].as_str().unwrap();
                match (memory, file, kind) {
                    ("Private", ..) | (_, _, "PhysicalMemory") => {
                        assert_eq!(found.get("file"), Some(&Field::Null));
                    }
                    (_, "", _) => {
                        let pages = wanted[4].as_u64().unwrap();
                        assert_eq!(found.get("file"), Some(&Field::Null));
                        assert_eq!(found.get("shared_commit"), Some(&Field::Number(pages)));
                        let words = format!("Pagefile section, shared commit {pages:#x}");
                        assert!(found.lines[0].plain().ends_with(&words), "{:?}", found.lines[0].plain());
                    }
                    (_, file, _) => assert_eq!(text(found, "file"), format!("\\Windows\\System32\\{file}")),
                }
                compared += 1;
            }
        }
    }
    assert!(compared >= 400, "only {compared}");
}

/// One range: by its node, and by an address in it; they say the same.
#[test]
fn one_range_is_found_by_an_address_in_it() {
    let truth = truth("wifi");
    let process = &list(&truth, "processes")[9];
    let (name, own) = (process["name"].as_str().unwrap(), process["eprocess"].as_str().unwrap());
    let vads = list(process, "vads");
    let image = vads.iter().find(|vad| vad[5] == name).unwrap();
    let at = (number(&image[0]) << 12) + 0x1234;
    let mut session = session(&crate::forge::root().join("tests/data/wifi-full.dmp.gz"));
    let by_address = run(&mut session, &format!("!vad /p {own} {at:x}")).unwrap();
    let node = records(&mut session, &format!("!vad /p {own} {at:x}"), "vad")[0].get("address").cloned();
    let Some(Field::Address(node)) = node else { panic!("{node:?}") };
    assert_eq!(run(&mut session, &format!("!vad {node:x} 1")).unwrap(), by_address);
    assert_eq!(by_address[1], format!("VAD @ {node:016x}"));
    assert_eq!(by_address.last().unwrap(), &format!("        File: \\Windows\\System32\\{name}"));
    assert!(run(&mut session, &format!("!vad /p {own} 10000")).unwrap_err().contains("is in no range"));
}

/// A tree that comes back to its root, one with a child that leads nowhere: said, and the rest is shown.
#[test]
fn a_broken_tree_is_shown_as_far_as_it_goes() {
    let truth = truth("wifi");
    let process = &list(&truth, "processes")[9];
    let own = process["eprocess"].as_str().unwrap();
    let all = list(process, "vads").len();
    let whole = Patched::new("tests/data/wifi-full.dmp.gz");
    let root = {
        let scope = whole.before().scope();
        let object = scope.object("nt!_EPROCESS", number(&process["eprocess"])).unwrap();
        object.field("VadRoot").unwrap().u64().unwrap()
    };
    let right = whole.pointer(root + 8);
    for (value, complaint) in [(root, "a second time"), (0xffff_9999_9999_0000, "not mapped")] {
        let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
        // The left child of the root's right one.
        dump.point(right, value);
        let (mut session, _folder) = dump.open();
        let line = format!("!vad /p {own}");
        let found = records(&mut session, &line, "vad");
        assert!(found.len() < all && found.len() > all / 2, "{} of {all}", found.len());
        let lines = run(&mut session, &line).unwrap();
        let said =
            |line: &String| line.starts_with("a part of the tree is not known: ") && line.contains(complaint);
        assert!(lines.iter().any(said), "{complaint}: {lines:?}");
    }
}

/// Modules and command lines of every process of the dumps that hold user memory.
#[test]
fn a_peb_tells_modules_and_command_line() {
    let (mut modules, mut lines) = (0, 0);
    for (case, truth, dumps) in cases() {
        for dump in dumps.iter().filter(|dump| dump.to_string_lossy().contains("full")) {
            let mut session = session(dump);
            for process in list(&truth, "processes").iter().filter(|process| number(&process["peb"]) != 0) {
                let line = format!("!peb /p {}", process["eprocess"].as_str().unwrap());
                let mut found: Vec<(u64, String)> = records(&mut session, &line, "loaded_module")
                    .iter()
                    .map(|module| match module.get("base") {
                        Some(Field::Address(base)) => (*base, text(module, "path")),
                        other => panic!("{other:?}"),
                    })
                    .collect();
                let mut wanted: Vec<(u64, String)> = list(process, "modules")
                    .iter()
                    .map(|module| (number(&module["base"]), module["path"].as_str().unwrap().to_owned()))
                    .collect();
                found.sort();
                wanted.sort();
                assert_eq!(found, wanted, "{case} {}", process["name"]);
                modules += found.len();
                let parameters = &records(&mut session, &line, "peb_parameters")[0];
                assert_eq!(text(parameters, "command_line"), process["command_line"].as_str().unwrap());
                lines += 1;
            }
        }
    }
    assert!(modules >= 20 && lines >= 8, "only {modules} modules of {lines} processes");
}

#[test]
fn a_process_without_user_space_has_no_peb() {
    let mut session = session(&crate::forge::demo("wifi"));
    let system = truth("wifi")["processes"][0]["eprocess"].as_str().unwrap().to_owned();
    let lines = run(&mut session, &format!("!peb /p {system}")).unwrap();
    assert_eq!(lines, ["System has no PEB: it runs in the kernel alone"]);
    let lines = run(&mut session, &format!("!vad /p {system}")).unwrap();
    assert_eq!(lines, ["System has no ranges: its address space is the kernel's alone"]);
}
