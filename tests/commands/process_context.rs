//! `.process`: memory and modules as another process sees them, against what the forge laid out.

use crate::forge;
use crate::forge::number;
use crate::golden::{run, session};
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::memory::Memory;
use dumpscope::session::{Session, Settings};
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

/// A copy of a demo whose KPROCESS.DirectoryTableBase (offset 0x28 on every x64 build) of `process` names a page that
/// the dump does not hold.
fn with_lost_page_tables(case: &str, process: &Value) -> Session {
    let target = Target::open(&forge::demo(case), &mut |_| {}).unwrap();
    let mut bytes = target.dump().unwrap().bytes().to_vec();
    let (address, base) = (number(&process["eprocess"]) + 0x28, number(&process["cr3"]));
    let places: Vec<usize> = (0..bytes.len() - 7)
        .filter(|at| bytes[*at..*at + 8] == base.to_le_bytes() && *at as u64 & 0xfff == address & 0xfff)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + 8].copy_from_slice(&0x7fff_f000u64.to_le_bytes());
    }
    let dump = DumpFile::from_bytes("damaged.dmp", bytes).unwrap();
    Session::new(Target::new(dump), Settings::default())
}

/// A process of that name, and the number of a processor that runs a thread of it.
fn running<'t>(truth: &'t Value, name: &str) -> (u32, &'t Value) {
    let processes = truth["processes"].as_array().unwrap();
    let process = processes.iter().find(|process| process["name"] == name).unwrap();
    let threads = truth["threads"].as_array().unwrap();
    let own: Vec<u64> = threads
        .iter()
        .filter(|thread| thread["pid"] == process["pid"])
        .map(|thread| number(&thread["ethread"]))
        .collect();
    let case = truth["case"].as_str().unwrap();
    let target = Target::open(&forge::demo(case), &mut |_| {}).unwrap();
    let mut processors = target.processors().iter();
    let found = processors.find(|it| it.current_thread.is_some_and(|thread| own.contains(&thread)));
    (found.unwrap().number, process)
}

#[test]
fn a_process_that_cannot_be_seen_is_not_shown_as_another() {
    let truth = forge::truth("readonly");
    let (number_of, process) = running(&truth, "agent.exe");
    let mut session = with_lost_page_tables("readonly", process);
    let (at_first, crashed) = (session.process(), session.focus.processor);
    let own = run(&mut session, "lmu 1m").unwrap();
    assert!(!own.is_empty());
    let module = session.target.modules().iter().find(|module| module.base < 1 << 63).unwrap().base;
    assert!(session.target.memory().u8(module).is_ok());

    let told = run(&mut session, &format!("~{number_of}s")).unwrap().join("\n");
    assert!(told.contains("cannot be seen") && told.contains("0x7ffff000"), "{told}");
    assert_eq!(session.process(), Some(number(&process["eprocess"])));
    assert_eq!(run(&mut session, "lmu 1m").unwrap(), Vec::<String>::new());
    let error = session.target.memory().u8(module).unwrap_err().to_string();
    assert!(error.contains("0x7ffff000"), "{error}");
    assert!(session.target.memory().u64(number(&process["eprocess"])).is_ok());

    // Back at the processor that crashed all is as it was; a command elsewhere says so and comes back too.
    assert_eq!(run(&mut session, &format!("~{crashed}s")).unwrap(), Vec::<String>::new());
    assert_eq!(run(&mut session, "lmu 1m").unwrap(), own);
    let told = run(&mut session, &format!("{number_of}r rip")).unwrap().join("\n");
    assert!(told.contains("cannot be seen"), "{told}");
    assert_eq!((session.process(), run(&mut session, "lmu 1m").unwrap()), (at_first, own));
}

#[test]
fn no_process_means_the_current_threads() {
    let truth = forge::truth("scanner-139");
    let mut session = session(&forge::demo("scanner-139"));
    let crashed = session.process().unwrap();
    let modules = run(&mut session, "lmu 1m").unwrap();
    let thread_of_another = truth["threads"].as_array().unwrap().iter().find(|thread| {
        thread["state"] != "running" && number(&thread["teb"]) != 0 && {
            let process = session.target.process_of(number(&thread["ethread"]));
            process != Some(crashed)
        }
    });
    let thread = number(&thread_of_another.unwrap()["ethread"]);
    let pid = &thread_of_another.unwrap()["pid"];
    let process = truth["processes"].as_array().unwrap().iter().find(|it| it["pid"] == *pid).unwrap();
    for line in [format!(".thread {thread:x}"), format!(".thread {thread:x}; .process 0")] {
        run(&mut session, &line).unwrap();
        assert_eq!(session.process(), Some(number(&process["eprocess"])), "{line}");
        let mut expected: Vec<String> =
            process["modules"].as_array().unwrap().iter().map(module_name).collect();
        let mut found: Vec<String> =
            run(&mut session, "lmu 1m").unwrap().iter().map(|name| name.to_lowercase()).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{line}");
    }
    run(&mut session, ".thread").unwrap();
    assert_eq!((session.process(), run(&mut session, "lmu 1m").unwrap()), (Some(crashed), modules.clone()));
    // An idle processor has no user space at all.
    for line in ["~3s", ".process 0"] {
        run(&mut session, line).unwrap();
        assert_eq!(run(&mut session, "lmu 1m").unwrap(), Vec::<String>::new(), "{line}");
    }
    run(&mut session, &format!(".process {crashed:x}")).unwrap();
    assert_eq!(run(&mut session, "lmu 1m").unwrap(), modules);
}

#[test]
fn a_view_comes_back_whole() {
    let truth = forge::truth("readonly");
    let (other, _) = running(&truth, "agent.exe");
    let mut session = session(&forge::demo("readonly"));
    let modules = run(&mut session, "lmu 1m").unwrap();
    let (focus, nesting) = (session.focus.processor, session.interpreter.depth.nesting);
    let view = session.view();
    run(&mut session, &format!("~{other}s; r $t0 = 5; .frame 1; db rsp L10")).unwrap();
    session.interpreter.depth.nesting += 3;
    assert_ne!(run(&mut session, "lmu 1m").unwrap(), modules);
    session.restore(view);
    assert_eq!(
        (session.focus.processor, session.interpreter.depth.nesting, session.user_registers[0]),
        (focus, nesting, 0)
    );
    assert!(session.focus.frame.is_none() && session.next_address.is_empty());
    assert_eq!(run(&mut session, "lmu 1m").unwrap(), modules);
}
