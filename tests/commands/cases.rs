//! The stories of the demos, command by command (`tests/cases`): what is shown, and that it is what the emulator recorded.

use crate::forge;
use crate::forge::{list, number, root};
use crate::golden::{forge_symbols, look_for_symbols, run, symbol_cache};
use crate::patched::{Patched, offset};
use dumpscope::command::run_line;
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::output::{Collector, Document, Field, Record};
use dumpscope::session::{Session, Settings};
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

/// The demo of a case with its symbols, as `--demo` opens it.
pub fn demo(case: &str) -> Session {
    let bytes = fs::read(forge::demo(case)).unwrap();
    let target = Target::new(DumpFile::from_bytes(&format!("{case}.dmp"), bytes).unwrap());
    let mut session = Session::new(target, Settings::default());
    if case != "nosyms" {
        look_for_symbols(&mut session, &forge_symbols());
    }
    session
}

/// The cases that have a file of commands.
fn told() -> Vec<(String, PathBuf)> {
    let files = fs::read_dir(root().join("tests/cases")).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    found.sort();
    found
}

/// Every command with what it says, as a transcript shows it.
fn transcript(case: &str, commands: &str) -> String {
    let (mut session, folder) = (demo(case), symbol_cache().display().to_string());
    let mut text = String::new();
    for command in commands.lines().filter(|line| !line.is_empty()) {
        text += &format!("kd> {command}\n");
        if command.starts_with('*') {
            continue;
        }
        let mut output = Collector::default();
        let outcome = run_line(command, &mut session, &mut output);
        for line in output.document.lines() {
            text += &line.plain().trim_end().replace(&folder, "<symbols>");
            text.push('\n');
        }
        if let Err(failure) = outcome {
            panic!("{case}: {command}: {}", failure.error);
        }
    }
    text
}

#[test]
fn each_command_says_what_was_reviewed() {
    let cases = told();
    assert!(cases.len() >= 9, "{cases:?}");
    for (case, path) in cases {
        let found = transcript(&case, &fs::read_to_string(&path).unwrap());
        let golden = path.with_extension("golden");
        if std::env::var_os("DUMPSCOPE_UPDATE").is_some() {
            fs::write(&golden, &found).unwrap();
        }
        let wanted = fs::read_to_string(&golden).unwrap();
        for (at, (found, wanted)) in found.lines().zip(wanted.lines()).enumerate() {
            assert_eq!(found, wanted, "{case}.golden, line {}", at + 1);
        }
        assert_eq!(found.lines().count(), wanted.lines().count(), "{case}.golden");
    }
}

fn document(session: &mut Session, line: &str) -> Document {
    let mut output = Collector::default();
    run_line(line, session, &mut output).map_err(|failure| failure.error).unwrap();
    output.document
}

fn of_kind(document: &Document, kind: &str) -> Vec<Record> {
    document.records().filter(|record| record.kind == kind).cloned().collect()
}

/// Number of processes, and of their threads, with the state of each, without a look at the golden files.
#[test]
fn processes_and_threads_are_those_that_the_emulator_recorded() {
    let mut compared = 0;
    for (case, _) in told() {
        let truth = forge::truth(&case);
        let mut session = demo(&case);
        let said = document(&mut session, "!process 0 2");
        // The Idle process is in no list.
        let wanted: Vec<&Value> =
            list(&truth, "processes").iter().filter(|process| number(&process["pid"]) != 0).collect();
        let processes = of_kind(&said, "process");
        let shown: Vec<_> = processes.iter().map(|process| process.get("address").cloned()).collect();
        let recorded: Vec<_> =
            wanted.iter().map(|process| Some(Field::Address(number(&process["eprocess"])))).collect();
        assert_eq!(shown, recorded, "{case}");
        let threads = of_kind(&said, "thread");
        let wanted: Vec<&Value> =
            list(&truth, "threads").iter().filter(|thread| number(&thread["pid"]) != 0).collect();
        assert_eq!(threads.len(), wanted.len(), "{case}: threads");
        for thread in wanted {
            let address = Field::Address(number(&thread["ethread"]));
            let shown = threads.iter().find(|shown| shown.get("address") == Some(&address));
            let shown = shown.unwrap_or_else(|| panic!("{case}: {address:?} is not shown"));
            let state = match thread["state"].as_str().unwrap() {
                // The thread that crashed ran.
                "crashed" => "running",
                state => state,
            };
            let Some(Field::Text(told)) = shown.get("state") else { panic!("{case}: {shown:?}") };
            assert_eq!(told.as_str().to_lowercase(), state, "{case}: {address:?}");
            assert_eq!(shown.get("process_id"), Some(&Field::Hex(number(&thread["pid"]))), "{case}");
            assert_eq!(shown.get("thread_id"), Some(&Field::Hex(number(&thread["tid"]))), "{case}");
            compared += 1;
        }
    }
    assert!(compared >= 200, "{compared} threads");
}

/// The crash's stack by `!crash`, whatever is selected, and what stands above it, against the record.
#[test]
fn the_page_of_the_crash_shows_the_recorded_stack_and_bug_check() {
    for (case, _) in told() {
        let truth = forge::truth(&case);
        let mut session = demo(&case);
        let last = list(&truth, "processors").len() - 1;
        run(&mut session, &format!("~{last}s")).unwrap();
        let before = session.focus.processor;
        let said = document(&mut session, "!crash");
        assert_eq!(session.focus.processor, before, "{case}: what was selected");

        let bug_check = of_kind(&said, "bugcheck");
        assert_eq!(bug_check.len(), 2, "{case}: in the block and by itself");
        let arguments = list(&truth["bugcheck"], "parameters").iter().map(number).map(Field::Address);
        let arguments = Field::List(arguments.collect());
        for record in bug_check {
            assert_eq!(record.get("code"), Some(&Field::Hex(number(&truth["bugcheck"]["code"]))), "{case}");
            assert_eq!(record.get("arguments"), Some(&arguments), "{case}");
        }

        let frames = of_kind(&said, "frame");
        // An inlined function has no frame of its own.
        let real: Vec<&Record> =
            frames.iter().filter(|frame| frame.get("trust") != Some(&Field::from("inline"))).collect();
        for (frame, wanted) in real.iter().zip(list(&truth, "frames")) {
            let (sp, ip) = (number(&wanted["rsp"]), number(&wanted["rip"]));
            assert_eq!(frame.get("sp"), Some(&Field::Address(sp)), "{case}: {frame:?}");
            assert_eq!(frame.get("ip"), Some(&Field::Hex(ip)), "{case}: {frame:?}");
        }
        assert_eq!(real.len(), list(&truth, "frames").len(), "{case}: frames");
    }
}

/// A name that was put into the environment of a process is the computer's; the forge's processes have none of their own.
#[test]
fn the_computer_is_called_as_an_environment_says() {
    let mut dump = Patched::new("assets/demo/readonly.dmp.gz");
    let truth = forge::truth("readonly");
    let crashed = &truth["crash_context"]["process"];
    let process = list(&truth, "processes").iter().find(|process| process["eprocess"] == *crashed).unwrap();
    let peb = number(&process["peb"]);
    // Behind the PEB its page is free.
    let block = peb + 0xa00;
    let text: Vec<u8> =
        "A=B\0ComputerName=TESTPC01\0Path=C:\\\0\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
    dump.put(block, &text);
    let parameters = dump.pointer(peb + offset("_PEB", "ProcessParameters"));
    // RTL_USER_PROCESS_PARAMETERS.Environment, at this place since Windows Vista x64 (Microsoft's public symbols).
    dump.point(parameters + 0x80, block);
    let (mut session, _folder) = dump.open();
    assert_eq!(run(&mut session, "!cn").unwrap(), ["Computer Name: TESTPC01"]);
    assert_eq!(run(&mut session, "!mex.di").unwrap()[0], "Computer Name: TESTPC01");
    assert_eq!(run(&mut demo("readonly"), "!cn").unwrap(), ["Computer Name:  Not Found"]);
}
