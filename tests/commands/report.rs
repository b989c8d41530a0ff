//! `.report`: what is written for whoever had the crash.

use crate::cases::demo;
use crate::forge::root;
use dumpscope::command::run_line;
use dumpscope::output::{Collector, plain};
use dumpscope::session::Session;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of a test's own.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(session: &mut Session, line: &str) -> Result<String, String> {
    let mut output = Collector::default();
    run_line(line, session, &mut output).map_err(|failure| failure.error.to_string())?;
    Ok(plain(output.document.lines()))
}

fn written(session: &mut Session, switches: &str, file: &Path) -> String {
    run(session, &format!(".report {switches} \"{}\"", file.display())).unwrap();
    fs::read_to_string(file).unwrap()
}

/// Reviewed first outputs: read line by line against the story of the case, in each language.
#[test]
fn reports_are_as_reviewed() {
    let folder = folder("golden");
    for (case, form) in [("wifi", "html"), ("wifi", "md"), ("nosyms", "md"), ("scanner-139", "md")] {
        for language in ["en", "zh-CN"] {
            let name = format!("{case}.{language}.{form}");
            let found = written(&mut demo(case), &format!("/lang {language}"), &folder.join(&name));
            let golden = root().join("tests/data/report").join(&name);
            if std::env::var_os("DUMPSCOPE_UPDATE").is_some() {
                fs::write(&golden, &found).unwrap();
            }
            let wanted = fs::read_to_string(&golden).unwrap();
            for (at, (found, wanted)) in found.lines().zip(wanted.lines()).enumerate() {
                assert_eq!(found, wanted, "{name}, line {}", at + 1);
            }
            assert_eq!(found.lines().count(), wanted.lines().count(), "{name}");
        }
    }
}

/// The same facts in every form: what JSON says stands in the others.
#[test]
fn every_form_says_the_same() {
    let folder = folder("forms");
    let mut session = demo("wifi");
    let shown = run(&mut session, ".report").unwrap();
    let [markdown, html, json] =
        ["md", "html", "json"].map(|form| written(&mut session, "", &folder.join(format!("wifi.{form}"))));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["command"], &json["error"]), (&Value::from(".report"), &Value::Null));
    let blocks = json["blocks"].as_array().unwrap();
    let part = |key: &str| blocks.iter().find(|block| block["of"] == key).unwrap();
    let facts = &part("conclusion")["blocks"][0]["fields"];
    assert_eq!(
        (&facts["class"], &facts["confidence"], &facts["culprit"]),
        (&Value::from("third-party-driver"), &Value::from("likely"), &Value::from("wlanflt"),)
    );
    let evidence =
        part("analysis")["blocks"].as_array().unwrap().iter().find(|block| block["of"] == "evidence");
    let items: Vec<&Value> = evidence.unwrap()["blocks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|block| block["kind"] == "item")
        .collect();
    assert_eq!(items.len(), 3);
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for item in items {
        let (text, command) =
            (item["fields"]["text"].as_str().unwrap(), item["fields"]["command"].as_str().unwrap());
        assert!(words(&shown).contains(&words(text)) && shown.contains(&format!("kd> {command}")), "{text}");
        assert!(markdown.contains(&format!("- {text}")) && markdown.contains(command), "{text}");
        let text = text.replace('"', "&quot;").replace('\'', "&#39;");
        assert!(html.contains(&text) && html.contains(command), "{text}");
    }
    // The stack that the emulator recorded ends in the filter's send path.
    for form in [&shown, &markdown, &html] {
        assert!(form.contains("nwifi!Dot11SendCompletion+0x45") && form.contains("wlanflt+0x1f92"));
        assert!(form.contains("4.2.0.1187"));
    }
    // One file that needs nothing else, and runs nothing.
    for absent in ["<script", "http", "src=", "<img", "<link", "javascript:"] {
        let absent = if absent == "http" { "http://" } else { absent };
        assert!(!html.contains(absent), "{absent}");
    }
    assert!(html.contains("Content-Security-Policy") && html.contains("@media print"));
}

/// What is selected, and what was typed, is nobody else's.
#[test]
fn a_report_leaves_the_session_as_it_was() {
    let mut session = demo("wifi");
    let typed =
        ["~1s", ".frame 1", "as KN .echo wrong", "as lmvm .echo wrong", ".lang en", "no_such_command"];
    for line in typed {
        let _ = run(&mut session, line);
    }
    let before = (run(&mut session, ".frame").unwrap(), run(&mut session, "r rip").unwrap());
    let report = run(&mut session, ".report /commands /lang zh-CN").unwrap();
    assert_eq!(before, (run(&mut session, ".frame").unwrap(), run(&mut session, "r rip").unwrap()));
    assert!(run(&mut session, ".lang").unwrap().contains("English"));
    assert!(session.lacks.is_empty());
    // The commands that it quotes are no aliases, and show the crash, not what was selected.
    assert!(report.contains("nt!KiBreakpointTrap+0x91") && report.contains("Contoso Wireless"));
    let (_, appendix) = report.split_once("本次分析所用的命令").unwrap();
    for line in typed {
        assert!(appendix.contains(&format!("kd> {line}")), "{line}");
    }
    // An error is part of what was said; a report quotes no report, and without the switch nothing that was typed.
    assert!(appendix.contains("no_such_command") && !appendix.contains("kd> .report"));
    let plain = run(&mut session, ".report").unwrap();
    assert!(!plain.contains("kd> ~1s") && !plain.contains("Commands of this session"));
    let again = run(&mut session, ".report /commands").unwrap();
    assert!(again.contains("kd> ~1s") && !again.contains("kd> .report"));
}

#[test]
fn only_reports_are_written_over() {
    let folder = folder("files");
    let mut session = demo("wifi");
    for form in ["md", "html", "json"] {
        let file = folder.join(format!("a.{form}"));
        let first = written(&mut session, "", &file);
        assert_ne!(written(&mut session, "/lang zh-CN", &file), first, "{form}");
        fs::write(&file, "notes of mine").unwrap();
        let refused = run(&mut session, &format!(".report {}", file.display())).unwrap_err();
        assert!(refused.contains("is no report"), "{refused}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "notes of mine");
        fs::write(&file, "").unwrap();
        assert_eq!(written(&mut session, "", &file), first, "{form}");
    }
    for (line, why) in [
        (".report a.txt", "the ending chooses the form"),
        (".report /lang fr a.md", "no language 'fr'"),
        (".report a b.md", "a name with blanks stands in quotes"),
        (".report no/such/folder/a.md", "no/such/folder"),
    ] {
        let refused = run(&mut session, line).unwrap_err();
        assert!(refused.contains(why), "{line}: {refused}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3, "nothing else was left");
}

/// What the dump put into a line writes no file.
#[test]
fn nothing_of_the_dump_writes_a_report() {
    let file = folder("foreign").join("a.md");
    let mut session = demo("wifi");
    let line = format!(".foreach (x {{ .echo .report }}) {{ x {} }}", file.display());
    let outcome = run(&mut session, &line);
    assert!(!file.exists(), "{outcome:?}");
}
