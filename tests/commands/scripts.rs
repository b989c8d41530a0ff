//! Command files as engineers write them (`tests/scripts`): each runs on its demo and says what was reviewed.

use crate::cases::demo;
use crate::forge::{number, root, truth};
use crate::golden::run;
use dumpscope::command::run_line;
use dumpscope::output::Collector;
use std::fs;
use std::path::PathBuf;

/// A command file with its demo and the line that runs it.
struct Script {
    path: PathBuf,
    demo: String,
    run: String,
}

/// All that say how they are run.
fn scripts() -> Vec<Script> {
    let files = fs::read_dir(root().join("tests/scripts")).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "dbg")).collect();
    paths.sort();
    let script = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let said = |what: &str| {
            text.lines().find_map(|line| line.strip_prefix(&format!("$$ {what}: "))).map(str::to_owned)
        };
        Some(Script { demo: said("Demo")?, run: said("Run")?, path })
    };
    paths.into_iter().filter_map(script).collect()
}

/// What a script says, as a reader of standard output sees it; what it wrote to its log behind that.
fn said(script: &Script) -> String {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("report.log").display().to_string();
    let mut session = demo(&script.demo);
    let mut output = Collector::default();
    let outcome = run_line(&script.run.replace("LOG", &log), &mut session, &mut output);
    let mut text: String =
        output.document.lines().map(|line| line.plain().trim_end().to_owned() + "\n").collect();
    if let Err(failure) = outcome {
        text += &format!("{}\n", failure.error);
    }
    for lack in &session.lacks {
        text += &format!("(told besides: {})\n", lack.trim());
    }
    if let Ok(logged) = fs::read_to_string(&log) {
        let lines: String = logged.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        text += &format!("--- the log:\n{lines}");
    }
    text.replace(&log, "LOG")
}

/// The scripts' own paths are relative to the project, in which tests run.
#[test]
fn each_script_says_what_was_reviewed() {
    let scripts = scripts();
    assert!(scripts.len() >= 10, "{} scripts", scripts.len());
    for script in scripts {
        let found = said(&script);
        let golden = script.path.with_extension("golden");
        if std::env::var_os("DUMPSCOPE_UPDATE").is_some() {
            fs::write(&golden, &found).unwrap();
        }
        let wanted = fs::read_to_string(&golden).unwrap();
        for (at, (found, wanted)) in found.lines().zip(wanted.lines()).enumerate() {
            assert_eq!(found, wanted, "{}, line {}", golden.display(), at + 1);
        }
        assert_eq!(found.lines().count(), wanted.lines().count(), "{}", golden.display());
    }
}

/// Functions of the record's stack have a turn each, at the address that the record says where they begin.
#[test]
fn each_function_has_a_turn() {
    let (mut session, truth) = (demo("wifi"), truth("wifi"));
    let line = "!for_each_function -m:nwifi -p:*send* -c:.echo @#ModName @#FunctionName @#SymbolName @#SymbolAddress";
    let shown = run(&mut session, line).unwrap();
    let frames = truth["frames"].as_array().unwrap();
    let wanted: Vec<String> = frames
        .iter()
        .filter(|frame| {
            // The record has the raw name of a part that the compiler made.
            let name = frame["function"].as_str().unwrap_or_default();
            frame["module"] == "nwifi.sys" && name.contains("Send") && !name.starts_with('?')
        })
        .map(|frame| {
            let (name, begins) =
                (frame["function"].as_str().unwrap(), number(&frame["rip"]) - number(&frame["offset"]));
            format!("nwifi {name} nwifi!{name} {begins:016x}")
        })
        .collect();
    assert!(wanted.len() >= 2);
    for wanted in wanted {
        assert!(shown.contains(&wanted), "{wanted} is not among {shown:?}");
    }
    assert!(run(&mut session, "!for_each_function -m:nosuch").unwrap_err().contains("nosuch"));
    let names = run(&mut session, "!for_each_function -m:nwifi -p:Dot11SendCompletion").unwrap();
    assert_eq!(names, ["nwifi!Dot11SendCompletion"]);
}
