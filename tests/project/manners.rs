//! Ways around what keeps output safe: there are none.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

/// What the program's own code says, without its unit tests, where any of `words` stands in it.
fn places(words: &[&str], allowed: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 100, "only {} sources: the test reads the wrong place", files.len());
    let mut found = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("mod tests {").next().unwrap_or_default();
        let code = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        for (number, line) in code {
            if words.iter().any(|word| line.contains(word)) && !allowed.contains(&name.as_str()) {
                found.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    found
}

/// `cli::complain` cleans and shortens what is said on standard error; a failed write to standard output is told.
#[test]
fn nothing_is_printed_past_the_sanitiser() {
    let found = places(&["eprintln!(", "eprint!(", "println!(", "print!("], &[]);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// `util::files` compares an output with what is being read before it is opened.
#[test]
fn outputs_are_opened_in_one_place() {
    // The cache writes below folders of its own; the demo unpacks into it.
    let caches = ["util/files.rs", "cli/demo.rs", "search/cache.rs"];
    let found = places(&["File::create", "fs::write(", "OpenOptions::new", "File::options"], &caches);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A file of tests that its binary does not name is never compiled, and nobody misses it.
#[test]
fn every_file_of_tests_is_part_of_its_binary() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut seen = 0;
    for entry in fs::read_dir(tests).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let Ok(main) = fs::read_to_string(entry.join("main.rs")) else { continue };
        for file in fs::read_dir(&entry).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            if name == "main" || file.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            seen += 1;
            let named = main.lines().any(|line| line.trim() == format!("mod {name};"));
            assert!(named, "{} is not named in main.rs beside it", file.display());
        }
    }
    assert!(seen > 50, "only {seen} files of tests: the test reads the wrong place");
}

/// An error that leaves its module has a kind, so that who gets it can tell one from another.
#[test]
fn no_error_that_leaves_its_module_is_a_text() {
    // What reads a flag must answer with a text: that is clap's way, and private.
    let results = places(&["Result<"], &[]);
    assert!(results.len() > 100, "only {}", results.len());
    let is_text = |line: &&String| {
        let code = line.split_once(": ").map_or("", |(_, code)| code);
        let (_, result) = code.split_once("Result<").unwrap_or_default();
        (code.starts_with("pub ") || code.starts_with("pub(")) && result.contains(", String>")
    };
    let texts: Vec<&String> = results.iter().filter(is_text).collect();
    assert!(texts.is_empty(), "{texts:#?}");
}
