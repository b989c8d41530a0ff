//! Verdicts: of the demos, whose faults are known, and of real dumps, which an expert read by hand.

use crate::shared::root_with;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// The record of the verdict, and the text before and after it, of a dump that is opened as `open` says.
fn verdict(open: &[&str]) -> (serde_json::Value, String) {
    let run = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_dumpscope"))
            .args(open)
            .args(more)
            .output()
            .expect("the program");
        String::from_utf8(output.stdout).expect("text")
    };
    let text = run(&["--color", "never", "-c", "!analyze -v"]);
    let json = run(&["--json", "-c", "!analyze -v"]);
    let answer: serde_json::Value = serde_json::from_str(json.lines().next().expect("a line")).expect("JSON");
    let blocks = answer["blocks"].as_array().expect("blocks").clone();
    let found = blocks.into_iter().find(|block| block["kind"] == "verdict").expect("a verdict");
    (found["fields"].clone(), text)
}

/// Demo, culprit, class, what the evidence must say (cases of the forge, whose faults happen in emulated code).
#[test]
fn demos_are_judged_by_what_happened_in_them() {
    let cases: [(&str, Option<&str>, &str, &[&str]); 9] = [
        (
            "wifi",
            Some("wlanflt"),
            "third-party-driver",
            &["0000003200360035", "\"562\"", "Filt", "Dot11SendCompletion"],
        ),
        ("wifi-fc", Some("wlanflt"), "third-party-driver", &["Filt", "Dot11SendCompletion"]),
        ("wifi-d1", Some("wlanflt"), "third-party-driver", &["Filt", "ffffffffffffffe8", "[r14+70h]"]),
        ("wifi-50", Some("wlanflt"), "third-party-driver", &["Filt", "Dot11SendCompletion"]),
        ("scanner-1a", Some("vscan"), "third-party-driver", &["vscan", "bit (37)"]),
        ("scanner-139", Some("vscan"), "third-party-driver", &["vscan", "FAST_FAIL_CORRUPT_LIST_ENTRY"]),
        ("nosyms", None, "memory-corruption-unknown", &["Ntfs+0x1004"]),
        ("usb", Some("usbredir"), "third-party-driver", &["Redirect::Hub::Submit", "turn"]),
        ("readonly", None, "memory-corruption-unknown", &["RtlInterlockedSetClearRunEx"]),
    ];
    for (demo, culprit, class, mentions) in cases {
        let (fields, text) = verdict(&["--demo", demo]);
        assert_eq!(fields["culprit"].as_str(), culprit, "{demo}: {fields}");
        assert_eq!(fields["class"], class, "{demo}");
        for mention in mentions {
            let head: String = text.lines().take(40).collect::<Vec<_>>().join(" ");
            let head = head.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(head.contains(mention), "{demo}: {mention} is not in {head}");
        }
    }
}

/// Rules by which the machine contradicts itself: each says that no driver is to blame.
const CONTRADICTIONS: [&str; 9] = [
    "pte-one-bit",
    "null-one-bit",
    "pointer-one-bit",
    "stack-pointer-one-bit",
    "pfn-one-bit",
    "illegal-instruction-intact",
    "no-operand",
    "slipped",
    "padding",
];

/// The innocent are never blamed, on any dump; the kind of cause is the expert's on nearly all (24 of 26 are asked for), and
/// what must be mentioned stands in the first 25 lines on all.
#[test]
fn real_dumps_are_judged_as_the_expert_did() {
    let Some(shared) = root_with(&["golden/verdicts.tsv", "dumps"]) else { return };
    let table = std::fs::read_to_string(shared.join("golden/verdicts.tsv")).expect("the table");
    let mut lines = table.lines();
    let names: Vec<&str> = lines.next().expect("a head").split('\t').collect();
    let (mut wrong, mut other, mut silent, mut count) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for line in lines.filter(|line| !line.is_empty()) {
        let row: BTreeMap<&str, &str> = names.iter().copied().zip(line.split('\t')).collect();
        let dump = shared.join("dumps").join(format!("{}.dmp", row["dump"]));
        let (fields, text) = verdict(&["-z", dump.to_str().expect("a path")]);
        count += 1;
        let matches = |pattern: &str, text: &str, whole: bool| {
            let pattern = if whole { format!("^(?:{pattern})$") } else { pattern.to_owned() };
            regex::RegexBuilder::new(&pattern)
                .case_insensitive(true)
                .build()
                .expect("a pattern")
                .is_match(text)
        };
        let blames_nobody =
            ["hardware", "memory-corruption-unknown", "requested", "unknown"].contains(&row["class"]);
        if let Some(culprit) = fields["culprit"].as_str()
            && (blames_nobody || matches(row["must_not_blame"], culprit, true))
        {
            wrong.push(format!("{}: {culprit}", row["dump"]));
        }
        let rule = fields["rule"].as_str().unwrap_or_default();
        if CONTRADICTIONS.contains(&rule) && row["class"] != "hardware" {
            wrong.push(format!("{}: {rule}", row["dump"]));
        }
        if fields["class"] != row["class"] {
            other.push(format!("{}: {} is {}", row["dump"], fields["class"], row["class"]));
        }
        if !matches(row["must_mention"], &text.lines().take(25).collect::<Vec<_>>().join("\n"), false) {
            silent.push(row["dump"].to_owned());
        }
    }
    assert!(count >= 26, "only {count} dumps");
    assert!(wrong.is_empty(), "blamed wrongly: {wrong:#?}");
    assert!(silent.is_empty(), "not mentioned: {silent:#?}");
    assert!(other.len() <= 2, "another kind of cause: {other:#?}");
}

/// The addresses and values that an expert cited: runs of at least eight hexadecimal digits, and places in modules.
pub fn cited(text: &str) -> BTreeSet<String> {
    let text = text.to_lowercase().replace('`', "");
    let pattern = regex::Regex::new(r"[a-z0-9_]+\+0x[0-9a-f]+|\b[0-9a-f]{8,16}\b").expect("a pattern");
    let found = pattern.find_iter(&text).map(|found| found.as_str().replace("+0x", "+"));
    found.filter(|word| word.contains('+') || word.chars().any(|letter| letter.is_ascii_digit())).collect()
}

/// An expert's evidence and ours name the same address, value or place on at least 22 of 26 dumps; on those where the expert
/// named none, a word of it must do.
#[test]
fn the_evidence_is_the_experts() {
    let Some(shared) = root_with(&["golden/verdicts.tsv", "dumps"]) else { return };
    let table = std::fs::read_to_string(shared.join("golden/verdicts.tsv")).expect("the table");
    let (mut same, mut other) = (0, Vec::new());
    for line in table.lines().skip(1).filter(|line| !line.is_empty()) {
        let columns: Vec<&str> = line.split('\t').collect();
        let dump = shared.join("dumps").join(format!("{}.dmp", columns[0]));
        let (fields, _) = verdict(&["-z", dump.to_str().expect("a path")]);
        let ours = format!("{} {}", fields["says"], fields["evidence"]);
        let (theirs, ours_cited) = (cited(columns[6]), cited(&ours));
        let words = ["KeBugCheckEx", "notmyfault", "power button", "atikmdag"];
        let agrees = match theirs.is_disjoint(&ours_cited) {
            false => true,
            true => {
                theirs.is_empty()
                    && words.iter().any(|word| {
                        columns[6].contains(word) && ours.to_lowercase().contains(&word.to_lowercase())
                    })
            }
        };
        match agrees {
            true => same += 1,
            false => other.push(format!("{}: {theirs:?} is not in {ours_cited:?}", columns[0])),
        }
    }
    assert!(same >= 22, "only {same}: {other:#?}");
}

/// Both languages say the same: the same class, culprit and evidence.
#[test]
fn both_languages_judge_alike() {
    for demo in ["wifi", "usb", "nosyms"] {
        let (english, _) = verdict(&["--demo", demo]);
        let (chinese, text) = verdict(&["--demo", demo, "--lang", "zh-CN"]);
        for name in ["class", "confidence", "culprit", "rule", "suspects"] {
            assert_eq!(english[name], chinese[name], "{demo}: {name}");
        }
        let count = |fields: &serde_json::Value| fields["evidence"].as_array().expect("evidence").len();
        assert_eq!(count(&english), count(&chinese), "{demo}");
        assert!(text.contains("结论："), "{demo}: {text}");
    }
}
