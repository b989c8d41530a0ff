//! Commands of symbols and types print what the reference engine printed on the same dump with the same PDB.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "support/golden.rs"]
mod golden;

use dumpscope::session::{Session, Settings};
use dumpscope::symbols::finder::Options;
use dumpscope::symbols::path::SearchPath;
use golden::{dumps_with_transcripts, run, session, shared, words};
use std::path::Path;

/// What differs on purpose, beside the rules of [`theirs`].
const SKIPPED: &[(&str, &str)] = &[
    ("vertarget", "compared on all dumps elsewhere"),
    (
        "lmvm nt",
        "the transcript's engine read a wrong image; compared elsewhere",
    ),
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
    let mut session = session(dump);
    let options = Options {
        network: false,
        ..Options::default()
    };
    session
        .target
        .set_paths(SearchPath::parse(path), SearchPath::default(), options);
    let Session { target, .. } = session;
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
            // C++ expressions are not evaluated yet.
            if command.starts_with("??") || command.contains("@@c++") {
                continue;
            }
            compared += 1;
            let actual = run(&mut session, command).unwrap_or_else(|error| vec![error]);
            let expected = rewrite(
                command,
                in_order(command, expected.iter().map(|line| theirs(line)).collect()),
            );
            let actual = rewrite(command, in_order(command, trimmed(actual)));
            for at in 0..expected.len().max(actual.len()) {
                let (want, have) = (expected.get(at), actual.get(at));
                let same = want
                    .zip(have)
                    .is_some_and(|(want, have)| words(want) == words(have));
                if !same {
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
fn same_words_with_the_pdb() {
    let Some((compared, faults)) = faults("SHARED/symbols", |_, lines| lines) else {
        return;
    };
    assert!(compared >= 30, "only {compared} comparisons");
    assert!(
        faults.is_empty(),
        "{} differ:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
