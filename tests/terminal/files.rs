//! What the program reads and writes: outputs that are inputs, outputs that cannot be written, command files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const DUMP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/wifi-fc.dmp.gz");

fn dumpscope(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpscope"));
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    command.args(arguments).env("XDG_CACHE_HOME", cache).env_remove("_NT_SYMBOL_PATH").stdin(Stdio::null());
    command
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("ends by itself"), text(output.stdout), text(output.stderr))
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    told(dumpscope(arguments).output().expect("runs"))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A copy of a dump by three names: its own, a symbolic link and a hard link.
#[cfg(unix)]
fn names(folder: &Path) -> [PathBuf; 3] {
    let names = ["dump.dmp.gz", "symbolic", "hard"].map(|name| folder.join(name));
    fs::copy(DUMP, &names[0]).unwrap();
    std::os::unix::fs::symlink(&names[0], &names[1]).unwrap();
    fs::hard_link(&names[0], &names[2]).unwrap();
    names
}

#[cfg(unix)]
#[test]
fn no_output_destroys_the_dump() {
    let folder = tempfile::tempdir().unwrap();
    let names = names(folder.path());
    let before = fs::read(DUMP).unwrap();
    for name in &names {
        let (status, out, err) = run(&["-z", text(&names[0]), "-c", "k", "-logo", text(name)]);
        assert_eq!((status, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("is being read; nothing was written"), "{err}");
        let (status, _, err) = run(&["symbols", "manifest", "-z", text(&names[0]), "-o", text(name)]);
        assert_eq!(status, 2, "{err}");
        assert!(err.contains("is being read; nothing was written"), "{err}");
        assert!(fs::read(name).unwrap() == before, "{} is whole", name.display());
    }
}

#[test]
fn no_log_destroys_symbols_or_the_command_file() {
    let folder = tempfile::tempdir().unwrap();
    let (steps, symbols) = (folder.path().join("steps.txt"), folder.path().join("a.pdb"));
    fs::write(&steps, ".echo one\n").unwrap();
    fs::write(&symbols, "Microsoft C/C++ MSF 7.00\r\n\x1aDS").unwrap();
    for log in [&steps, &symbols] {
        let before = fs::read(log).unwrap();
        let (status, out, err) = run(&["-z", DUMP, "-cf", text(&steps), "-logo", text(log)]);
        assert_eq!((status, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(text(log)), "{err}");
        assert_eq!(fs::read(log).unwrap(), before);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_a_failure_of_its_own() {
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    for arguments in [
        &["-z", DUMP, "-c", "lm; .echo two"][..],
        &["-z", DUMP, "--json", "-c", "lm"],
        &["symbols", "manifest", "-z", DUMP],
        &["--demo", "list"],
        &["--help"],
    ] {
        let mut command = dumpscope(arguments);
        let (status, _, err) = told(command.stdout(full()).output().unwrap());
        assert_eq!(status, 4, "{arguments:?}: {err}");
        assert_eq!(err.matches("standard output cannot be written").count(), 1, "{arguments:?}: {err}");
    }
    let (status, out, err) = run(&["-z", DUMP, "-c", ".echo one; .echo two", "-logo", "/dev/full"]);
    assert_eq!((status, out.as_str()), (4, "one\ntwo\n"), "{err}");
    assert_eq!(err.matches("log file /dev/full").count(), 1, "{err}");
    let (status, _, err) = run(&["symbols", "manifest", "-z", DUMP, "-o", "/dev/full"]);
    assert_eq!(status, 4, "{err}");
}

/// The largest resident size of a command in KiB, as the system counts it.
#[cfg(target_os = "linux")]
fn peak(arguments: &[&str]) -> u64 {
    use std::io::{BufRead, BufReader, Read};
    // The program is asked while its last command's output waits in the pipe.
    let arguments = [arguments, &["-c", ".echo LAST", "-c", "db 0 L?4000"]].concat();
    let mut child = dumpscope(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("LAST") {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "ended early");
    }
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    out.read_to_end(&mut Vec::new()).unwrap();
    child.wait().unwrap();
    peak.split_whitespace().next().unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn json_takes_no_more_memory_for_more_output() {
    let of = |length: &str| peak(&["-z", DUMP, "--json", "-c", &format!("db 0 L?{length}")]);
    let (little, much) = (of("100"), of("80000"));
    // 0x80000 bytes are 32,768 rows, some 8 MB of JSON; kept as blocks they were a hundred MB.
    assert!(much < little + 8_000, "{little} KiB became {much} KiB");
}

#[test]
fn command_files_of_every_encoding_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("steps.txt");
    let typed = ".echo 驱动\r\n.echo two\r\n";
    let utf16 = |bytes: fn(u16) -> [u8; 2]| {
        format!("\u{feff}{typed}").encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
    };
    // GB 2312: 驱 is C7 FD, 动 is B6 AF.
    let gb = b".echo \xc7\xfd\xb6\xaf\r\n.echo two\r\n".to_vec();
    let bom = format!("\u{feff}{typed}").into_bytes();
    for bytes in [typed.into(), bom, utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), gb] {
        fs::write(&file, &bytes).unwrap();
        let (status, out, err) = run(&["-z", DUMP, "-cf", text(&file)]);
        assert_eq!((status, out.as_str(), err.as_str()), (0, "驱动\ntwo\n", ""), "{bytes:x?}");
    }
}

#[test]
fn a_command_file_that_is_no_text_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("steps.txt");
    let long = [b".echo one\n".to_vec(), vec![b'x'; 2 << 20], b"\n".to_vec()].concat();
    for (bytes, why) in [(b".echo one\n* caf\xe9\n".to_vec(), "GB18030"), (long, "longer than 1 MiB")] {
        fs::write(&file, bytes).unwrap();
        let (status, out, err) = run(&["-z", DUMP, "-cf", text(&file)]);
        assert_eq!((status, out.as_str()), (2, ""), "{err}");
        assert!(err.contains("line 2") && err.contains(why), "{err}");
    }
}

#[test]
fn a_long_command_file_runs_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("steps.txt");
    // Remarks, so that 17 MB of them take no time.
    let remark = format!("* {}\n", "x".repeat(1000));
    fs::write(&file, remark.repeat(17_500) + ".echo last\n").unwrap();
    assert_eq!(run(&["-z", DUMP, "-cf", text(&file)]), (0, "last\n".to_owned(), String::new()));
}

#[test]
fn a_script_on_standard_input_is_refused_line_by_line() {
    use std::io::Write;
    let mut child = dumpscope(&["-z", DUMP, "--repl"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let script = [&b"\xef\xbb\xbf.echo one\r\n"[..], &vec![b'x'; 2 << 20], b"\n.echo three\n"].concat();
    child.stdin.take().unwrap().write_all(&script).unwrap();
    let (_, out, err) = told(child.wait_with_output().unwrap());
    assert!(out.contains("kd> one\n") && out.contains("kd> three\n"), "{out}");
    assert!(err.contains("standard input, line 2") && err.lines().count() == 1, "{err}");
}

#[test]
fn messages_are_short_and_cannot_act_on_the_terminal() {
    let typed = format!("nosuch\x1b]0;x\x07\u{202e}{}", "y".repeat(100_000));
    for arguments in
        [&["-z", DUMP, "-c", &typed][..], &["-z", &typed[..100], "-c", "r"], &["--no\x1b[2Jsuch"]]
    {
        let (_, _, err) = run(arguments);
        assert!(!err.is_empty() && err.len() < 10_000, "{} bytes", err.len());
        assert!(err.chars().all(|c| c == '\n' || !c.is_control()), "{err:?}");
    }
    let (_, _, err) = run(&["-z", "C:\\dumps\\none.dmp", "-c", "r"]);
    assert!(err.contains("C:\\dumps\\none.dmp"), "{err}");
}

#[test]
fn a_log_that_nothing_would_be_written_to_is_refused() {
    let (status, _, err) = run(&["-z", DUMP, "--tui", "-c", "k", "-logo", "x.txt"]);
    assert_eq!(status, 2, "{err}");
    assert!(err.contains("-logo"), "{err}");
}
