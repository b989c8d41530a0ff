//! Output elsewhere: logs, files, programs; what is never overwritten, and what a full disk does.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpscope"));
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    command.args(arguments).current_dir(folder).env("XDG_CACHE_HOME", cache).env_remove("_NT_SYMBOL_PATH");
    command.stdin(Stdio::null());
    command
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("ends by itself"), text(output.stdout), text(output.stderr))
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    told(command(folder, arguments).output().expect("runs"))
}

#[test]
fn a_log_holds_what_was_said_while_it_was_open() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [".echo before", ".logopen a.log; .echo one", "nosuch", ".logclose", ".echo after"];
    let arguments: Vec<&str> =
        ["--demo", "wifi"].into_iter().chain(lines.iter().flat_map(|line| ["-c", *line])).collect();
    let (status, out, _) = run(folder.path(), &arguments);
    assert_eq!(status, 1);
    let log = fs::read_to_string(folder.path().join("a.log")).unwrap();
    let (_, rest) = out.split_once("before\n").unwrap();
    assert_eq!(log, rest.strip_suffix("after\n").unwrap());
    assert!(log.contains("Syntax error in 'nosuch'"), "{log}");
    let (status, out, _) = run(
        folder.path(),
        &["--demo", "wifi", "-c", ".logappend /u a.log; .logclose; .logopen /t b.txt; .logfile"],
    );
    assert_eq!(status, 0);
    assert!(out.contains("Opened log file 'b_0004_"), "{out}");
    let appended = fs::read(folder.path().join("a.log")).unwrap();
    assert!(appended.starts_with(log.as_bytes()) && appended.len() > log.len());
}

/// A log or file that is named like the dump, symbols or anything that is read does not destroy it.
#[test]
fn nothing_that_is_read_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("a.dmp.gz");
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/wifi.dmp.gz"), &dump).unwrap();
    fs::write(folder.path().join("a.pdb"), "Microsoft C/C++ MSF 7.00\r\n\x1aDS").unwrap();
    fs::write(folder.path().join("steps.txt"), ".logopen steps.txt\n.echo ran\n").unwrap();
    let before = fs::read(&dump).unwrap();
    for line in [
        ".logopen a.dmp.gz",
        ".logappend a.dmp.gz",
        "lm > a.dmp.gz",
        "lm >> a.pdb",
        "lm > a.pdb",
        ".writemem a.pdb nt L10",
    ] {
        let (status, out, err) = run(folder.path(), &["-z", "a.dmp.gz", "-c", line]);
        assert_eq!(status, 4, "{line}: {out}{err}");
    }
    assert!(fs::read(&dump).unwrap() == before);
    assert_eq!(fs::read(folder.path().join("a.pdb")).unwrap(), b"Microsoft C/C++ MSF 7.00\r\n\x1aDS");
    let (status, out, _) = run(folder.path(), &["-z", "a.dmp.gz", "-cf", "steps.txt"]);
    assert_eq!((status, out.lines().last()), (4, Some("ran")));
    assert_eq!(
        fs::read_to_string(folder.path().join("steps.txt")).unwrap(),
        ".logopen steps.txt\n.echo ran\n"
    );
}

#[test]
fn files_take_the_output_of_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let (status, out, err) = run(
        folder.path(),
        &[
            "--demo",
            "wifi",
            "-c",
            "lm > a.txt; .echo shown; .block { .echo x; .echo y } >> a.txt",
            "-c",
            "lm",
        ],
    );
    assert_eq!((status, err.as_str()), (0, ""));
    let (shown, list) = out.split_once("shown\n").unwrap();
    assert_eq!(shown, "");
    assert_eq!(fs::read_to_string(folder.path().join("a.txt")).unwrap(), format!("{list}x\ny\n"));
    // With JSON the object of the command tells where its output is, and holds none of it.
    let (_, out, _) = run(folder.path(), &["--demo", "wifi", "--json", "-c", "lm > b.txt"]);
    let object: serde_json::Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(
        (object["command"].as_str(), object["blocks"].as_array().map(Vec::len)),
        (Some("lm > b.txt"), Some(0))
    );
    assert_eq!(fs::read_to_string(folder.path().join("b.txt")).unwrap(), list);
}

#[test]
fn memory_becomes_a_new_file_and_no_byte_is_made_up() {
    let folder = tempfile::tempdir().unwrap();
    let (status, out, _) = run(
        folder.path(),
        &["--demo", "wifi", "-c", ".writemem a.bin nwifi L6000; .writemem \"b c\" nwifi L200"],
    );
    assert_eq!((status, out.as_str()), (0, "Writing 6000 bytes.\nWriting 200 bytes.\n"));
    let bytes = fs::read(folder.path().join("a.bin")).unwrap();
    assert!(bytes.len() == 0x6000 && bytes.starts_with(b"MZ"));
    assert_eq!(fs::read(folder.path().join("b c")).unwrap(), bytes[..0x200]);
    // Behind the image nothing is mapped.
    let (status, out, _) = run(folder.path(), &["--demo", "wifi", "-c", ".writemem d.bin nwifi L20000"]);
    assert!(status == 1 && out.contains("d.bin has the first 6000 bytes alone"), "{out}");
    assert_eq!(fs::read(folder.path().join("d.bin")).unwrap(), bytes);
    let (status, _, err) = run(folder.path(), &["--demo", "wifi", "-c", ".writemem a.bin nwifi L10"]);
    assert_eq!(status, 4, "{err}");
    assert_eq!(fs::read(folder.path().join("a.bin")).unwrap(), bytes);
}

#[cfg(unix)]
#[test]
fn programs_run_only_where_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let (status, out, err) = run(folder.path(), &["--demo", "wifi", "-c", "lm | touch made; .echo never"]);
    assert!(status == 1 && err.contains("--allow-shell") && !out.contains("never"), "{out}{err}");
    assert!(!folder.path().join("made").exists());
    let allowed = [
        "--demo",
        "wifi",
        "--allow-shell",
        "-c",
        "lm | grep -c sys; .echo then",
        "-c",
        "lm | exit 3",
        "-c",
        "lm | echo oops >&2",
    ];
    let (status, out, err) = run(folder.path(), &allowed);
    // Two of the modules that were unloaded are listed by file.
    assert_eq!((status, out.as_str()), (1, "2\nthen\n'exit 3' ended with exit status: 3\noops\n"), "{err}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (status, out, err) =
        run(folder.path(), &["--demo", "wifi", "-c", ".logopen /dev/full; .echo one", "-c", ".echo two"]);
    assert_eq!((status, out.as_str()), (4, "Opened log file '/dev/full'\none\ntwo\n"));
    assert_eq!(err.matches("log file /dev/full").count(), 1, "{err}");
    let (status, out, err) =
        run(folder.path(), &["--demo", "wifi", "-c", "lm > /dev/full", "-c", ".echo two"]);
    assert_eq!(status, 4, "{err}");
    assert!(out.ends_with("two\n") && out.contains("/dev/full: No space left"), "{out}");
}

/// As cron starts a program: no terminal, nothing on standard input, no TERM, a home that cannot be written.
#[cfg(target_os = "linux")]
#[test]
fn a_run_without_terminal_home_and_input_works() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o500)).unwrap();
    let script = "exec <&-; exec \"$0\" \"$@\"";
    let start = |arguments: &[&str]| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_dumpscope")]).args(arguments).env_clear();
        command.env("HOME", &home).env("PATH", "/usr/bin:/bin").current_dir(folder.path());
        told(command.output().unwrap())
    };
    let (status, out, err) = start(&["--demo", "wifi", "-c", "!analyze; k 3", "-logo", "report.txt"]);
    assert_eq!(status, 0, "{err}");
    assert!(out.contains("nwifi") && !out.contains('\u{1b}'), "{out}");
    assert_eq!(fs::read_to_string(folder.path().join("report.txt")).unwrap(), out);
    // Line mode has nothing to read and ends.
    let (status, _, err) = start(&["--demo", "wifi", "--repl"]);
    assert!(matches!(status, 0 | 1), "{err}");
    // The explorer has no screen, and says what there is.
    let (status, out, err) = start(&["--demo", "wifi"]);
    assert!(status == 2 && out.is_empty() && err.contains("-c"), "{status} {out}{err}");
    let (status, _, err) = start(&["--demo", "wifi", "-c", "k", "-logo", "/dev/full"]);
    assert!(status == 4 && err.contains("/dev/full"), "{err}");
    let (status, _, err) = start(&["--demo", "wifi", "-c", "k", "-logo", "home/x.txt"]);
    // The owner of all files may write anywhere.
    assert!(status == 2 && err.contains("home/x.txt") || home.join("x.txt").exists(), "{status} {err}");
}

#[test]
fn stop_on_error_ends_with_the_first_line_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("steps.txt"), ".echo one\n? nosuch\n.echo two\n").unwrap();
    let (status, out, _) = run(folder.path(), &["--demo", "wifi", "-cf", "steps.txt"]);
    assert!(status == 1 && out.ends_with("two\n"), "{out}");
    let (status, out, _) = run(folder.path(), &["--demo", "wifi", "--stop-on-error", "-cf", "steps.txt"]);
    assert!(status == 1 && out.starts_with("one\n") && !out.contains("two"), "{out}");
    // An error that a block catches, and a lack of data, are failures of their lines too.
    for line in [".catch { ? nosuch }", "$$>a<nosuchfile"] {
        let (status, out, _) =
            run(folder.path(), &["--demo", "wifi", "--stop-on-error", "-c", line, "-c", ".echo two"]);
        assert!(status == 1 && !out.contains("two"), "{line}: {out}");
    }
}

#[test]
fn a_line_that_takes_too_long_is_stopped_and_the_next_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (status, out, err) = run(
        folder.path(),
        &["--demo", "wifi", "--timeout", "1", "-c", ".while (1) { r $t0=1 }", "-c", ".echo next"],
    );
    assert_eq!((status, out.as_str()), (1, "cancelled\nnext\n"));
    assert!(err.contains("stopped after 1 s, as --timeout says"), "{err}");
    let (status, _, err) = run(folder.path(), &["--demo", "wifi", "--timeout", "0", "-c", "k"]);
    assert!(status == 2 && err.contains("1 to 86400"), "{err}");
}

/// Ctrl-C stops a line of a script; pressed twice, the script.
#[cfg(unix)]
#[test]
fn ctrl_c_stops_a_line_and_twice_the_script() {
    use std::io::{BufRead, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let forever = ".echo begins; .while (1) { r $t0=1 }";
    for presses in [1, 2] {
        let mut command =
            command(folder.path(), &["--demo", "wifi", "-c", forever, "-c", forever, "-c", ".echo last"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines().map(|line| line.unwrap());
        let press = || {
            let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
            assert!(sent.success());
        };
        assert_eq!(out.next().as_deref(), Some("begins"));
        // Whether the loop has begun by then or not, the line says that it was stopped.
        press();
        assert_eq!(out.next().as_deref(), Some("cancelled"));
        // Pressed again soon it ends the script, later the next line alone.
        if presses == 1 {
            assert_eq!(out.next().as_deref(), Some("begins"));
            std::thread::sleep(std::time::Duration::from_millis(2200));
        }
        press();
        assert_eq!(out.any(|line| line == "last"), presses == 1);
        assert_eq!(child.wait().unwrap().code(), Some(1));
    }
}

#[test]
fn the_commands_are_listed_and_shells_get_their_completions() {
    let folder = tempfile::tempdir().unwrap();
    let (status, out, _) = run(folder.path(), &["commands"]);
    assert!(status == 0 && out.lines().any(|line| line.starts_with("!analyze ")), "{out}");
    let (_, out, _) = run(folder.path(), &["commands", "--markdown", "lmi"]);
    assert!(out.contains("| `!lmi` `MODULE \\| ADDRESS` |"), "{out}");
    let (_, out, _) = run(folder.path(), &["commands", "--man"]);
    assert!(out.starts_with(".TH DUMPSCOPE-COMMANDS 7\n"), "{out}");
    for shell in ["bash", "zsh", "fish"] {
        let (status, out, _) = run(folder.path(), &["completions", shell]);
        assert!(status == 0 && out.contains("stop-on-error"), "{shell}");
    }
    let (status, _, err) = run(folder.path(), &["completions", "nosuch"]);
    assert!(status == 2 && err.contains("bash"), "{err}");
}

/// Every encoding of a command file runs alike, with either end of line.
#[test]
fn command_files_run_in_every_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let text = "r $t1 = 5\r\n.if (@$t1 == 5)\r\n{\r\n    .echo 驱动程序\r\n}\r\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("\u{feff}{text}").encode_utf16().flat_map(bytes).collect()
    };
    // GB 2312: 驱 C7FD, 动 B6AF, 程 B3CC, 序 D0F2.
    let (before, after) = text.split_once("驱动程序").unwrap();
    let chinese = [before.as_bytes(), b"\xc7\xfd\xb6\xaf\xb3\xcc\xd0\xf2", after.as_bytes()].concat();
    let files = [
        ("utf8", text.as_bytes().to_vec()),
        ("marked", format!("\u{feff}{text}").into_bytes()),
        ("le", utf16(u16::to_le_bytes)),
        ("be", utf16(u16::to_be_bytes)),
        ("gb", chinese),
    ];
    for (name, bytes) in files {
        fs::write(folder.path().join(name), bytes).unwrap();
        let (status, out, err) = run(folder.path(), &["--demo", "wifi", "-c", &format!("$$><{name}")]);
        assert_eq!((status, out.as_str(), err.as_str()), (0, "驱动程序\n", ""), "{name}");
    }
}
