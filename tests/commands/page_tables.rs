//! `!pte` on the forge's dumps, against what the emulator recorded.

use crate::forge::{number, root, truth};
use crate::golden::{run, session};
use dumpscope::session::Session;
use serde_json::Value;

fn opened(case: &str) -> (Session, Value) {
    (session(&root().join(format!("tests/data/{case}.dmp.gz"))), truth(case))
}

/// Chooses the process whose root table the record names.
fn attach(session: &mut Session, truth: &Value, cr3: &Value) {
    let processes = truth["processes"].as_array().unwrap();
    let process = processes.iter().find(|process| process["cr3"] == *cr3).unwrap();
    run(session, &format!(".process /p {:x}", number(&process["eprocess"]))).unwrap();
}

#[test]
fn every_kind_of_entry_is_told() {
    for case in ["paging", "la57"] {
        let (mut session, truth) = opened(case);
        let entries = truth["entries"].as_array().unwrap();
        assert!(entries.len() >= 9, "{case}");
        for entry in entries {
            attach(&mut session, &truth, &entry["cr3"]);
            let address = number(&entry["va"]);
            let lines = run(&mut session, &format!("!pte {address:x}")).unwrap();
            let text = lines.join("\n");
            let kind = entry["kind"].as_str().unwrap();
            assert_eq!(lines[0].trim_start(), format!("VA {address:016x}"), "{case} {kind}");
            assert!(
                lines[2].contains(&format!("contains {:016X}", number(&entry["value"]))),
                "{case} {kind}: {text}"
            );
            let page = entry["pa"].as_str().map(|_| number(&entry["pa"]) >> 12);
            let said = match kind {
                "hardware" => format!("pfn {:x} ", page.unwrap()),
                "large" => format!("LARGE PAGE pfn {:x}", page.unwrap()),
                "transition" => format!("  Transition: {:x}", page.unwrap()),
                "pagefile" => "  PageFile:  1\n".to_owned(),
                "demand-zero" => "  DemandZero".to_owned(),
                "prototype" => {
                    format!("  Proto: {:016X}", number(&entry["value"]) >> 16 | 0xffff_0000_0000_0000)
                }
                "prototype-vad" => "  Proto: VAD".to_owned(),
                "no-access" => "  Protect: 18 - NoAccess".to_owned(),
                "zero" => "not valid".to_owned(),
                other => panic!("{other} is not known"),
            };
            assert!(text.contains(&said), "{case} {kind}: no {said:?} in\n{text}");
        }
    }
}

/// Windows maps its page tables for itself: what lies at the address of an entry is the entry, and typing that address
/// leads back to the page.
#[test]
fn entries_lie_where_they_are_said_to() {
    for case in ["paging", "la57"] {
        let (mut session, truth) = opened(case);
        for known in truth["translations"].as_array().unwrap().iter().take(40) {
            attach(&mut session, &truth, &known["cr3"]);
            let address = number(&known["va"]);
            let lines = run(&mut session, &format!("!pte {address:x}")).unwrap();
            let entry = lines[1].rsplit(' ').next().unwrap().to_owned();
            let content = lines[2].rsplit(' ').next().unwrap().to_lowercase();
            let words = run(&mut session, &format!("dq {entry} L1")).unwrap();
            assert!(words[0].replace('`', "").ends_with(&content), "{case} {address:x}: {words:?}");
            let page = number(&known["pa"]) >> 12;
            assert!(lines[3].contains(&format!("pfn {page:x}")), "{case} {address:x}: {lines:#?}");
            let back = run(&mut session, &format!("!pte {entry}")).unwrap();
            assert_eq!(back[0].trim_start(), format!("VA {:016x}", address & !0xfff), "{case}");
        }
    }
}
