//! Commands about the dump, its registers and modules print what the reference engine printed on real dumps.
//!
//! The transcripts come from DbgEng 10.0.15063 without symbols. Where ours differs on purpose, a rule below says why;
//! everything else must have the same words in the same order.

use crate::golden::{dumps_with_transcripts, run, session, shared, words};

/// Commands compared line by line after the rules.
const COMMANDS: &[&str] = &[
    "vertarget",
    ".bugcheck",
    ".time",
    "r",
    "r rax,rip,efl",
    "lm",
    "lm a @rip",
    "lm m *fl*",
    "lmvm nt",
    "lmvm FLTMGR",
    "lmu",
    ".exr -1",
    ".effmach",
    "? @rsp+@rax",
    "? poi(@rsp)",
    "? 0n10*3+(5<<2)",
    "? by(@rsp)",
    "? wo(@rsp)",
    "? -1",
    "? not 5",
    "? hi(12345678)",
    "r $t1=5; ? @$t1*2",
    "$$ comment",
    "* comment",
];

/// A line of theirs, rewritten or dropped where we differ on purpose.
fn theirs(command: &str, line: &str) -> Option<String> {
    // The engine's own loading remarks, mixed into its output.
    if line.starts_with("***") || line.starts_with("Unable to load image") {
        return None;
    }
    // A blank line that belongs to those remarks.
    if command == "vertarget" && line.is_empty() {
        return None;
    }
    // Today's layout: `Edition build lab:` in place of `Built by:`, and no machine name (it is never filled).
    if line.starts_with("Machine Name:") {
        return None;
    }
    if let Some(lab) = line.strip_prefix("Built by: ") {
        return Some(format!("Edition build lab: {lab}"));
    }
    // Which modules the engine had tried to load symbols for says nothing about the dump.
    if line.starts_with("    Loaded symbol image file:") {
        return None;
    }
    // Without the image the engine prints a fixed list that it did not read anywhere.
    if line.starts_with("    Translations:") {
        return None;
    }
    if command.starts_with("lm") && line.contains('`') {
        return Some(module_row(line));
    }
    Some(line.to_owned())
}

/// A line of ours, dropped where it is an addition under its own label.
fn ours(command: &str, line: &str) -> Option<String> {
    // The exact kernel, named by its time stamp and size.
    if line.starts_with("Kernel file: ") || line.starts_with("    File version:") {
        return None;
    }
    if line.starts_with("    The dump names this driver") {
        return None;
    }
    // The machine, from tagged data.
    let machine = ["Processor: ", "Machine: ", "Board: ", "Firmware: ", "ACPI tables: ", "Hypervisor: "];
    if command == "vertarget" && machine.iter().any(|label| line.starts_with(label)) {
        return None;
    }
    // As in the reference, this line says what was loaded so far.
    if line.starts_with("    Loaded symbol image file:") {
        return None;
    }
    if command.starts_with("lm") && line.contains('`') {
        return Some(module_row(line));
    }
    Some(line.to_owned())
}

/// Symbol status and the `T` flag depend on what was tried to load; addresses and names do not.
fn module_row(line: &str) -> String {
    words(line).into_iter().take(3).collect::<Vec<_>>().join(" ")
}

/// Whether the transcript shows an error in place of output.
fn is_error(lines: &[String]) -> bool {
    lines.iter().any(|line| line.contains("error in '") || line.contains("error at '"))
}

#[test]
fn same_words_as_the_reference_on_every_real_dump() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    let mut faults = Vec::new();
    for (dump, transcript) in dumps_with_transcripts(&shared, "dbgeng") {
        let mut session = session(&dump);
        let arm64 = session.target.machine() == dumpscope::dump::Machine::Arm64;
        for command in COMMANDS {
            let Some(expected) = transcript.of(command) else {
                continue;
            };
            // On ARM64 the reference knows no @rsp and @rip; ours take them as sp and pc, so that one script serves
            // both machines.
            if arm64 && command.contains("@r") {
                continue;
            }
            let actual = run(&mut session, command);
            compared += 1;
            if is_error(&expected) {
                if actual.is_ok() {
                    faults.push(format!("{}: {command}: the reference fails", dump.display()));
                }
                continue;
            }
            let actual = actual.unwrap_or_else(|error| vec![error]);
            let expected: Vec<String> = expected.iter().filter_map(|line| theirs(command, line)).collect();
            let actual: Vec<String> = actual.iter().filter_map(|line| ours(command, line)).collect();
            let same = expected.len() == actual.len()
                && expected.iter().zip(&actual).all(|(theirs, ours)| words(theirs) == words(ours));
            if !same {
                let first = expected.iter().zip(&actual).find(|(theirs, ours)| words(theirs) != words(ours));
                faults.push(format!(
                    "{}: {command}: {} lines for {}: {first:?}",
                    dump.file_name().unwrap().display(),
                    actual.len(),
                    expected.len()
                ));
            }
        }
    }
    assert!(compared > 400, "only {compared} comparisons");
    assert!(faults.is_empty(), "{} differences:\n{}", faults.len(), faults.join("\n"));
}
