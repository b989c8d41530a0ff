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

/// Facts come from what knows them, not out of a line that was made for a reader.
#[test]
fn no_command_reads_shown_text_back() {
    let allowed = [
        // The decoder writes a mnemonic in pieces.
        "command/show/disassembly/x64.rs",
        // It is the text that is searched.
        "command/script/grep.rs",
        // A column is measured.
        "command/script/help.rs",
    ];
    let words = [".spans()", ".plain()", "span.text()", ".lines.pop()", ".lines.last()", ".lines.first()"];
    let rooms = ["command/", "analysis/", "kernel/", "session/"];
    let is_here = |place: &&String| rooms.iter().any(|room| place.starts_with(room));
    let found = places(&words, &allowed);
    let found: Vec<&String> = found.iter().filter(is_here).collect();
    assert!(found.is_empty(), "{found:#?}");
    // Each exception is still one.
    let all = places(&words, &[]);
    for file in allowed {
        assert!(all.iter().any(|place| place.starts_with(file)), "{file} needs no exception any more");
    }
}

/// A cell makes the fact, its text and its link; a line made beside the facts of the same thing says them a second time.
#[test]
fn facts_are_not_stated_beside_the_line_that_shows_them() {
    // Not moved onto cells yet.
    let rooms = ["command/types/", "command/system/", "command/script/evaluate_cxx.rs"];
    let files = ["command/script/lang.rs", "command/symbols/chksym.rs", "command/symbols/ln.rs"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources_found = Vec::new();
    sources(&root.join("command"), &mut sources_found);
    assert!(sources_found.len() > 100, "only {}", sources_found.len());
    let (mut found, mut excepted) = (Vec::new(), Vec::new());
    for file in sources_found {
        let name = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("mod tests {").next().unwrap_or_default();
        let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code = code.collect::<Vec<_>>().join("\n");
        let is_twice = code.split(';').any(states_twice);
        if is_twice && files.contains(&name.as_str()) {
            excepted.push(name);
        } else if is_twice && !rooms.iter().any(|room| name.starts_with(room)) {
            found.push(name);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    excepted.sort();
    assert_eq!(excepted, files, "a file that is moved needs no exception any more");
}

/// Whether a statement names a fact and makes a line by hand. An empty line, and a word, begin one for cells.
fn states_twice(statement: &str) -> bool {
    let is_made = |rest: &str| {
        let rest = rest.trim_start();
        !(rest.starts_with("Line::new())") || rest.starts_with('"'))
    };
    statement.contains(".field(") && statement.split(".line(").skip(1).any(is_made)
}

#[test]
fn statements_that_say_a_fact_twice_are_seen() {
    assert!(states_twice("Record::new(\"a\").field(\"x\", 1).line(line)"));
    assert!(states_twice("record.field(\"x\", 1)\n.line(\nLine::new().value(\"1\"))"));
    assert!(!states_twice("record.field(\"x\", 1).line(Line::new()).cell(\"y\", 2)"));
    assert!(!states_twice("record.line(Line::of(\"remark\"))"));
}

/// Signs are extended, and the bits of bit-fields cut out, in one place.
#[test]
fn signs_are_extended_in_one_place() {
    // MASM's shift that keeps the sign, and bits of positions in maps, are neither.
    let here = ["util/bits.rs", "eval/masm/operators.rs", "dump/bitmap.rs", "memory/translation_cache.rs"];
    let shifts = ["unused", "cast_signed() >>", "as i64) >>", "as i64) <<"];
    let masks = ["length) - 1)", "bits) - 1)", "size) - 1)"];
    let is_shift = |line: &String| line.contains("<<") || line.contains(">>");
    let words: Vec<&str> = shifts.into_iter().chain(masks).collect();
    let found: Vec<String> = places(&words, &here).into_iter().filter(is_shift).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let own: Vec<String> = places(&words, &[]).into_iter().filter(is_shift).collect();
    assert!(
        own.iter().any(|line| line.starts_with("util/bits.rs")),
        "the words find nothing any more: {own:#?}"
    );
}

/// Lists are walked by `util::links`, which everything above the open dump reaches through `Scope` and `Object`.
#[test]
fn lists_are_walked_in_one_place() {
    // The modules are listed before there is a target to make objects of; notes in tagged data link to places of the file.
    let here =
        ["util/links.rs", "debuggee/object/list.rs", "debuggee/modules.rs", "dump/tags/blackbox/ntfs.rs"];
    let found = places(&["Links::ring", "Links::chain", "links::Links", "links::{Broken, Links"], &here);
    assert!(found.is_empty(), "{}", found.join("\n"));
}
