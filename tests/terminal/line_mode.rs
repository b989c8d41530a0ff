//! Line mode: Ctrl-C stops what runs, and the session goes on.

#[cfg(unix)]
use crate::terminal::Terminal;
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

/// A session at the prompt of a terminal, whose history is its own.
#[cfg(unix)]
fn at_prompt(folder: &Path, term: &str) -> Terminal {
    let variables = [("XDG_CACHE_HOME", folder.to_str().unwrap()), ("TERM", term)];
    let mut terminal = Terminal::open(60, 40, &["--repl", "--demo", "wifi"], &variables);
    terminal.wait_for("0: kd> ");
    terminal
}

#[cfg(unix)]
#[test]
fn lines_are_edited_found_again_and_completed() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = at_prompt(folder.path(), "xterm-256color");
    terminal.press("? 0n40+1\r");
    terminal.wait_for("Evaluate expression: 41");
    // Wide characters take two columns: the cursor deletes what stands before it.
    terminal.press(".echo 驱动程序abc\x1b[D\x1b[D\x1b[D\x7f\x7f\r");
    terminal.wait_for("\n驱动abc");
    // Up leads to the line before the last.
    terminal.press("\x1b[A\x1b[A\x7f\x7f\x7f2\r");
    terminal.wait_for("Evaluate expression: 42");
    // What is searched for stands behind the prompt when it runs.
    terminal.press("\x12驱");
    terminal.wait_for("(search '驱')");
    terminal.press("\r");
    terminal.wait_for("0000002a\n0: kd> .echo 驱动abc\n驱动abc");
    assert!(!terminal.contents().contains("search"));
    // Tab completes what is certain, Ctrl-C forgets the line.
    terminal.press("!runn\t");
    terminal.wait_for("0: kd> !running");
    terminal.press("\x03");
    terminal.wait_for("!running^C");
    // Ctrl-D ends an empty line's session alone.
    terminal.press("?\x04 7\r");
    terminal.wait_for("Evaluate expression: 7");
    terminal.press("\x04");
    assert!(terminal.end().success());
}

/// Several lines at once, also while a command runs, are typed lines one after the other.
#[cfg(unix)]
#[test]
fn pasted_lines_run_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    for term in ["xterm-256color", "dumb"] {
        let mut terminal = at_prompt(folder.path(), term);
        terminal.press("? 1\r? 2\r? 3\r");
        for value in [1, 2, 3] {
            terminal.wait_for(&format!("Evaluate expression: {value}"));
        }
        terminal.press(".for (r $t0=0; @$t0 < 0n5000; r $t0=@$t0+1) { r $t1=1 }; .echo ended\r");
        std::thread::sleep(Duration::from_millis(300));
        terminal.press("? 4\r? 5\r");
        terminal.wait_for("\nended");
        for value in [4, 5] {
            terminal.wait_for(&format!("Evaluate expression: {value}"));
        }
        // Ctrl-C stops what runs, and the session goes on.
        terminal.press(".while (1) { r $t0=1 }\r");
        std::thread::sleep(Duration::from_millis(500));
        terminal.press("\x03");
        terminal.wait_for("cancelled");
        terminal.press("? 6\r");
        terminal.wait_for("Evaluate expression: 6");
        terminal.press("q\r");
        assert!(terminal.end().success());
    }
}
