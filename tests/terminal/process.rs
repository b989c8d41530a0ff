//! The program from outside: its flags, exit statuses, and what goes to which stream.

use crate::terminal::Terminal;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn dumpscope(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpscope"));
    // Indexes and demo symbols go to a cache of the tests' own.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    command.args(arguments).env("XDG_CACHE_HOME", cache).env_remove("_NT_SYMBOL_PATH").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = dumpscope(arguments).output().expect("runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code().expect("ends by itself"), text(stdout), text(stderr))
}

#[test]
fn commands_print_and_nothing_else_does() {
    let (status, out, err) = run(&["--demo", "wifi", "-c", ".bugcheck; .echo done"]);
    assert_eq!((status, err.as_str()), (0, ""));
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "Bugcheck code 0000001E");
    assert_eq!(lines[2], "done");
}

#[test]
fn a_failed_command_says_so_on_standard_error() {
    let (status, out, err) =
        run(&["--demo", "wifi", "-c", ".echo one; dunno; .echo two", "-c", ".echo three"]);
    assert_eq!(status, 1);
    assert_eq!(out, "one\nno command 'dunno'\nthree\n");
    assert!(err.starts_with("dunno: no command 'dunno'"), "{err}");
    assert!(err.contains("not run: .echo two"), "{err}");
}

/// The bug check of this case names no registers, and its stack holds no exception's.
#[test]
fn what_the_dump_lacks_is_said_and_the_line_goes_on() {
    let (status, out, err) = run(&["--demo", "scanner-1a", "-c", ".ecxr; .echo two"]);
    assert_eq!(status, 1);
    assert!(out.starts_with("No registers of a fault: ") && out.ends_with("\ntwo\n"), "{out}");
    assert!(err.starts_with(".ecxr; .echo two: No registers of a fault: "), "{err}");
}

/// An extension takes nothing from what stands behind it by having nothing to show, in a line as in a loop.
#[test]
fn an_extension_that_lacks_something_ends_no_line() {
    let (status, out, err) = run(&["--demo", "wifi", "-c", "!object \\NoSuch; .echo two"]);
    assert_eq!(status, 1);
    let said: Vec<&str> = out.lines().collect();
    assert!(said.len() == 2 && said[0].contains("NoSuch") && said[1] == "two", "{out}");
    assert_eq!(err, format!("!object \\NoSuch; .echo two: {}\n", said[0]));
    let turns = ".for (r $t0=0; @$t0<2; r $t0=@$t0+1) { !object \\NoSuch; .echo turn }";
    let (status, out, _) = run(&["--demo", "wifi", "-c", turns]);
    assert_eq!((status, out), (1, format!("{0}\nturn\n{0}\nturn\n", said[0])));
    // What was typed wrong may be what the rest rests on.
    let (status, out, err) = run(&["--demo", "wifi", "-c", "!pool no_such_name; .echo two"]);
    assert!(status == 1 && !out.ends_with("\ntwo\n") && err.contains("not run: .echo two"), "{out}{err}");
}

/// On a terminal the output and what is said of errors stand in one place.
#[test]
fn what_the_dump_lacks_is_said_once_on_a_terminal() {
    let arguments = ["--demo", "scanner-1a", "-c", ".ecxr; .echo two"];
    let mut terminal = Terminal::open(120, 24, &arguments, &[]);
    terminal.wait_for("two");
    assert_eq!(terminal.end().exit_code(), 1);
    terminal.wait_for_silence();
    let shown = terminal.contents();
    assert_eq!(shown.matches("No registers of a fault").count(), 1, "{shown}");
}

#[test]
fn flags_that_make_no_sense_are_usage_errors() {
    for arguments in [&["--nosuch"][..], &["--tz", "mars", "x.dmp"], &[], &["--demo", "nosuch", "-c", "r"]] {
        let (status, out, err) = run(arguments);
        assert_eq!((status, out.as_str()), (2, ""), "{arguments:?}");
        assert!(!err.is_empty(), "{arguments:?}");
    }
}

/// `> log.txt 2>&1`, as scripts write it.
#[test]
fn an_error_is_said_once_where_both_streams_go_to_one_place() {
    let folder = tempfile::tempdir().unwrap();
    let (log, other) = (folder.path().join("log.txt"), folder.path().join("other.txt"));
    let line = ["--demo", "wifi", "-c", ".echo one; ? 1+; .echo two", "-c", "!locks nosuch"];
    let both = std::fs::File::create(&log).unwrap();
    let status = dumpscope(&line).stdout(both.try_clone().unwrap()).stderr(both).status().expect("runs");
    assert_eq!(status.code(), Some(1));
    let text = std::fs::read_to_string(&log).unwrap();
    assert_eq!(text.matches("Numeric expression missing from '; .echo two'").count(), 1, "{text}");
    assert_eq!(text.matches("Couldn't resolve error at 'nosuch'").count(), 1, "{text}");
    assert!(text.contains("not run: .echo two") && text.contains("Hint: "), "{text}");
    // Whoever keeps them apart finds the command's name with its error.
    let errors = std::fs::File::create(&other).unwrap();
    dumpscope(&line).stdout(Stdio::null()).stderr(errors).status().expect("runs");
    let text = std::fs::read_to_string(&other).unwrap();
    assert!(text.starts_with("? 1+: Numeric expression missing"), "{text}");
}

#[test]
fn chinese_explains_and_says_once_what_is_chinese() {
    let line = "!analyze -show 1e; !analyze -show 50";
    let (status, out, err) = run(&["--demo", "wifi", "--lang", "zh-CN", "-c", line]);
    assert_eq!(status, 0);
    assert!(out.contains("内核模式代码") && out.contains("PAGE_FAULT_IN_NONPAGED_AREA (50)"), "{out}");
    assert_eq!(err.matches("中文").count(), 1, "{err}");
    let (status, out, err) = run(&["--demo", "wifi", "--lang", "en", "-c", line]);
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(out.is_ascii(), "{out}");
    assert_eq!(run(&["--demo", "wifi", "--lang", "zh", "-c", line]).0, 2);
}

#[test]
fn a_file_that_is_no_dump_is_refused() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let (status, out, err) = run(&["-z", file.to_str().unwrap(), "-c", "r"]);
    assert_eq!((status, out.as_str()), (3, ""));
    assert!(err.contains("Cargo.toml"), "{err}");
    assert_eq!(err.lines().count(), 1, "{err}");
}

#[test]
fn one_json_object_a_command() {
    let (status, out, _) = run(&["--demo", "wifi", "--json", "-c", ".bugcheck; lm; dunno"]);
    assert_eq!(status, 1);
    let objects: Vec<serde_json::Value> =
        out.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(objects[0]["command"], ".bugcheck");
    assert_eq!(objects[0]["blocks"][0]["fields"]["code"], "0x1e");
    assert_eq!(objects[2]["command"], "dunno");
    let near = serde_json::json!({"kind": "unknown_command", "text": "no command 'dunno'", "hints": [".help lists the commands"]});
    assert_eq!(objects[2]["error"], near);
    assert_eq!(objects[1]["command"], "lm");
    let modules = &objects[1]["blocks"][0];
    assert_eq!((modules["kind"].as_str(), modules["of"].as_str()), (Some("table"), Some("module")));
    assert!(modules["blocks"].as_array().unwrap().iter().any(|block| block["fields"]["name"] == "nwifi"));
}

#[test]
fn a_command_file_runs_line_by_line_and_the_log_keeps_a_copy() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (steps, log) = (folder.join("steps.txt"), folder.join("log.txt"));
    std::fs::write(
        &steps,
        "* a remark; with a separator\n.echo one\n\nnosuch; .echo skipped\n.echo two\nq\n.echo never\n",
    )
    .unwrap();
    let (status, out, err) =
        run(&["--demo", "wifi", "-cf", steps.to_str().unwrap(), "-logo", log.to_str().unwrap()]);
    assert_eq!((status, out.as_str()), (1, "one\n        ^ Syntax error in 'nosuch; .echo skipped'\ntwo\n"));
    assert!(err.contains("nosuch"), "{err}");
    assert_eq!(std::fs::read_to_string(log).unwrap(), out);
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_end() {
    let mut child = dumpscope(&["--demo", "wifi", "-c", "db @rsp L?40000; .echo after"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut first = [0u8; 64];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut first).expect("some output");
    drop(out);
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
}

#[test]
fn line_mode_reads_commands_and_repeats_the_last() {
    use std::io::Write;
    let mut child = dumpscope(&["--demo", "wifi", "--repl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().unwrap().write_all(b".echo hello\n\nq\n").unwrap();
    let Output { status, stdout, .. } = child.wait_with_output().unwrap();
    assert!(status.success());
    assert_eq!(String::from_utf8(stdout).unwrap(), "0: kd> hello\n0: kd> hello\n0: kd> ");
}

#[test]
fn the_demo_cases_are_told() {
    let (status, out, _) = run(&["--demo", "list"]);
    assert_eq!(status, 0);
    assert!(out.lines().any(|line| line.starts_with("wifi ")), "{out}");
}

#[test]
fn without_a_file_it_shows_where_to_start_on_one_small_screen() {
    let (status, out, err) = run(&[]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(err.contains("dumpscope --demo ") && err.contains("MEMORY.DMP"), "{err}");
    assert!(err.lines().count() <= 22 && err.lines().all(|line| line.chars().count() <= 79), "{err}");
}

/// A program that is killed removes nothing: a later one does, once nobody can be at work on it any more.
#[test]
fn what_a_killed_program_left_in_the_cache_goes_later() {
    let cache = tempfile::tempdir().unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 24 * 3600);
    let mut left = Vec::new();
    for folder in ["demo", "symbols/index"] {
        let folder = cache.path().join("dumpscope").join(folder);
        let (staged, file) = (folder.join(".dumpscope-Ab12Cd"), folder.join(".dumpscope-x9Y8z7"));
        std::fs::create_dir_all(staged.join("ntkrnlmp.pdb")).unwrap();
        for path in [&staged.join("ntkrnlmp.pdb/part"), &file, &folder.join("kept")] {
            std::fs::write(path, b"half").unwrap();
        }
        for path in [&staged, &file, &folder.join("kept")] {
            std::fs::File::open(path).unwrap().set_modified(old).unwrap();
        }
        left.push((folder, staged, file));
    }
    let mut command = dumpscope(&["--demo", "wifi", "-c", "x nt!KeBug*"]);
    let output = command.env("XDG_CACHE_HOME", cache.path()).output().unwrap();
    assert!(output.status.success());
    for (folder, staged, file) in left {
        assert!(!staged.exists() && !file.exists(), "{}", folder.display());
        assert!(folder.join("kept").exists());
        // What was made now is there, and nothing unfinished.
        let names = std::fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.file_name());
        let names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
        assert!(names.len() > 1 && !names.iter().any(|name| name.starts_with(".dumpscope-")), "{names:?}");
    }
}
