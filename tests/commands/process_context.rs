//! `.process`: memory and modules as another process sees them, against what the forge laid out.

use crate::forge;
use crate::forge::number;
use crate::golden::{run, session};
use dumpscope::memory::Memory;
use serde_json::Value;

#[test]
fn each_process_has_its_own_modules() {
    let truth = forge::truth("scanner-139");
    let mut session = session(&forge::demo("scanner-139"));
    let at_first = session.process().unwrap();
    let mut compared = 0;
    for process in truth["processes"].as_array().unwrap() {
        let address = number(&process["eprocess"]);
        run(&mut session, &format!(".process {address:x}"))
            .unwrap_or_else(|error| panic!("{}: {error}", process["name"]));
        assert_eq!(session.process(), Some(address));
        let listed = run(&mut session, "lmu 1m").unwrap();
        let mut expected: Vec<String> =
            process["modules"].as_array().unwrap().iter().map(module_name).collect();
        let mut found: Vec<String> = listed.iter().map(|name| name.to_lowercase()).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{}", process["name"]);
        compared += expected.len();
        let peb = number(&process["peb"]);
        assert!(peb == 0 || session.target.memory().u64(peb).is_ok(), "{}", process["name"]);
    }
    assert!(compared > 20, "{compared}");
    run(&mut session, ".process 0").unwrap();
    assert_eq!(session.process(), Some(at_first));
    // What is no process changes nothing.
    assert!(run(&mut session, ".process fffff80761400000").is_err());
    assert_eq!(session.process(), Some(at_first));
}

fn module_name(module: &Value) -> String {
    let name = module.as_str().or_else(|| module["name"].as_str()).unwrap();
    name.rsplit_once('.').unwrap().0.to_lowercase()
}

#[test]
fn a_stack_of_another_processor_leaves_the_current_one() {
    let mut session = session(&forge::demo("readonly"));
    let before = session.focus.processor;
    let other = run(&mut session, "~0k").unwrap();
    assert_eq!(other, run(&mut session, "0k").unwrap());
    assert_ne!(other, run(&mut session, "k").unwrap());
    assert_eq!(session.focus.processor, before);
}
