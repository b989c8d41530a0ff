//! The folders under `src` are layers: each may import only from those above it in the design's table.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up.
const LAYERS: &[&str] = &[
    "util", "words", "output", "dump", "memory", "symbols", "search", "debuggee", "unwind", "kernel",
    "analysis", "session", "eval", "command", "tui", "cli",
];

/// `output` is text: below `analysis` nobody may know it.
const WITHOUT_OUTPUT: &[&str] = &["dump", "memory", "symbols", "search", "debuggee", "unwind", "kernel"];

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

/// The sibling modules that a file imports by `super::`, its tests left out.
fn neighbours(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut found = Vec::new();
    for part in code.split("use super::").skip(1) {
        let statement = part.split(';').next().unwrap_or_default();
        // `a::B`, `{a, b::{C, D}}`: names at the depth at which modules stand.
        let mut depth = 0;
        let group = i32::from(statement.starts_with('{'));
        for (at, c) in statement.char_indices() {
            depth += i32::from(c == '{') - i32::from(c == '}');
            let begins = at == 0 && c != '{' || depth == group && matches!(c, '{' | ',');
            if begins {
                let rest = statement[at..].trim_start_matches(|c: char| !(c.is_alphanumeric() || c == '_'));
                found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
        }
    }
    found
}

/// The first circle among the modules of a folder that is reached from `at`.
fn circle(
    at: &str,
    edges: &HashMap<String, Vec<String>>,
    path: &mut Vec<String>,
    done: &mut HashSet<String>,
) -> Option<String> {
    if let Some(first) = path.iter().position(|seen| seen == at) {
        return Some(format!("{} -> {at}", path[first..].join(" -> ")));
    }
    if !done.insert(at.to_owned()) {
        return None;
    }
    path.push(at.to_owned());
    let found = edges.get(at).into_iter().flatten().find_map(|next| circle(next, edges, path, done));
    path.pop();
    found
}

/// What a `mod.rs` hands on: the name as others see it, and the module that has it.
fn handed_on(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for part in text.split("use ").skip(1) {
        let statement = part.split(';').next().unwrap_or_default();
        let Some((module, names)) = statement.split_once("::") else { continue };
        for name in names.split([',', '{', '}', ':']) {
            // `a as b` is known as b.
            let name = name.split_whitespace().last().unwrap_or_default();
            found.insert(name.to_owned(), module.to_owned());
        }
    }
    found
}

#[test]
fn no_neighbours_import_each_other_in_a_circle() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut folders: HashMap<PathBuf, HashMap<String, Vec<String>>> = HashMap::new();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if matches!(name.as_str(), "mod" | "lib" | "main" | "tests" | "data_tests") {
            continue;
        }
        let mut imported = neighbours(&fs::read_to_string(&file).expect("a source file"));
        // A neighbour may be named through what the folder's `mod.rs` hands on of it.
        let above = fs::read_to_string(file.with_file_name("mod.rs")).unwrap_or_default();
        let above = handed_on(&above);
        for name in &mut imported {
            if let Some(module) = above.get(name) {
                *name = module.clone();
            }
        }
        imported.retain(|module| *module != name);
        folders.entry(file.parent().unwrap().to_owned()).or_default().insert(name, imported);
    }
    let mut checked = 0;
    let mut faults = Vec::new();
    for (folder, edges) in &folders {
        checked += edges.values().flatten().filter(|name| edges.contains_key(*name)).count();
        for name in edges.keys() {
            let found = circle(name, edges, &mut Vec::new(), &mut HashSet::new());
            faults.extend(found.map(|circle| format!("{}: {circle}", folder.display())));
        }
    }
    faults.sort();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(checked > 300, "only {checked} imports of neighbours found: the test reads the wrong place");
}

#[test]
fn imports_of_neighbours_are_read() {
    let text = "use super::a::B;\nuse super::{c, d::{E, F}, g::H};\nuse crate::x;\n#[cfg(test)]\nmod tests { use super::y; }";
    assert_eq!(neighbours(text), ["a", "c", "d", "g"]);
    let above = handed_on("mod c;\npub use c::{D, E as F};\npub use g::h::I;\n");
    assert_eq!(above.get("D").map(String::as_str), Some("c"));
    assert_eq!(above.get("F").map(String::as_str), Some("c"));
    assert_eq!(above.get("I").map(String::as_str), Some("g"));
    let edges: HashMap<String, Vec<String>> =
        [("a", "b"), ("b", "c"), ("c", "b")].map(|(from, to)| (from.to_owned(), vec![to.to_owned()])).into();
    assert!(circle("a", &edges, &mut Vec::new(), &mut HashSet::new()).is_some());
}
