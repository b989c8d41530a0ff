//! `!common` on real dumps of one machine, and of several.

use crate::shared::root_with;
use std::process::Command;

fn verdict(dumps: &[String], language: &str) -> (serde_json::Value, Vec<serde_json::Value>, String) {
    let run = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_dumpscope"))
            .args(dumps)
            .args(["--lang", language])
            .args(more)
            .output()
            .expect("the program");
        String::from_utf8(output.stdout).expect("text")
    };
    let json = run(&["--json", "-c", "!common"]);
    let answer: serde_json::Value = serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
    let blocks = answer["blocks"].as_array().expect("blocks").clone();
    let left_out = blocks.iter().filter(|block| block["kind"] == "left_out").cloned().collect();
    let found = blocks.into_iter().find(|block| block["kind"] == "verdict").expect("a verdict");
    (found["fields"].clone(), left_out, run(&["--color", "never", "-c", "!common"]))
}

/// The expert blames the display driver in five of the seven, and the machine in none (`golden/verdicts.tsv`).
#[test]
fn dumps_of_one_machine_are_judged_together() {
    let Some(shared) = root_with(&["dumps", "golden/verdicts.tsv"]) else { return };
    let files = std::fs::read_dir(shared.join("dumps")).expect("dumps").flatten().map(|entry| entry.path());
    let mut dumps: Vec<String> = files.map(|path| path.display().to_string()).collect();
    dumps.sort();
    let of = |prefix: &str| -> Vec<String> {
        dumps.iter().filter(|name| name.contains(prefix)).cloned().collect()
    };
    let (fields, left_out, text) = verdict(&of("/driverproblems-"), "en");
    assert!(left_out.is_empty(), "{left_out:?}");
    assert_eq!(fields["culprit"].as_str(), Some("atikmdag"), "{text}");
    let (chinese, _, text) = verdict(&of("/driverproblems-"), "zh-CN");
    assert_eq!(fields["rule"], chinese["rule"]);
    assert!(text.contains("本机的转储") && text.contains("第三方驱动程序"), "{text}");
    // A copy is no second witness.
    let first = of("/driverproblems-").remove(0);
    let json = Command::new(env!("CARGO_BIN_EXE_dumpscope")).args([&first, &first, "-c", "!common"]).output();
    let text = String::from_utf8(json.expect("the program").stdout).expect("text");
    assert!(text.contains("counted once") && text.contains("nothing to compare it with"), "{text}");
    // A folder of dumps of many machines: those of others are told, with nothing concluded from them.
    let (fields, left_out, text) = verdict(&of("/training-bsods-"), "en");
    assert!(left_out.len() >= 5, "{text}");
    assert_ne!(fields["class"], "hardware", "{text}");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let run = |line: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_dumpscope"))
            .args(["--demo", "wifi", "--color", "never", "-c", line])
            .output()
            .expect("the program");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        text(output.stdout) + &text(output.stderr)
    };
    assert!(run("!common").contains("no other dump is named"));
    let text = run("!common /nowhere/b.dmp");
    assert!(text.contains("b.dmp: not opened: ") && text.contains("nothing to compare it with"), "{text}");
}
