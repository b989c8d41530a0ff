//! Every documented case of every bug check is explained, in both languages, where its values say so.
//!
//! What must be said is read from `assets/bugchecks/*.json` by a reader of its own.

use crate::forge;
use crate::golden::{run, session};
use dumpscope::analysis::{Windows, explain};
use dumpscope::dump::Machine;
use dumpscope::session::Session;
use dumpscope::util::hex;
use dumpscope::util::language::Language;
use serde_json::Value;

/// What the untested parameters are set to.
const OTHER: u64 = 0x0123_4567_89ab_cdef;
const MAX: u64 = u64::MAX;

fn entries() -> Vec<Value> {
    let mut entries = Vec::new();
    for file in std::fs::read_dir(forge::root().join("assets/bugchecks")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        entries.extend(serde_json::from_str::<Vec<Value>>(&text).unwrap());
    }
    entries
}

fn hex(value: &Value) -> u64 {
    u64::from_str_radix(value.as_str().unwrap().strip_prefix("0x").unwrap(), 16).unwrap()
}

fn cases(entry: &Value) -> &[Value] {
    entry["cases"].as_array().map_or(&[], Vec::as_slice)
}

/// The values with which a condition is tried.
fn samples(condition: &Value) -> Vec<u64> {
    match condition {
        Value::String(_) => vec![hex(condition)],
        Value::Array(values) => values.iter().map(hex).collect(),
        _ if condition["range"].is_array() => vec![hex(&condition["range"][0]), hex(&condition["range"][1])],
        _ => vec![hex(&condition["is"]), hex(&condition["is"]) | (!hex(&condition["mask"]) & OTHER)],
    }
}

fn meets(condition: &Value, value: u64) -> bool {
    match condition {
        Value::String(_) => hex(condition) == value,
        Value::Array(values) => values.iter().any(|wanted| hex(wanted) == value),
        _ if condition["range"].is_array() => {
            hex(&condition["range"][0]) <= value && value <= hex(&condition["range"][1])
        }
        _ => value & hex(&condition["mask"]) == hex(&condition["is"]),
    }
}

fn position(key: &str) -> usize {
    key.trim_start_matches('p').parse::<usize>().unwrap() - 1
}

fn conditions(case: &Value) -> Vec<(usize, &Value)> {
    case["when"].as_object().unwrap().iter().map(|(key, condition)| (position(key), condition)).collect()
}

/// The parameters with which a case is tried: first samples, last samples.
fn tries(case: &Value) -> Vec<[u64; 4]> {
    let most = conditions(case).iter().map(|(_, condition)| samples(condition).len()).max().unwrap_or(1);
    (0..most)
        .map(|number| {
            let mut parameters = [OTHER; 4];
            for (index, condition) in conditions(case) {
                let samples = samples(condition);
                parameters[index] = samples[number.min(samples.len() - 1)];
            }
            parameters
        })
        .collect()
}

/// A Windows that a case is about: the demos' own where it fits.
fn windows(case: &Value) -> Windows {
    let number = |key: &str| case["builds"][key].as_u64().map(|build| u32::try_from(build).unwrap());
    let build = match (number("min"), number("max")) {
        (_, Some(max)) if max < 19041 => max,
        (Some(min), _) if min > 19041 => min,
        _ => 19041,
    };
    let names: Vec<&str> =
        case["machines"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
    let machine = match names.as_slice() {
        [] => Machine::Amd64,
        names if names.contains(&"x64") => Machine::Amd64,
        names if names.contains(&"arm64") => Machine::Arm64,
        names if names.contains(&"x86") => Machine::I386,
        names => panic!("{names:?}"),
    };
    Windows { build, machine }
}

/// Blanks fall away where lines are wrapped.
fn without_blanks(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What `!analyze -show` says of each argument, without blanks.
fn shown(session: &mut Session, code: u64, parameters: [u64; 4]) -> [String; 4] {
    let [a, b, c, d] = parameters;
    // A backtick keeps a constant of 32 bits from extending its sign.
    let [a, b, c, d] = [a, b, c, d].map(hex::tick);
    let lines = run(session, &format!("!analyze -show {code:x} {a} {b} {c} {d}")).unwrap();
    let text = lines.join("\n");
    let (_, text) = text.split_once("Arguments:").unwrap();
    let text = text.split("\n\n").next().unwrap();
    let mut parts = text.split("\nArg").skip(1).map(without_blanks);
    let found = [(); 4].map(|()| parts.next().unwrap());
    assert!(parts.next().is_none());
    found
}

#[test]
fn every_case_of_every_bug_check_is_explained() {
    let here = Windows { build: 19041, machine: Machine::Amd64 };
    let mut session = session(&forge::demo("nosyms"));
    let (mut texts, mut meanings, mut outdone) = (0, 0, 0);
    for entry in entries() {
        let code = hex(&entry["code"]);
        for case in cases(&entry) {
            let windows = windows(case);
            for (language, key) in [(Language::English, "en"), (Language::Chinese, "zh")] {
                for parameters in tries(case) {
                    let told = if windows == here {
                        session.settings.language = language;
                        shown(&mut session, code, parameters)
                    } else {
                        let explained = explain(u32::try_from(code).unwrap(), parameters, windows).unwrap();
                        explained.arguments.map(|argument| {
                            let texts = argument.meaning.iter().chain(&argument.values);
                            without_blanks(&texts.map(|text| text.in_language(language)).collect::<String>())
                        })
                    };
                    let own: Vec<usize> = case["params"]
                        .as_object()
                        .into_iter()
                        .flatten()
                        .map(|(key, _)| position(key))
                        .collect();
                    if let Some(text) = case["text"][key].as_str() {
                        let tested = conditions(case).into_iter().map(|(index, _)| index);
                        let place = tested.filter(|index| !own.contains(index)).max().unwrap();
                        assert!(told[place].contains(&without_blanks(text)), "{code:#x} {case}: {told:?}");
                        texts += 1;
                    }
                    for (name, text) in case["params"].as_object().into_iter().flatten() {
                        // A case that tests more may say more of the same parameter.
                        let closer = cases(&entry).iter().any(|other| {
                            other["params"][name].is_object()
                                && conditions(other).len() > conditions(case).len()
                                && conditions(other).iter().all(|(at, wanted)| meets(wanted, parameters[*at]))
                        });
                        if closer {
                            outdone += 1;
                            continue;
                        }
                        let text = without_blanks(text[key].as_str().unwrap());
                        assert!(told[position(name)].contains(&text), "{code:#x} {case}: {told:?}");
                        meanings += 1;
                    }
                }
            }
        }
    }
    assert!(texts > 4_500 && meanings > 5_000, "{texts} texts, {meanings} meanings");
    assert!(outdone < 100, "{outdone}");
}

/// A case may have advice of its own; it stands in place of that for the bug check as a whole.
#[test]
fn the_advice_is_that_of_the_case() {
    let mut count = 0;
    for entry in entries() {
        let code = u32::try_from(hex(&entry["code"])).unwrap();
        for case in cases(&entry).iter().filter(|case| case["look"].is_object()) {
            for parameters in tries(case) {
                let explained = explain(code, parameters, windows(case)).unwrap();
                let look = explained.look.unwrap();
                assert_eq!(
                    Some(look.in_language(Language::English)),
                    case["look"]["en"].as_str(),
                    "{code:#x}"
                );
                assert_eq!(
                    Some(look.in_language(Language::Chinese)),
                    case["look"]["zh"].as_str(),
                    "{code:#x}"
                );
                count += 1;
            }
        }
        let without = explain(code, [OTHER; 4], Windows { build: 19041, machine: Machine::Amd64 }).unwrap();
        if !cases(&entry)
            .iter()
            .any(|case| conditions(case).iter().all(|(at, it)| meets(it, [OTHER; 4][*at])))
        {
            assert_eq!(without.look, without.check.look, "{code:#x}");
        }
    }
    assert!(count > 50, "{count}");
}

/// Beyond the cases: names, summaries and general meanings, for values of which nothing is documented.
#[test]
fn every_bug_check_is_explained_without_a_case() {
    let windows = Windows { build: 26100, machine: Machine::Amd64 };
    let mut count = 0;
    for entry in entries() {
        let code = u32::try_from(hex(&entry["code"])).unwrap();
        let explained = explain(code, [OTHER; 4], windows).unwrap();
        assert_eq!(explained.check.name, entry["name"].as_str().unwrap());
        assert_eq!(explained.check.code(), code);
        assert_eq!(explained.check.live_report, entry["live_report"].as_bool().unwrap_or(false));
        for (language, key) in [(Language::English, "en"), (Language::Chinese, "zh")] {
            let summary = explained.check.summary.as_ref().map(|text| text.in_language(language));
            assert_eq!(summary, entry["summary"][key].as_str(), "{code:#x}");
            let look = explained.check.look.as_ref().map(|text| text.in_language(language));
            assert_eq!(look, entry["look"][key].as_str(), "{code:#x}");
            for (index, argument) in explained.arguments.iter().enumerate() {
                let is_plain = !cases(&entry).iter().any(|case| {
                    case["params"][(index + 1).to_string()].is_object()
                        && conditions(case).iter().all(|(at, wanted)| meets(wanted, [OTHER; 4][*at]))
                });
                if is_plain {
                    let meaning = argument.meaning.as_ref().map(|text| text.in_language(language));
                    assert_eq!(meaning, entry["params"][index][key].as_str(), "{code:#x}");
                    count += 1;
                }
            }
        }
    }
    assert!(count > 4_000, "{count}");
    assert_eq!(explain(0x0bad_c0de, [0, 0, 0, MAX], windows), None);
}
