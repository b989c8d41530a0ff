//! Every command has a sample in its help that can be typed, and shows what the sample says.

use crate::cases::demo;
use crate::forge;
use dumpscope::command::{COMMANDS, first_command, run_line};
use dumpscope::output::Collector;
use std::collections::BTreeSet;
use std::fs;

/// The most lines of a sample's output.
const MAX_LINES: usize = 6;

/// What a line shows on the demo, as a sample keeps it.
fn shown(line: &str) -> String {
    let mut output = Collector::default();
    let _ = run_line(line, &mut demo("wifi"), &mut output);
    let text = output.document.text();
    let mut lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        lines.push("...");
    }
    lines.join("\n")
}

#[test]
fn every_command_has_a_sample_that_can_be_typed() {
    for spec in COMMANDS {
        let lines = spec.example_lines();
        assert!(!lines.is_empty(), "{:?} has no sample", spec.names);
        for line in lines {
            // What compares several dumps is a flag's work, too.
            let mut rest = if line.starts_with("dumpscope ") { "" } else { line.as_str() };
            while let Some((_, after)) = first_command(rest).unwrap_or_else(|why| panic!("{line}: {why}")) {
                rest = after;
            }
            // MEX's commands are also called by the name of their extension.
            let plain = line.replace("!mex.", "!");
            let named = spec.names.iter().any(|name| line.contains(name) || plain.contains(name));
            assert!(named, "{line} is no sample of {:?}", spec.names);
        }
    }
    let file = fs::read_to_string(forge::root().join("assets/examples.toml")).unwrap();
    let file: toml::Table = file.parse().unwrap();
    let names: BTreeSet<&str> = COMMANDS.iter().map(|spec| spec.names[0]).collect();
    let nobody: Vec<&String> = file.keys().filter(|name| !names.contains(name.as_str())).collect();
    assert!(nobody.is_empty(), "samples of no command: {nobody:?}");
    let twice = COMMANDS.iter().filter(|spec| file.contains_key(spec.names[0]) && spec.example().is_none());
    assert_eq!(
        twice.map(|spec| spec.names[0]).collect::<Vec<_>>(),
        Vec::<&str>::new(),
        "the help has its own"
    );
}

/// Set `DUMPSCOPE_UPDATE=1` to write what is shown into the samples, and read it before it is kept.
#[test]
fn samples_show_what_they_say() {
    let path = forge::root().join("assets/examples.toml");
    let mut text = fs::read_to_string(&path).unwrap();
    let update = std::env::var_os("DUMPSCOPE_UPDATE").is_some();
    let mut compared = 0;
    let samples = COMMANDS.iter().filter_map(|spec| spec.example());
    for example in samples.filter(|example| !example.shows.is_empty()) {
        let now = shown(&example.line);
        if update {
            text = text.replace(&example.shows, &format!("{now}\n"));
        } else {
            assert_eq!(example.shows.trim(), now, "{}: run the test with DUMPSCOPE_UPDATE=1", example.line);
        }
        compared += 1;
    }
    if update {
        fs::write(&path, text).unwrap();
    }
    assert!(compared > 25, "{compared}");
}
