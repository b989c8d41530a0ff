//! Line mode: Ctrl-C stops what runs, and the session goes on.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

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

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] })
        .collect()
}

/// A server that begins to send every file and then waits; its address.
fn halting_server() -> String {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for mut stream in server.incoming().flatten() {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or(0);
            let first =
                String::from_utf8_lossy(&request[..length]).lines().next().unwrap_or_default().to_owned();
            let _ = match first.contains(".pdb") {
                true => stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\nMicrosoft C/C++ MSF 7.00"),
                false => stream
                    .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
            };
            held.push(stream);
        }
    });
    address
}

#[test]
fn a_signal_leaves_no_unfinished_download() {
    let address = halting_server();
    for (mode, signal) in
        [("-c", "-TERM"), ("-c", "-INT"), ("-c", "-HUP"), ("-c", "-QUIT"), ("--repl", "-TERM")]
    {
        let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = format!("srv*{}*http://{address}", folder.path().display());
        let command = ".reload /f nwifi.sys";
        let mut program = Command::new(env!("CARGO_BIN_EXE_dumpscope"))
            .args(["--demo", "wifi", "-y", &path])
            .args(if mode == "-c" { vec!["-c", command] } else { vec!["--repl"] })
            .env("XDG_CACHE_HOME", cache.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = program.stdin.take().unwrap();
        let _ = input.write_all(format!("{command}\n").as_bytes());
        let started = Instant::now();
        while files(folder.path()).is_empty() {
            assert!(started.elapsed() < Duration::from_secs(20), "nothing is fetched");
            std::thread::sleep(Duration::from_millis(10));
        }
        let sent = Command::new("kill").args([signal, &program.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let status = program.wait().unwrap();
        // Ctrl-C stops the line alone, which is the last.
        let ends = (signal == "-INT").then_some(1);
        assert_eq!(status.code(), ends, "{signal} does not end {mode}: {status}");
        assert_eq!(files(folder.path()), [] as [PathBuf; 0], "after {signal} in {mode}");
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "an empty folder stays");
        drop(input);
    }
}
