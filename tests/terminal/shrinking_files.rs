//! Files that become shorter while they are open, and faults that end the program: what the user sees, and the terminal after.

use crate::terminal::Terminal;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// An unpacked dump of the project's own, in a folder of its own.
fn dump() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("MEMORY.DMP");
    let packed = File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/wifi-full.dmp.gz")).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut bytes).unwrap();
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn shorten(path: &PathBuf) {
    fs::OpenOptions::new().write(true).open(path).unwrap().set_len(9000).unwrap();
}

const SAID: &str = "became shorter while it was open";

#[test]
fn the_explorer_says_that_its_dump_became_shorter_and_goes_on() {
    let (_folder, path) = dump();
    let mut explorer = Terminal::open(200, 50, &[path.to_str().unwrap()], &[]);
    explorer.wait_for("Analysis");
    shorten(&path);
    // Physical memory all over the file.
    explorer.press(":s -d 0 L?10000000 12345678\r");
    explorer.wait_for(SAID);
    explorer.press("? 20+22\r");
    explorer.wait_for("= 00000000`00000042");
    explorer.press("q\r");
    assert!(explorer.end().success());
    explorer.assert_restored();
}

#[test]
fn a_script_fails_where_its_dump_became_shorter() {
    let (_folder, path) = dump();
    let mut program = Command::new(env!("CARGO_BIN_EXE_dumpscope"))
        .args(["--repl", path.to_str().unwrap()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = program.stdin.take().unwrap();
    let mut output = program.stdout.take().unwrap();
    // What it prints first tells that the dump is open.
    lines.write_all(b"? 20+22\n").unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("00000042") {
        let mut part = [0; 4096];
        let count = output.read(&mut part).unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(&seen));
        seen.extend(&part[..count]);
    }
    shorten(&path);
    lines.write_all(b"db @rsp L10\n!dh nt\nlm\n? 40+3\nq\n").unwrap();
    drop(lines);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    let mut errors = String::new();
    program.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
    assert!(program.wait().unwrap().code().is_some(), "{errors}");
    // Each of the three that read, and nothing of what they might have shown as memory.
    assert_eq!((rest.matches(SAID).count(), errors.matches(SAID).count()), (3, 3), "{rest}{errors}");
    assert!(!rest.contains("00 00 00 00 00"), "{rest}");
    assert!(rest.contains("00000043"), "{rest}");
}

/// A fault that nobody mends ends the program by its own signal, with the terminal put back.
#[test]
fn the_terminal_is_restored_when_a_fault_ends_the_program() {
    let signals =
        [("ABRT", "Aborted"), ("BUS", "Bus error"), ("SEGV", "Segmentation fault"), ("QUIT", "Quit")];
    for (name, number) in signals {
        let mut explorer = Terminal::explore(120, 40, &[]);
        let id = explorer.child.process_id().unwrap().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
        let status = explorer.end();
        assert!(!status.success() && format!("{status:?}").contains(number), "{name}: {status:?}");
        explorer.assert_restored();
    }
}
