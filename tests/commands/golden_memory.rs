//! Commands that show memory and code print what the reference engine printed on real dumps.
//!
//! The transcripts come from DbgEng 10.0.15063 without symbols. Where ours differs on purpose, a rule below says why;
//! everything else must have the same words in the same order.

use crate::golden::{dumps_with_transcripts, run, session, shared, words};
use dumpscope::search::finder::Options;
use dumpscope::search::path::SearchPath;

const COMMANDS: &[&str] = &[
    "db @rsp L80",
    "dw @rsp L10",
    "dd @rsp L20",
    "dc @rsp L10",
    "dq @rsp L20",
    "dp @rsp L8",
    "dps @rsp L40",
    "dl @rsp 4 2",
    "dd 8a00000004000021 L8",
    "dq 0 L4",
    "db fffffffffffff000 L20",
    "u @rip L6",
    "s -d @rsp L200 00000000",
    "s -q @rsp L100 @rip",
    ".formats 41424344",
    ".formats @rsp",
];

/// The reference knows no `@rsp` and `@rip` in a dump of an ARM64 machine; ours take them as `sp` and `pc`, so that
/// one script serves both machines.
fn not_known_there(lines: &[String]) -> bool {
    lines.iter().any(|line| line.contains("Bad register error at"))
}

/// Their lines without what the engine says while it looks for images. It says so in the middle of a line, whose rest
/// then follows on a line that begins with a blank.
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

/// A line of ours, rewritten or dropped where we differ on purpose.
fn ours(command: &str, line: &str) -> Option<String> {
    // Absent from this engine; today's prints it.
    if command.starts_with(".formats") && line.starts_with("  Decimal (unsigned)") {
        return None;
    }
    Some(line.to_owned())
}

#[test]
fn same_words_as_the_reference_on_every_real_dump() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    let mut faults = Vec::new();
    for (dump, transcript) in dumps_with_transcripts(&shared, "dbgeng") {
        for command in COMMANDS {
            let Some(expected) = transcript.of(command) else {
                continue;
            };
            let mut session = session(&dump);
            let actual = run(&mut session, command);
            compared += 1;
            if not_known_there(&expected) {
                let shown = actual.is_ok_and(|lines| lines.iter().any(|line| line.contains('`')));
                // A search may well find nothing.
                if !shown && !command.starts_with("s ") {
                    faults.push(format!("{}: {command}: nothing shown", dump.display()));
                }
                continue;
            }
            let expected = without_remarks(expected);
            let actual = actual.unwrap_or_else(|error| vec![error]);
            let actual: Vec<String> = actual.iter().filter_map(|line| ours(command, line)).collect();
            let different = (0..expected.len().max(actual.len())).find(|&index| {
                expected.get(index).map(|line| words(line)) != actual.get(index).map(|line| words(line))
            });
            if let Some(index) = different {
                faults.push(format!(
                    "{}: {command}, line {index}:\n  theirs: {:?}\n  ours:   {:?}",
                    dump.display(),
                    expected.get(index),
                    actual.get(index)
                ));
            }
        }
    }
    assert!(compared > 150, "only {compared} commands were compared");
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

/// With the kernel's PDB at hand, addresses may be named and code carries its function's name.
#[test]
fn same_words_with_symbols() {
    let Some(shared) = shared() else { return };
    let mut compared = 0;
    for (dump, transcript) in dumps_with_transcripts(&shared, "dbgeng-types") {
        let mut session = session(&dump);
        let symbols = SearchPath::parse(&shared.join("symbols").display().to_string());
        session.target.set_paths(symbols, SearchPath::default(), Options::default());
        for command in ["u nt!KeBugCheckEx L5", "dps nt!KiProcessorBlock L2", "dl nt!PsActiveProcessHead 2 2"]
        {
            let expected = without_remarks(transcript.of(command).expect("in the transcript"));
            let actual = run(&mut session, command).expect(command);
            let expected: Vec<_> = expected.iter().map(|line| words(line)).collect();
            let actual: Vec<_> = actual.iter().map(|line| words(line)).collect();
            assert_eq!(actual, expected, "{command}");
            compared += 1;
        }
    }
    assert_eq!(compared, 3);
}
