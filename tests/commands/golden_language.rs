//! Expressions and what prints them say what the reference engine said, to the column and the caret.
//!
//! Transcripts: DbgEng 10.0.15063. A line that differs stands in `golden_language.tsv` with the reason; one that stands there
//! and does not differ any more is a fault too.

use crate::golden::{dumps_with_transcripts, session, session_with, shared};
use dumpscope::command::run_line;
use dumpscope::output::Collector;
use dumpscope::session::{Session, Settings};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The commands of the other transcripts whose lines are compared, by their first word.
const WORDS: &[&str] =
    &["?", "??", ".formats", ".echo", "r", ".printf", ".for", ".if", ".foreach", "n", "z", "j", "as"];

/// Lines that differ, each with its reason: `WHERE<tab>LINE<tab>REASON`, blanks around the line left out.
const DIFFERENCES: &str = include_str!("golden_language.tsv");

/// The lines of one transcript that may differ.
fn differences(place: &str) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for row in DIFFERENCES.lines().filter(|row| !row.is_empty()) {
        let parts: Vec<&str> = row.split('\t').collect();
        let [of, line, reason] = parts[..] else { panic!("not three parts: {row}") };
        assert!(reason.len() > 10, "no reason: {row}");
        if of == place {
            found.insert(line);
        }
    }
    found
}

/// Each line that was typed, as it was, with what was printed.
fn blocks(text: &str) -> Vec<(String, Vec<String>)> {
    let mut blocks: Vec<(String, Vec<String>)> = Vec::new();
    for line in text.lines() {
        match (line.strip_prefix("kd> "), blocks.last_mut()) {
            (Some(typed), _) => blocks.push((typed.to_owned(), Vec::new())),
            (None, Some((_, lines))) if !line.starts_with("[Execute ") => {
                lines.push(line.trim_end().to_owned())
            }
            (None, _) => {}
        }
    }
    for (_, lines) in &mut blocks {
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
    }
    blocks
}

fn is_ours(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|word| WORDS.contains(&word))
}

/// What a line prints with us, an error's text last.
fn printed(session: &mut Session, line: &str) -> Vec<String> {
    let mut output = Collector::default();
    let outcome = run_line(line, session, &mut output);
    let mut lines: Vec<String> =
        output.document.lines().map(|line| line.plain().trim_end().to_owned()).collect();
    if let Err(failure) = outcome {
        lines.extend(failure.error.to_string().lines().map(|line| line.trim_end().to_owned()));
    }
    // Today's engine has one row more.
    lines.retain(|line| !line.starts_with("  Decimal (unsigned) : "));
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// What a line prints in the folder of the transcripts, where its files are, with a variable in the environment.
fn printed_there(folder: &Path, line: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_dumpscope"))
        .args(["-z", "../../dumps/rizin-testbins-triage_x64.dmp", "-y", "../../symbols", "-c", line])
        .env("DSTESTVAR", "env value")
        .current_dir(folder)
        .output()
        .expect("runs");
    let mut lines: Vec<String> =
        String::from_utf8_lossy(&output.stdout).lines().map(|line| line.trim_end().to_owned()).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// The same dump and its symbols, and nothing of what was typed before.
fn renewed(session: Session) -> Session {
    let Session { target, .. } = session;
    Session::new(target, Settings::default())
}

fn with_symbols(dump: &Path, symbols: &Path) -> Session {
    renewed(session_with(dump, &symbols.display().to_string()))
}

/// Compares one line; says what is wrong.
fn fault(line: &str, expected: &[String], actual: &[String], known: &BTreeSet<&str>) -> Option<String> {
    match (expected == actual, known.contains(line.trim())) {
        (true, false) | (false, true) => None,
        (true, true) => Some(format!("{line}: equal, but stands among the differences")),
        (false, false) => Some(format!(
            "{line}\n  theirs: {}\n  ours:   {}",
            expected.join("\n          "),
            actual.join("\n          ")
        )),
    }
}

#[test]
fn lines_of_the_language_print_what_the_reference_printed() {
    let Some(shared) = shared() else { return };
    let folder = shared.join("golden/dbgeng-language");
    let text = fs::read(folder.join("rizin-testbins-triage_x64.txt")).expect("the transcript");
    let known = differences("line");
    let mut session =
        with_symbols(&shared.join("dumps/rizin-testbins-triage_x64.dmp"), &shared.join("symbols"));
    let (mut compared, mut faults) = (0, Vec::new());
    for (line, expected) in blocks(&String::from_utf8_lossy(&text)) {
        session = renewed(session);
        compared += 1;
        let actual = match line.contains("scripts/") || line.contains("DSTESTVAR") {
            true => printed_there(&folder, &line),
            false => printed(&mut session, &line),
        };
        faults.extend(fault(&line, &expected, &actual, &known));
    }
    assert!(compared > 800, "only {compared} lines");
    assert!(faults.is_empty(), "{} of {compared} lines differ:\n{}", faults.len(), faults.join("\n"));
}

/// What carries over from line to line in one session.
#[test]
fn a_session_keeps_what_the_reference_keeps() {
    let Some(shared) = shared() else { return };
    let path = shared.join("golden/dbgeng-language/rizin-testbins-triage_x64.session.txt");
    let text = fs::read(path).expect("the transcript");
    let known = differences("session");
    let mut session =
        with_symbols(&shared.join("dumps/rizin-testbins-triage_x64.dmp"), &shared.join("symbols"));
    let mut faults = Vec::new();
    for (line, expected) in blocks(&String::from_utf8_lossy(&text)) {
        let actual = printed(&mut session, &line);
        if !known.contains(line.trim()) {
            faults.extend(fault(&line, &expected, &actual, &known));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_same_on_every_real_dump() {
    let Some(shared) = shared() else { return };
    let known = differences("dumps");
    let (mut compared, mut faults) = (0, Vec::new());
    for (dump, _) in dumps_with_transcripts(&shared, "dbgeng") {
        let name = dump.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read(shared.join("golden/dbgeng").join(format!("{name}.txt"))).expect("a transcript");
        let mut session = session(&dump);
        let arm64 = session.target.machine() == dumpscope::dump::Machine::Arm64;
        for (line, expected) in blocks(&String::from_utf8_lossy(&text)) {
            // `r` alone is compared elsewhere. The reference knows no @rsp and @rip on ARM64; ours are sp and pc there, so
            // that one script serves both machines.
            if !is_ours(&line) || line == "r" || arm64 && line.contains("@r") {
                continue;
            }
            session = renewed(session);
            compared += 1;
            let actual = printed(&mut session, &line);
            faults.extend(fault(&line, &expected, &actual, &known).map(|fault| format!("{name}: {fault}")));
        }
    }
    assert!(compared > 300, "only {compared} lines");
    assert!(faults.is_empty(), "{} of {compared} lines differ:\n{}", faults.len(), faults.join("\n"));
}
