//! `--json` says what the text says: every command of the table in both forms.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use dumpscope::command::{COMMANDS, Effect};

/// The tables of a row: a dump by itself, the embedded case with its symbols.
const CASES: [&[&str]; 2] = [&["--demo", "nosyms"], &["--demo", "wifi"]];

/// Commands with the arguments that lead them into their forms. What fails belongs here too: a lack and an error are told
/// alike in both forms. Commands that are not named here are run with [`ANY`].
const LINES: &[(&[&str], &[&str])] = &[
    (&["!analyze"], &["", "-v", "-show 1e", "-show 50 1 2 3 4", "-nosuch"]),
    (&[".bugcheck", "vertarget", "version", "||", ".time", ".effmach", ".dumpdebug", ".kframes"], &[""]),
    (&[".exr", ".cxr", ".trap", ".thread"], &["", "-1", "@rsp", "0"]),
    (&[".ecxr", "dv", "!x", "!running", "!ready", ".f+", ".f-"], &[""]),
    (&["!mex.running", "!mex.ready", "!mex.standby", "!locks"], &[""]),
    (&["!object"], &["", "\\Driver", "0"]),
    (&["!grep"], &["-i kebug x nt!Ke*", "nosuch lm", ""]),
    (&["r"], &["", "rip", "rax, rbx", "zz", "xmm0", "efl"]),
    (&["~"], &["", "0s", "9s"]),
    (&["k"], &["", "b", "v", "n 3", "p", "--fold"]),
    (&[".frame"], &["", "1", "/r 1", "/c 2", "fff"]),
    (&[".process"], &["", "/p", "0", "12345"]),
    (&[".fnent", "ln"], &["@rip", "nt!KeBugCheckEx", "nt!NoSuchName", ""]),
    (&[".enumtag"], &["", "*", "-nosuch"]),
    (&["lm"], &["", "v m nt", "k", "m n*", "o"]),
    (&["!lmi", "!dh"], &["nt", "nosuch", ""]),
    (&["x"], &["nt!Ke*", "nt!KeBugCheckEx", "nosuch!*", "*!"]),
    (
        &["dt"],
        &["", "nt!_LIST_ENTRY", "-r1 nt!_KPRCB", "nt!_NOSUCH", "-b -v nt!_GUID", "nt!_LIST_ENTRY @rsp"],
    ),
    (&["dx"], &["1+1", "(nt!_LIST_ENTRY*)@rsp", "nosuch", ""]),
    (&[".reload", ".sympath", ".exepath", ".srcpath", ".symfix", "!sym", ".symopt"], &["", "+"]),
    (&["!chksym", "ld"], &["nt", "nosuch", ""]),
    (&["lsa"], &["@rip", "0", ""]),
    (&["!ddt"], &["nt!_LIST_ENTRY @rsp", "-n nt!_LIST_ENTRY @rsp", ""]),
    (&["!list"], &["-x \"dq\" @rsp", "nt!_LIST_ENTRY.Flink @rsp", ""]),
    (&["!dlist", "dl", "dlb"], &["@rsp", "0", ""]),
    (
        &["d", "db", "dc", "dd", "dD", "df", "dp", "dq", "dw", "dW", "da", "du", "ds", "dS", "dyb", "dyd"],
        &["@rsp L8", "0", "@rip-4 L3"],
    ),
    (
        &[
            "dps", "dds", "dqs", "dpp", "dpa", "dpu", "ddp", "dda", "ddu", "dqp", "dqa", "dqu", "!db", "!dc",
            "!dd", "!dp", "!dq", "!du", "!dw",
        ],
        &["@rsp L8", "0 L4", "1000 L2"],
    ),
    (&["s"], &["-b @rsp L1000 00 00 00 00", "-a @rsp L1000 \"ab\"", "-sa @rsp L200", "-b 0 L10 1", ""]),
    (&["u", "ub"], &["@rip", "@rip L3", "nt!KeBugCheckEx", "0"]),
    (&["uf"], &["@rip", "/c @rip", "nt!KeBugCheckEx", "0"]),
    (&["?", "??"], &["1+1", "@rip", "nosuch", "1/0", ""]),
    (&[".formats"], &["41", "@rip", ""]),
    (&[".echo"], &["two  words", "\"a;b\"", ""]),
    (&["$$", "*"], &[" a remark", ""]),
    (&[".help", ".hh"], &["", "k", "nosuch"]),
    (&[".lang"], &["", "en", "nosuch"]),
    (&["q", "qq", "qd"], &[""]),
    // Two runs are at two times.
    (&[".echotime"], &["-nosuch"]),
];

/// What commands that nobody named are run with.
const ANY: &[&str] = &["", "@rsp", "0", "-nosuch"];

/// Lines by group, of every spelling of every command: a group is run by one program.
fn groups() -> Vec<Vec<String>> {
    let lines = |name: &str, arguments: &[&str]| -> Vec<String> {
        arguments.iter().map(|rest| format!("{name} {rest}")).collect()
    };
    let named = LINES.iter().map(|(names, arguments)| {
        names.iter().flat_map(|name| lines(name, arguments)).collect::<Vec<String>>()
    });
    let here: BTreeSet<&str> = LINES.iter().flat_map(|(names, _)| names.iter().copied()).collect();
    // What writes files is not run with whatever may be the name of one.
    let table = COMMANDS.iter().filter(|spec| spec.effect != Effect::Writes);
    let table = table.flat_map(|spec| spec.names.iter().copied());
    let others: Vec<&str> = table.filter(|name| !here.contains(name)).collect();
    // Opening the dump takes longer than most commands: several of them share a run.
    let shared = others.chunks(6).map(|names| names.iter().flat_map(|name| lines(name, ANY)).collect());
    named.chain(shared).collect()
}

struct Told {
    status: Option<i32>,
    out: String,
    err: String,
}

/// Lines in both forms, at the same time.
fn run(case: &[&str], lines: &[String], cache: &Path) -> (Told, Told) {
    let (plain, json) = (start(case, false, lines, cache), start(case, true, lines, cache));
    (told(plain), told(json))
}

fn start(case: &[&str], json: bool, lines: &[String], cache: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpscope"));
    command.args(case).args(json.then_some("--json")).args(["--tz", "utc"]);
    for line in lines {
        command.args(["-c", line]);
    }
    command.env("XDG_CACHE_HOME", cache).env_remove("_NT_SYMBOL_PATH");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
}

fn told(child: Child) -> Told {
    let output = child.wait_with_output().expect("ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Told { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// The lines of a block and of those inside it.
fn add_lines(block: &serde_json::Value, text: &mut String) {
    // A section may have no title.
    if let Some(own) = block["text"].as_str() {
        text.push_str(own);
        text.push('\n');
    } else {
        assert!(block["text"].is_null(), "every block has its text: {block}");
    }
    for inner in block["blocks"].as_array().into_iter().flatten() {
        add_lines(inner, text);
    }
}

/// What JSON says as lines, a command's error behind what it said, as in the text; and the errors by themselves.
fn lines_of(json: &str) -> (String, Vec<String>) {
    let (mut text, mut errors) = (String::new(), Vec::new());
    for object in json.lines() {
        let object: serde_json::Value = serde_json::from_str(object).expect("an object a line");
        for block in object["blocks"].as_array().expect("blocks") {
            add_lines(block, &mut text);
        }
        if let Some(error) = object["error"]["text"].as_str() {
            text.push_str(error);
            text.push('\n');
            errors.push(error.to_owned());
        }
    }
    (text, errors)
}

#[test]
fn the_named_commands_are_there() {
    let table: BTreeSet<&str> = COMMANDS.iter().flat_map(|spec| spec.names.iter().copied()).collect();
    let named = LINES.iter().flat_map(|(names, _)| names.iter().copied());
    assert_eq!(named.filter(|name| !table.contains(name)).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn json_has_the_lines_the_errors_and_the_status_of_the_text() {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    let mut differ = Vec::new();
    let (mut spoke, mut failed) = (0, 0);
    for case in CASES {
        for group in groups() {
            let (plain, json) = run(case, &group, &cache);
            let (lines, errors) = lines_of(&json.out);
            spoke += plain.out.lines().count();
            failed += errors.len();
            let what = format!("{case:?} {}", group.join("; "));
            if lines != plain.out {
                let at = lines.lines().zip(plain.out.lines()).find(|(json, plain)| json != plain);
                differ.push(format!("{what}: text {at:?}"));
            }
            if (plain.status, &plain.err) != (json.status, &json.err) {
                let told = (plain.status, &plain.err, json.status, &json.err);
                differ.push(format!("{what}: {told:?}"));
            }
            // What a command failed of stands in its object, in the words of standard error.
            for error in errors {
                let first = error.trim_start().lines().next().unwrap_or_default();
                if !plain.err.contains(first) || plain.status == Some(0) {
                    differ.push(format!("{what}: error {error:?}, standard error {:?}", plain.err));
                }
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
    // Both kinds were met often, so that the comparison is one.
    assert!(spoke > 5_000 && failed > 100, "{spoke} lines, {failed} failures");
}
