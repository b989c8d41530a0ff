//! `r` on a dump of the forge, in text and in facts.

use crate::{forge, golden};
use dumpscope::command::run_line;
use dumpscope::output::{Collector, Field, Record};
use dumpscope::session::Session;

fn records(session: &mut Session, line: &str) -> Vec<Record> {
    let mut output = Collector::default();
    run_line(line, session, &mut output).unwrap_or_else(|failure| panic!("{line}: {}", failure.error));
    output.document.records().cloned().collect()
}

/// Every register that is printed is a fact by its own name: the values are those of the context's bytes.
#[test]
fn json_has_every_register_that_is_printed() {
    let mut session = golden::session(&forge::root().join("tests/data/wifi-triage.dmp.gz"));
    let of = |session: &Session, name: &str| Field::Hex(session.context().unwrap().get(name).unwrap());
    let [record] = &records(&mut session, "r rax,rip, eax  zf,$t0")[..] else { panic!("one record") };
    let names: Vec<&str> = record.fields.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["rax", "rip", "eax", "zf", "$t0"]);
    for (name, value) in &record.fields[..4] {
        assert_eq!(*value, of(&session, name), "{name}");
    }
    assert_eq!(record.fields[4].1, Field::Hex(0));
    for mask in ["1", "8", "4", "40", "20", "80"] {
        let text = golden::run(&mut session, &format!("rM {mask}"));
        let Ok(text) = text else { continue };
        let facts: usize =
            records(&mut session, &format!("rM {mask}")).iter().map(|record| record.fields.len()).sum();
        let printed: usize = text.iter().map(|line| line.matches('=').count()).sum();
        // The row of flags says in words what efl holds, and iopl as a number.
        let words = usize::from(mask == "1");
        assert!(facts + words >= printed && facts > 0, "rM {mask}: {facts} facts for {printed}: {text:?}");
    }
}

/// What was set is there, in the forms of the debugger's help.
#[test]
fn registers_are_set_and_shown_in_parts() {
    let mut session = golden::session(&forge::root().join("tests/data/wifi-triage.dmp.gz"));
    let mut run = |line: &str| golden::run(&mut session, line);
    assert_eq!(run("r rax=41424344`fffefdfc; r rax:ub").unwrap(), ["rax=41 42 43 44 ff fe fd fc"]);
    assert_eq!(run("r rax:id").unwrap(), ["rax=1094861636 -66052"]);
    assert_eq!(run("r al").unwrap(), ["al=fc"]);
    assert_eq!(run("r eax=5, ebx=6; r eax,ebx").unwrap(), ["eax=5 ebx=6"]);
    // The upper half stays, as in the debugger.
    assert_eq!(run("r rax").unwrap(), ["rax=4142434400000005"]);
    assert_eq!(run("r nope").unwrap_err(), format!("{:13}^ Bad register error in 'r nope'", ""));
    assert_eq!(run("r $t0=1 2").unwrap_err(), format!("{:16}^ Extra character error in 'r $t0=1 2'", ""));
}
