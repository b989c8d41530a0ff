//! Commands of symbols and types print what the reference engine printed on the same dump with the
//! same PDB: the same lines, column by column; only blanks at the end of a line are not compared.

use crate::golden::{dumps_with_transcripts, run, session_with, shared, words};
use dumpscope::session::{Session, Settings};
use std::path::Path;

/// What differs on purpose, beside the rules of [`theirs`].
const SKIPPED: &[(&str, &str)] = &[
    ("vertarget", "compared on all dumps elsewhere"),
    ("lmvm nt", "the transcript's engine read a wrong image; compared elsewhere"),
    ("u nt!KeBugCheckEx L5", "compared elsewhere"),
];

/// A line of theirs, rewritten where we differ on purpose.
fn theirs(line: &str) -> String {
    // The reference engine could not read the module's name from this dump.
    line.replace("MZ_!", "nt!")
        // It prints a second `???` for an array of one character that cannot be printed.
        .replace("[1]  \"??????\"", "[1]  \"???\"")
}

fn with_symbols(dump: &Path, path: &str) -> Session {
    let Session { target, .. } = session_with(dump, path);
    Session::new(target, Settings::default())
}

/// Rows of `x` stand in the order of their addresses, where the reference engine has that of its hash table; rows of
/// the same address in any.
fn in_order(command: &str, lines: Vec<String>) -> Vec<String> {
    let mut lines = lines;
    if command.starts_with("x ") {
        lines.sort();
    }
    lines
}

fn faults(path: &str, rewrite: fn(&str, Vec<String>) -> Vec<String>) -> Option<(usize, Vec<String>)> {
    let shared = shared()?;
    let path = path.replace("SHARED", &shared.display().to_string());
    let (mut compared, mut faults) = (0, Vec::new());
    for (dump, transcript) in dumps_with_transcripts(&shared, "dbgeng-types") {
        let mut session = with_symbols(&dump, &path);
        for (command, expected) in transcript.all() {
            if SKIPPED.iter().any(|(skipped, _)| *skipped == command) {
                continue;
            }
            compared += 1;
            let actual = run(&mut session, command).unwrap_or_else(|error| vec![error]);
            let expected =
                rewrite(command, in_order(command, expected.iter().map(|line| theirs(line)).collect()));
            let actual = rewrite(command, in_order(command, trimmed(actual)));
            for at in 0..expected.len().max(actual.len()) {
                let (want, have) = (expected.get(at), actual.get(at));
                if want != have {
                    faults.push(format!("{command}: line {at}\n  want {want:?}\n  have {have:?}"));
                    break;
                }
            }
        }
    }
    Some((compared, faults))
}

/// Blank lines at the end are the transcript's.
fn trimmed(mut lines: Vec<String>) -> Vec<String> {
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[test]
fn same_lines_with_the_pdb() {
    let Some((compared, faults)) = faults("SHARED/symbols", |_, lines| lines) else {
        return;
    };
    assert!(compared >= 35, "only {compared} comparisons");
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

/// With a symbol table in place of the PDB everything is the same but for the order of members, which it does not keep.
#[test]
fn same_lines_with_a_symbol_table() {
    fn unordered(command: &str, lines: Vec<String>) -> Vec<String> {
        // The PDB was made of the table; its maker gave all structures without a name the older of two words.
        let plain = |line: String| line.replace("<anonymous-tag>", "<unnamed-tag>");
        let mut lines: Vec<String> = lines.into_iter().map(plain).collect();
        // What stands below a member belongs to it; only its own lines can be compared without their order.
        if command.starts_with("dt ") || command.starts_with("??") {
            lines.sort();
        }
        lines
    }
    /// What the table lacks.
    const LACKING: &[(&str, &str)] = &[("dt -v nt!_POOL_HEADER", "how many elements a type has")];
    let Some((_, faults)) = faults("isf*SHARED/isf", unordered) else {
        return;
    };
    let faults: Vec<String> = faults
        .into_iter()
        .filter(|fault| !LACKING.iter().any(|(command, _)| fault.starts_with(command)))
        .collect();
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

/// A member's value in the output of `dt`.
fn value_of(lines: &[String], member: &str) -> Option<String> {
    let line = lines.iter().find(|line| words(line).get(1) == Some(&member))?;
    Some(line.split_once(" : ")?.1.trim().to_owned())
}

/// Without any symbols the current process and thread are read by built-in layouts: the process's name is text, and
/// its id, which stands in the process, agrees with that in the thread, which is another structure.
#[test]
fn built_in_layouts_name_the_current_process_and_thread() {
    let Some(shared) = shared() else { return };
    let mut builds = std::collections::BTreeMap::new();
    for (dump, _) in dumps_with_transcripts(&shared, "dbgeng") {
        let mut session = with_symbols(&dump, "");
        if session.target.machine() != dumpscope::dump::Machine::Amd64 {
            // The layouts are those of x64 kernels: on others nothing is read by them.
            assert!(run(&mut session, "dt nt!_EPROCESS").is_err());
            continue;
        }
        let at = dump.display();
        let lines =
            run(&mut session, "dt nt!_EPROCESS @$proc ImageFileName UniqueProcessId").expect("a process");
        let name = value_of(&lines, "ImageFileName").expect("a name");
        let name = name.split('"').nth(1).expect("quotes").to_owned();
        let plain = |c: char| c.is_ascii_graphic() || c == ' ';
        assert!(!name.is_empty() && name.len() <= 15 && name.chars().all(plain), "{at}: {name:?}");
        let process = value_of(&lines, "UniqueProcessId").expect("an id");
        let thread = run(&mut session, "dt nt!_ETHREAD @$thread Cid.").expect("a thread");
        let owner = value_of(&thread, "UniqueProcess").expect("an id");
        // Idle threads have no ids; their process has the system's address space.
        assert!(owner == process || owner == "(null)", "{at}: {owner} {process}");
        // That a layout is built in is said once, and whether it is of this very build.
        let version = session.target.kernel_version().to_string();
        let notes: Vec<&String> = lines.iter().filter(|line| line.starts_with("Note:")).collect();
        assert_eq!(notes.len(), 1, "{at}");
        assert!(notes.iter().all(|note| note.contains(&version)), "{at}: {notes:?}");
        let known = ["10.0.26100.2314"].contains(&version.as_str());
        assert_eq!(notes[0].contains("the dump's own build"), known, "{at}: {version} {notes:?}");
        *builds.entry(session.target.header().unwrap().minor_version).or_insert(0) += 1;
    }
    // Others may come to the folder; that those of these builds were read shows that the walk met them.
    for build in [9600, 17763, 19041, 26100] {
        assert!(builds.contains_key(&build), "{build} is not among {builds:?}");
    }
}
