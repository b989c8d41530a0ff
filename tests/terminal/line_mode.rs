//! Line mode: Ctrl-C stops what runs, and the session goes on.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

#[test]
fn ctrl_c_stops_a_command_that_waits_for_a_server() {
    let folder = tempfile::tempdir().unwrap();
    // A server that takes the question and never answers.
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let path = format!("srv*{}*http://{}", folder.path().display(), server.local_addr().unwrap());
    let mut program = Command::new(env!("CARGO_BIN_EXE_dumpscope"))
        .args(["--repl", "--demo", "wifi", "-y", &path])
        .env("XDG_CACHE_HOME", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = program.stdin.take().unwrap();
    input.write_all(b".reload /f nwifi.sys\n").unwrap();
    let held = server.accept().unwrap();
    let sent = Command::new("kill").args(["-INT", &program.id().to_string()]).status().unwrap();
    assert!(sent.success());
    input.write_all(b"? 0n40+2\nq\n").unwrap();
    let mut text = String::new();
    program.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    let mut told = String::new();
    program.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    // Its commands come through a pipe, and one was stopped.
    assert_eq!(program.wait().unwrap().code(), Some(1));
    assert!(told.contains(".reload /f nwifi.sys: cancelled"), "{told}");
    assert!(text.contains("00000000`0000002a"), "{text}");
    drop(held);
}

/// How a session ends whose commands come through a pipe.
fn piped(commands: &str) -> Option<i32> {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_dumpscope"))
        .args(["--repl", "--demo", "wifi"])
        .env("XDG_CACHE_HOME", folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    program.stdin.take().unwrap().write_all(commands.as_bytes()).unwrap();
    program.wait().unwrap().code()
}

#[test]
fn a_script_through_a_pipe_tells_whether_a_command_failed() {
    assert_eq!(piped("? 1\nq\n"), Some(0));
    assert_eq!(piped("nosuchcommand\n? 1\nq\n"), Some(1));
    assert_eq!(piped("? 1\nnosuchcommand\n"), Some(1));
}
