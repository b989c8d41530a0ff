//! Sessions on dumps, what our commands say in them, and what the reference engine said (transcripts).
// Each test file uses its part.
#![allow(dead_code)]

use dumpscope::command::run_line;
use dumpscope::debuggee::Target;
use dumpscope::dump::DumpFile;
use dumpscope::output::{Collector, Document, Field, Record};
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::path::SearchPath;
use dumpscope::session::{Session, Settings};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of private test data.
pub fn shared() -> Option<PathBuf> {
    crate::shared::root_with(&["dumps"])
}

/// The real dumps, in the order of their names.
pub fn real_dumps(shared: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(shared.join("dumps")).expect("dumps").map(|entry| entry.expect("an entry").path());
    let is_dump = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "dmp");
    let mut found: Vec<PathBuf> = entries.filter(is_dump).collect();
    found.sort();
    found
}

/// Those of x64 computers.
pub fn real_x64_dumps(shared: &Path) -> Vec<PathBuf> {
    real_dumps(shared).into_iter().filter(|path| !path.to_string_lossy().contains("arm64")).collect()
}

/// The real dumps that have a transcript in `golden/FOLDER`, with it.
pub fn dumps_with_transcripts(shared: &Path, folder: &str) -> Vec<(PathBuf, Transcript)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(shared.join("golden").join(folder)).expect("transcripts") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name");
        let dump = shared.join("dumps").join(name).with_extension("dmp");
        let bytes = fs::read(&path).expect("a transcript");
        found.push((dump, Transcript::parse(&String::from_utf8_lossy(&bytes))));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// What the reference engine printed, command by command.
pub struct Transcript {
    commands: Vec<(String, Vec<String>)>,
}

impl Transcript {
    /// Reads `kd> COMMAND` lines and what follows each.
    pub fn parse(text: &str) -> Transcript {
        let mut commands: Vec<(String, Vec<String>)> = Vec::new();
        for line in text.lines() {
            match (line.strip_prefix("kd> "), commands.last_mut()) {
                (Some(command), _) => commands.push((command.trim().to_owned(), Vec::new())),
                (None, Some((_, lines))) => lines.push(line.trim_end().to_owned()),
                (None, None) => {}
            }
        }
        Transcript { commands }
    }

    /// Every command with what it printed, blank lines at its end left out.
    pub fn all(&self) -> impl Iterator<Item = (&str, Vec<String>)> {
        self.commands.iter().filter_map(|(command, _)| Some((command.as_str(), self.of(command)?)))
    }

    /// What a command printed; blank lines at the end are the transcript's, not the command's.
    pub fn of(&self, command: &str) -> Option<Vec<String>> {
        let (_, lines) = self.commands.iter().find(|(typed, _)| typed == command)?;
        let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        Some(lines[..end].to_vec())
    }
}

/// A session on a real dump.
pub fn session(dump: &Path) -> Session {
    let file =
        DumpFile::open(dump, &mut |_| {}).unwrap_or_else(|error| panic!("{}: {error}", dump.display()));
    Session::new(Target::new(file), Settings::default())
}

/// The same, whose symbols are looked for along a path.
pub fn session_with(dump: &Path, symbols: &str) -> Session {
    let mut session = session(dump);
    look_for_symbols(&mut session, symbols);
    session
}

/// The same on a dump of the forge, with the symbols of its kernel and its drivers.
pub fn with_symbols(dump: &Path) -> Session {
    session_with(dump, &forge_symbols())
}

/// The symbols of the forge's kernel and drivers.
pub fn forge_symbols() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/symbols.zip").display().to_string()
}

/// Has a session look for symbols along a path, but in no network and not in the user's cache.
pub fn look_for_symbols(session: &mut Session, path: &str) {
    let options = FinderOptions { default_cache: symbol_cache(), network: false, ..FinderOptions::default() };
    session.target.set_paths(SearchPath::parse(path), SearchPath::default(), options);
}

/// Where they are unpacked.
pub fn symbol_cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("symbols-cache")
}

/// What one of our commands says.
pub fn said(session: &mut Session, command: &str) -> Result<Document, String> {
    let mut output = Collector::default();
    run_line(command, session, &mut output).map_err(|failure| failure.error.to_string())?;
    Ok(output.document)
}

/// The records of a kind among it.
pub fn records(session: &mut Session, command: &str, kind: &str) -> Vec<Record> {
    let document = said(session, command).unwrap_or_else(|error| panic!("{command}: {error}"));
    document.records().filter(|record| record.kind == kind).cloned().collect()
}

/// The number that a record has under a key.
pub fn number_in(record: &Record, key: &str) -> u64 {
    match record.get(key) {
        Some(Field::Number(value) | Field::Hex(value) | Field::Address(value)) => *value,
        other => panic!("{key}: {other:?} in {record:?}"),
    }
}

/// The lines of one of our commands, which succeeds.
pub fn lines(session: &mut Session, command: &str) -> Vec<String> {
    run(session, command).unwrap_or_else(|error| panic!("{command}: {error}"))
}

/// The lines of one of our commands, or its error's text.
pub fn run(session: &mut Session, command: &str) -> Result<Vec<String>, String> {
    let document = said(session, command)?;
    Ok(document.lines().map(|line| line.plain().trim_end().to_owned()).collect())
}

/// A line's words: what must be equal, where padding need not.
pub fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}
