//! The folders under `src` are layers: each may import only from those above it in the design's table.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up.
const LAYERS: &[&str] = &[
    "util", "words", "output", "events", "dump", "memory", "symbols", "search", "debuggee", "unwind",
    "kernel", "analysis", "session", "eval", "command", "tui", "cli",
];

/// `output` is text: below `analysis` nobody may know it.
const WITHOUT_OUTPUT: &[&str] =
    &["events", "dump", "memory", "symbols", "search", "debuggee", "unwind", "kernel"];

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

/// The modules of `crate::command` that a file names by `crate::command::`, its tests left out.
fn rooms_named(text: &str, handed_on: &HashMap<String, String>) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut found = Vec::new();
    for part in code.split("crate::command::").skip(1) {
        let group = part.strip_prefix('{').and_then(|rest| rest.split("};").next());
        let names: Vec<&str> = group.map_or(vec![part], |group| group.split(',').collect());
        for name in names {
            let name: String = name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push(handed_on.get(&name).cloned().unwrap_or(name));
        }
    }
    found
}

/// Rooms see each other through what `command/mod.rs` hands on as well.
#[test]
fn no_rooms_of_commands_import_each_other_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/command");
    let above = handed_on(&fs::read_to_string(root.join("mod.rs")).expect("the commands"));
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut edges: HashMap<String, Vec<String>> = HashMap::new();
    for file in files {
        let inside = file.strip_prefix(&root).expect("a command").with_extension("");
        let room = inside.iter().next().expect("a room").to_str().expect("a name").to_owned();
        if matches!(room.as_str(), "mod" | "table") || inside.ends_with("args_tests") {
            continue;
        }
        let mut named = rooms_named(&fs::read_to_string(&file).expect("a source file"), &above);
        // The list of all commands is the one circle: a line finds its command there, help and advice list it.
        named.retain(|other| *other != room && other != "table");
        edges.entry(room).or_default().extend(named);
    }
    let mut faults = Vec::new();
    for room in edges.keys() {
        faults.extend(circle(room, &edges, &mut Vec::new(), &mut HashSet::new()));
    }
    faults.sort();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let known = |room: &String| edges.contains_key(room) || room == "line";
    let checked = edges.values().flatten().filter(|room| known(room)).count();
    assert!(checked > 200, "only {checked} imports of rooms found: the test reads the wrong place");
}

#[test]
fn imports_of_rooms_are_read() {
    let above = handed_on("mod line;\npub use line::{Args, near};\npub use table::COMMANDS;\n");
    let text = "use crate::command::{Args, near};\nuse crate::command::show::typed;\nfn f() { crate::command::COMMANDS }";
    assert_eq!(rooms_named(text, &above), ["line", "line", "show", "table"]);
}

/// What reads switches out of a text is the parser; a command asks for them.
#[test]
fn no_command_reads_switches_itself() {
    /// Signs that are part of an argument: `L-5`, `+FLAGS`, a whole command in quotes.
    const ARGUMENTS: &[&str] = &["code/extent.rs", "symbols/symopt.rs", "types/list.rs"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/command");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let (mut faults, mut parsers) = (Vec::new(), 0);
    for file in files {
        let name = file.strip_prefix(&root).expect("a command").to_str().expect("a name").replace('\\', "/");
        let text = fs::read_to_string(&file).expect("a source file");
        let found = takes_signs(&text);
        if name.starts_with("line/") {
            parsers += usize::from(!found.is_empty());
        } else if !ARGUMENTS.contains(&name.as_str()) {
            faults.extend(found.into_iter().map(|line| format!("{name}:{line}: takes a switch off a text")));
        }
    }
    assert!(parsers > 0, "not even the parser was found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The lines that look for a sign at the beginning of a text, or match a text with a switch.
fn takes_signs(text: &str) -> Vec<usize> {
    let asks = ["strip_prefix(", "starts_with(", "trim_start_matches("];
    let signs = ["'-'", "'/'", "\"-", "\"/", "['-'", "['/'", "['+', '-'", "[\"-"];
    let of_parser = text.contains("given.switch.spelling");
    let takes = |line: &str| {
        let asked = asks.iter().any(|ask| {
            let mut behind = line.split(ask).skip(1);
            behind.any(|behind| signs.iter().any(|sign| behind.starts_with(sign)))
        });
        let arm = line.trim_start().split_once("=>").is_some_and(|(arm, _)| {
            let arm = arm.trim();
            // `-1` is a number.
            let letter = arm.chars().nth(2).is_some_and(char::is_alphabetic);
            letter && (arm.starts_with("\"-") || arm.starts_with("\"/"))
        });
        asked || (arm && !of_parser)
    };
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines().enumerate().filter(|(_, line)| takes(line)).map(|(at, _)| at + 1).collect()
}

#[test]
fn reading_of_switches_is_seen() {
    let text = "while let Some(rest) = text.strip_prefix('/') {\n  match word {\n    \"-f\" => file = true,\n  }\n}\nlet a = 1;";
    assert_eq!(takes_signs(text), [1, 3]);
    assert_eq!(takes_signs("match given.switch.spelling {\n  \"-f\" => file = true,\n}"), [0; 0]);
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
