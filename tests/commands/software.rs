//! `!software` on the forge's dumps: whose modules are told as somebody else's, and where they are, against the record.

use crate::callbacks::with_callbacks;
use crate::forge::{cases, number, truth};
use crate::golden::{run, session};
use dumpscope::command::run_line;
use dumpscope::output::{Collector, Field, Record};
use dumpscope::session::Session;
use serde_json::Value;
use std::collections::BTreeSet;

/// The drivers that the forge makes for others than Windows (`tests/forge/windows/third`, `wlanflt`).
const OTHERS: [&str; 7] = ["wlanflt", "vscan", "vsfilter", "usbredir", "isospace", "isofilter", "tspport"];

fn rows(session: &mut Session, line: &str) -> Vec<Record> {
    let mut output = Collector::default();
    run_line(line, session, &mut output).unwrap();
    output.document.records().filter(|record| record.kind == "module").cloned().collect()
}

fn text<'r>(record: &'r Record, key: &str) -> Option<&'r str> {
    match record.get(key) {
        Some(Field::Text(text)) => Some(text.as_str()),
        _ => None,
    }
}

/// The modules, without extensions, that a recorded stack goes through.
fn on_stack(frames: &Value) -> BTreeSet<String> {
    let modules = frames.as_array().into_iter().flatten().filter_map(|frame| frame["module"].as_str());
    modules.map(|module| module.rsplit_once('.').map_or(module, |(stem, _)| stem).to_owned()).collect()
}

#[test]
fn whose_modules_they_are_and_on_which_stacks() {
    let mut compared = 0;
    for (case, truth, dumps) in cases() {
        let Some(dump) = dumps.iter().find(|dump| !dump.to_string_lossy().contains("triage")) else {
            continue;
        };
        let mut session = session(dump);
        let rows = rows(&mut session, "!software");
        let names: BTreeSet<String> =
            rows.iter().filter_map(|row| text(row, "module")).map(str::to_owned).collect();
        let crashed = on_stack(&truth["frames"]);
        for module in truth["modules"].as_array().unwrap() {
            let file = module["name"].as_str().unwrap();
            let name = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            assert_eq!(OTHERS.contains(&name), names.contains(name), "{case}: {name}: {names:?}");
            let Some(row) = rows.iter().find(|row| text(row, "module") == Some(name)) else { continue };
            let frame = row.get("frame") != Some(&Field::Null);
            assert_eq!(frame, crashed.contains(name), "{case}: {name} on the crashed stack");
            assert_eq!(row.get("base"), Some(&Field::Address(number(&module["base"]))), "{case}: {name}");
            compared += 1;
        }
    }
    assert!(compared >= 10, "only {compared}");
}

/// What the resource script and the record say of one driver.
#[test]
fn what_a_driver_hooks_stands_below_it() {
    let mut session = session(&crate::forge::demo("wifi"));
    let found = rows(&mut session, "!software -q");
    let row = &found[0];
    let truth = truth("wifi");
    let drivers = truth["objects"].as_array().unwrap();
    let driver = drivers.iter().find(|object| object["name"] == "\\Driver\\wlanflt").unwrap();
    let devices = truth["devices"].as_array().unwrap().iter();
    let devices = devices.filter(|device| device["driver"] == driver["address"]).count() as u64;
    assert_eq!(text(row, "company"), Some("Contoso Wireless"));
    assert_eq!(text(row, "product"), Some("Contoso Wireless Suite"));
    assert_eq!(text(row, "version"), Some("4.2.0.1187"));
    assert_eq!(text(row, "evidence"), Some("company"));
    assert_eq!(row.get("devices"), Some(&Field::from(devices)));
    assert_eq!(row.get("threads"), None);
    let lines = run(&mut session, "!software -q").unwrap();
    assert!(lines.contains(&"    devices: 2, above those of \\Driver\\nwifi".to_owned()), "{lines:#?}");
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:#?}");
}

#[test]
fn callbacks_and_foreign_dispatch_tables_are_told() {
    let (mut session, _folder) = with_callbacks();
    let lines = run(&mut session, "!software").unwrap();
    let words = lines.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    let expected = "callbacks: process 1, thread 1, image 1, object 1, bugcheck 1, reason 1, nmi 1, shutdown 1, \
                    lastshutdown 1, filesystem 1, named 1";
    assert!(words.contains(expected), "{lines:#?}");
    // Two records contradict themselves.
    assert!(words.contains("Callbacks that are not known: reason, nmi; "), "{lines:#?}");
    assert!(run(&mut session, "!software bananas").is_err());
    // Where nothing tells where the lists are.
    let lines = run(&mut crate::golden::session(&crate::forge::demo("wifi")), "!software").unwrap();
    let unknown = lines.iter().find(|line| line.starts_with("Callbacks that are not known: ")).unwrap();
    assert!(unknown.contains("process, thread, image") && !unknown.contains("bugcheck"), "{unknown}");
}
