//! The folders under `src` are layers: each may import only from those above it in the design's table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up.
const LAYERS: &[&str] = &[
    "util", "output", "dump", "memory", "symbols", "debuggee", "unwind", "kernel", "analysis", "session",
    "eval", "command", "tui", "cli",
];

/// `output` is text: below `analysis` nobody may know it.
const WITHOUT_OUTPUT: &[&str] = &["dump", "memory", "symbols", "debuggee", "unwind", "kernel"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in
        fs::read_dir(folder).expect("a folder of sources").map(|entry| entry.expect("an entry").path())
    {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

/// The layers that a source file names by `crate::`, with the line.
fn imports(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for part in code.split("crate::").skip(1) {
            let names: Vec<&str> = match part.strip_prefix('{') {
                Some(group) => group.split(',').collect(),
                None => vec![part],
            };
            for name in names {
                let name: String =
                    name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.push((number + 1, name));
            }
        }
    }
    found
}

#[test]
fn every_folder_imports_only_from_above() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    let mut faults = Vec::new();
    for (index, layer) in LAYERS.iter().enumerate() {
        let folder = root.join(layer);
        if !folder.is_dir() {
            continue;
        }
        let mut files = Vec::new();
        sources(&folder, &mut files);
        for file in files {
            let text = fs::read_to_string(&file).expect("a source file");
            for (line, name) in imports(&text) {
                let Some(other) = LAYERS.iter().position(|layer| *layer == name) else {
                    continue;
                };
                checked += 1;
                let text_below = name == "output" && WITHOUT_OUTPUT.contains(layer);
                if other > index || text_below {
                    faults.push(format!("{}:{line}: {layer} imports {name}", file.display()));
                }
            }
        }
    }
    assert!(checked > 50, "only {checked} imports found: the test reads the wrong place");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_folder_is_a_layer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(root).expect("src").map(|entry| entry.expect("an entry")) {
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().expect("a name");
            assert!(LAYERS.contains(&name.as_str()), "src/{name} is no layer");
        }
    }
}
