//! The same answers whatever tells the types: a PDB, or the layouts that are built in for another build of the same Windows.

use crate::forge::{demo, root};
use crate::golden::{real_dumps, run, session, session_with};
use crate::shared::root_with;
use dumpscope::debuggee::SymbolStatus;
use dumpscope::session::Session;

const COMMANDS: [&str; 11] = [
    "!process 0 1",
    "!process 0 2",
    "!thread",
    "!running -i",
    "!mex.running",
    "!mex.p 4",
    "!mex.tl",
    "!ready",
    "!locks",
    r"!object \",
    r"!object \Device",
];

/// What the kernel's symbols are.
fn status(session: &Session) -> SymbolStatus {
    let kernel = session.target.modules().named("nt").expect("a kernel");
    session.target.module_symbols(kernel).status
}

/// A line without what only symbols know: names of code, rows of inlined functions, notes about where types come from.
fn without_names(line: &str) -> Option<String> {
    if line.starts_with("(Inline Function)") || line.starts_with("Note: ") {
        return None;
    }
    // A row of the stack: what it calls itself stands behind the last colon.
    if line.as_bytes().get(8) == Some(&b'`') {
        return line.rsplit_once(" : ").map(|(values, _)| values.to_owned());
    }
    let is_name = |word: &&str| !word.contains('!') && !word.contains("+0x");
    let is_plain = |word: &&str| is_name(word) || word.starts_with("(0x");
    let plain = |word: &str| word.trim_matches(|c| c == '(' || c == ')').to_owned();
    Some(line.split_whitespace().filter(is_plain).map(plain).collect::<Vec<_>>().join(" "))
}

fn answers(session: &mut Session, command: &str) -> Vec<String> {
    let lines = run(session, command).unwrap_or_else(|error| panic!("{command}: {error}"));
    lines.iter().filter_map(|line| without_names(line)).collect()
}

fn same(one: &mut Session, other: &mut Session, commands: &[&str], dump: &str) -> usize {
    let mut compared = 0;
    for command in commands {
        let (found, wanted) = (answers(one, command), answers(other, command));
        for (found, wanted) in found.iter().zip(&wanted) {
            assert_eq!(found, wanted, "{dump}: {command}");
        }
        assert_eq!(found.len(), wanted.len(), "{dump}: {command}: {found:#?}\n{wanted:#?}");
        compared += found.len();
    }
    compared
}

/// The forge's kernel is a build that no layout is made of; its demos' PDBs are its own.
#[test]
fn built_in_layouts_say_what_the_pdb_says() {
    let store = root().join("assets/demo/symbols.zip");
    let mut compared = 0;
    for case in ["wifi", "readonly", "scanner-139"] {
        let mut own = session_with(&demo(case), store.to_str().unwrap());
        let mut built_in = session(&demo(case));
        assert_eq!(status(&own), SymbolStatus::PrivatePdb, "{case}");
        assert_ne!(status(&built_in), SymbolStatus::PrivatePdb, "{case}");
        compared += same(&mut own, &mut built_in, &COMMANDS, case);
    }
    assert!(compared >= 1000, "only {compared} lines");
}

/// Real triage dumps for whose kernel there is a symbol table, of the very build or of the nearest one.
#[test]
fn built_in_layouts_say_what_symbol_tables_say() {
    let Some(shared) = root_with(&["dumps", "isf"]) else { return };
    let (mut dumps, mut compared) = (0, 0);
    for path in real_dumps(&shared) {
        let mut isf = session_with(&path, &format!("isf*{}", shared.join("isf").display()));
        if status(&isf) != SymbolStatus::Isf {
            continue;
        }
        let mut built_in = session(&path);
        let name = path.display().to_string();
        compared += same(&mut isf, &mut built_in, &["!process -1 0", "!running -i", "!mex.running"], &name);
        dumps += 1;
    }
    println!("{dumps} dumps, {compared} lines");
    assert!(dumps >= 1 && compared >= 8, "{dumps} dumps, {compared} lines");
}
