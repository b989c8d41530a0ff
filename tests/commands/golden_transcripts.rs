//! Every command of the reference transcripts prints what the reference engine printed, columns too, on every real dump.
//!
//! The transcripts come from DbgEng 10.0.15063 without symbols. Where ours differs on purpose, a rule says why.

use crate::golden::{dumps_with_transcripts, run, session, session_with, shared, words};
use regex::Regex;

/// Commands that are not compared at all.
const LEFT_OUT: &[(&str, &str)] = &[
    (
        "^k",
        "without images this engine shows a frame for each word of the stack; the layout is an old one too",
    ),
    (
        r"^(n$|n 10|j |z |as |\.printf|\.if|\.for|\.foreach)",
        "the command language is held to transcripts of its own",
    ),
];

/// What a rule does with a line of one side.
enum What {
    /// A line of theirs that is left out.
    Theirs,
    /// A line of ours that is left out.
    Ours,
    /// A line of theirs, written anew.
    Rewrite(&'static str),
    /// A line of theirs and one of ours (this expression) are the same if their groups are.
    Alike(&'static str),
}

/// The command, the line, what is done with it, and why.
struct Rule(&'static str, &'static str, What, &'static str);

const RULES: &[Rule] = &[
    Rule(
        "",
        r"^(\*\*\*|Unable to load image)",
        What::Theirs,
        "what the engine says while it looks for images",
    ),
    Rule("^vertarget", "^$", What::Theirs, "a blank line that belongs to those remarks"),
    Rule("^vertarget", "^Machine Name:", What::Theirs, "never filled, and gone from today's engine"),
    Rule("^vertarget", "^Built by: (.*)", What::Rewrite("Edition build lab: $1"), "today's label"),
    Rule(
        "^vertarget",
        "^(Kernel file|Processor|Machine|Board|Firmware|ACPI tables|Hypervisor): ",
        What::Ours,
        "ours alone, under labels of its own: the exact kernel, the machine",
    ),
    Rule("^lmvm", "^    Loaded symbol image file:", What::Theirs, "tells what the engine had tried so far"),
    Rule("^lmvm", "^    Loaded symbol image file:", What::Ours, "tells what was tried so far"),
    Rule(
        "^lmvm",
        "^    Translations:",
        What::Theirs,
        "without an image a fixed list, which was read nowhere",
    ),
    Rule(
        "^lmvm",
        "^    File version:",
        What::Ours,
        "ours alone: the kernel's version by its time stamp and size",
    ),
    Rule(
        "^lmvm",
        "^    The dump names this driver",
        What::Ours,
        "ours alone: the name that the dump was given",
    ),
    Rule("^lmvm", "^    Made by:", What::Ours, "ours alone: who made the module, by what that is known"),
    Rule(
        "^lmvm",
        r"^    Timestamp:        .* \(([0-9A-F]{8})\)$",
        What::Alike(r"^    Timestamp:        ([0-9A-F]{8}) \(reproducible build\)$"),
        "a date before there was 64-bit Windows, or after the crash, is the hash of a reproducible build",
    ),
    Rule(
        "^lm",
        r"^(\S{17} \S{17}   \S+ +)[T ] \((?:deferred|no symbols)\) *$",
        What::Alike(r"^(\S{17} \S{17}   \S+ +)[TC ] \((?:deferred|no symbols|built-in layout)\) *$"),
        "what was looked for so far; the letters have a test of their own",
    ),
    Rule(
        "^ln",
        r"\(no symbols\)$",
        What::Ours,
        "this engine names nothing without symbols; ours names the module",
    ),
    Rule(r"^\.formats", r"^  Decimal \(unsigned\)", What::Ours, "not in this engine; today's prints it"),
    Rule(
        r"^\.frame",
        r"^(\S+ \S+ \S+) (.*)",
        What::Alike(r"^(\S+ \S+ \S+)     (.*)"),
        "today's column of return addresses is four wider",
    ),
    Rule(
        r"^\.frame",
        r"^(\S+ \S+) 00000000`00000000 (.*)",
        What::Alike(r"^(\S+ \S+) \S+     (.*)"),
        "this engine finds no caller on ARM64",
    ),
];

fn matches(expression: &str, text: &str) -> bool {
    Regex::new(expression).unwrap().is_match(text)
}

fn rules_for(command: &str) -> Vec<&'static Rule> {
    RULES.iter().filter(|Rule(of, ..)| matches(of, command)).collect()
}

/// The engine says what it misses in the middle of a line, whose rest then follows on a line that begins with a blank.
fn without_remarks(lines: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        let remark = ["Unable to load image", "*** WARNING", "*** ERROR"]
            .iter()
            .filter_map(|words| line.find(words))
            .min();
        match (remark, kept.last_mut()) {
            (Some(0), _) => {}
            (Some(at), _) => kept.push(line[..at].to_owned()),
            (None, Some(last)) if line.starts_with(' ') && line.contains("+0x") && !line.contains('`') => {
                last.push_str(&line);
            }
            (None, _) => kept.push(line),
        }
    }
    kept
}

fn theirs(rules: &[&Rule], lines: Vec<String>) -> Vec<String> {
    let one = |line: String| {
        for Rule(_, of, what, _) in rules.iter().filter(|Rule(_, of, ..)| matches(of, &line)) {
            match what {
                What::Theirs => return None,
                What::Rewrite(to) => return Some(Regex::new(of).unwrap().replace(&line, *to).into_owned()),
                What::Ours | What::Alike(_) => {}
            }
        }
        Some(line)
    };
    lines.into_iter().filter_map(one).map(|line| line.trim_end().to_owned()).collect()
}

fn ours(rules: &[&Rule], mut lines: Vec<String>) -> Vec<String> {
    lines.retain(|line| {
        !rules.iter().any(|Rule(_, of, what, _)| matches!(what, What::Ours) && matches(of, line))
    });
    // Blank lines at the end are the transcript's.
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn same(rules: &[&Rule], theirs: &str, ours: &str) -> bool {
    let groups = |expression: &str, text: &str| -> Option<Vec<String>> {
        let found = Regex::new(expression).unwrap().captures(text)?;
        Some(found.iter().skip(1).map(|group| group.map_or("", |group| group.as_str()).to_owned()).collect())
    };
    theirs == ours
        || rules.iter().any(|Rule(_, of, what, _)| match what {
            What::Alike(other) => {
                groups(of, theirs).zip(groups(other, ours)).is_some_and(|(theirs, ours)| theirs == ours)
            }
            _ => false,
        })
}

#[test]
fn every_command_of_every_transcript() {
    let Some(shared) = shared() else { return };
    assert!(RULES.iter().all(|Rule(.., why)| !why.is_empty()));
    let (mut compared, mut faults) = (0, Vec::new());
    for (dump, transcript) in dumps_with_transcripts(&shared, "dbgeng") {
        let name = dump.file_name().unwrap().to_string_lossy().into_owned();
        let mut session = session(&dump);
        for (command, expected) in transcript.all() {
            if LEFT_OUT.iter().any(|(of, _)| matches(of, command)) {
                continue;
            }
            compared += 1;
            let actual = run(&mut session, command);
            // On ARM64 the reference knows no @rsp and @rip; ours take them as sp and pc, so that one script serves both
            // machines. There is nothing to compare with but that there is an answer.
            if expected.iter().any(|line| line.contains("Bad register error")) {
                let empty_search = command.starts_with("s ");
                if !command.contains("rax") && !actual.is_ok_and(|lines| empty_search || !lines.is_empty()) {
                    faults.push(format!("{name}: {command}: nothing shown"));
                }
                continue;
            }
            let rules = rules_for(command);
            let expected = theirs(&rules, without_remarks(expected));
            let actual = ours(&rules, actual.unwrap_or_else(|error| vec![error]));
            let different = (0..expected.len().max(actual.len())).find(|&index| {
                !expected.get(index).zip(actual.get(index)).is_some_and(|(a, b)| same(&rules, a, b))
            });
            if let Some(at) = different {
                let (want, have) = (expected.get(at), actual.get(at));
                faults.push(format!("{name}: {command}, line {at}\n  want {want:?}\n  have {have:?}"));
            }
        }
    }
    assert!(compared >= 26 * 40, "only {compared} comparisons");
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

/// The letter before the status of the kernel, whose symbols were looked for on both sides.
#[test]
fn the_letter_of_the_kernel() {
    let Some(shared) = shared() else { return };
    let mut letters = std::collections::BTreeMap::new();
    for (dump, transcript) in dumps_with_transcripts(&shared, "dbgeng") {
        let of = |lines: &[String]| {
            let row = lines.iter().find(|line| words(line).get(2) == Some(&"nt")).expect("the kernel");
            row.chars().nth(47).expect("a letter")
        };
        let mut session = session(&dump);
        run(&mut session, ".reload /f nt").ok();
        let theirs = of(&transcript.of("lm").unwrap());
        assert_eq!(of(&run(&mut session, "lm").unwrap()), theirs, "{}", dump.display());
        *letters.entry(theirs).or_insert(0) += 1;
    }
    assert!(letters.len() == 2, "{letters:?}");
}

/// With the kernel's PDB at hand, addresses may be named and code carries its function's name.
#[test]
fn same_words_with_symbols() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    for (dump, transcript) in dumps_with_transcripts(&shared, "dbgeng-types") {
        let mut session = session_with(&dump, &shared.join("symbols").display().to_string());
        for command in ["u nt!KeBugCheckEx L5", "dps nt!KiProcessorBlock L2", "dl nt!PsActiveProcessHead 2 2"]
        {
            let expected = without_remarks(transcript.of(command).expect("in the transcript"));
            assert_eq!(run(&mut session, command).expect(command), expected, "{command}");
            compared += 1;
        }
    }
    assert_eq!(compared, 3);
}
