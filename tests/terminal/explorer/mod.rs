//! The explorer as a user has it: the real program on a pseudo-terminal, driven by keys.

mod ending;
mod panes;
mod writing;

use crate::terminal::{Terminal, line_discipline};
use std::time::{Duration, Instant};

#[test]
fn keys_drive_it_and_q_restores_the_terminal() {
    let mut terminal = Terminal::explore_panes(80, 24, &[]);
    terminal.wait_for("wifi-triage.dmp");
    assert!(terminal.screen.lock().unwrap().screen().alternate_screen());
    assert_ne!(line_discipline(&*terminal.master), terminal.before, "raw mode is on");
    // Every pane by its number.
    for (key, name) in
        ["Analysis", "CPUs", "Stack", "Regs", "Code", "Mods", "Mem", "Cmd", "Thr", "Proc"].iter().enumerate()
    {
        let key = ((key + 1) % 10).to_string();
        terminal.press(&key);
        terminal.wait_for(&format!("[{key} {name}]"));
    }
    for name in ["[d Type]", "[p Pool]", "[1 Analysis]"] {
        terminal.press("\t");
        terminal.wait_for(name);
    }
    terminal.press("\x1b[Z");
    terminal.wait_for("[p Pool]");
    // A command, its output, its error.
    terminal.press(":? 0x41+1\r");
    terminal.wait_for("Evaluate expression: 66 = 00000000`00000042");
    terminal.press("lmx\r");
    terminal.wait_for("error: lmx");
    // A link: the first module's details, and back.
    terminal.press("\t6");
    terminal.wait_for("module name");
    terminal.press("\x1b[B\r");
    terminal.wait_for("Image path:");
    terminal.press("\x7f");
    terminal.wait_for("module name");
    // The keys.
    terminal.press("\x1bOP");
    terminal.wait_for("Esc closes this list");
    terminal.press("x");
    terminal.wait_for("[6 Mods]");
    terminal.press("q");
    terminal.wait_for("leave? the output of 2 commands is lost");
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
}

#[test]
fn it_survives_every_size() {
    let mut terminal = Terminal::explore(160, 50, &[]);
    terminal.wait_for("7 Memory");
    for (columns, rows) in [(80, 24), (20, 5), (9, 3), (2, 2), (1, 1)] {
        terminal.resize(columns, rows);
        terminal.wait_for_silence();
        terminal.press("\t\x1b[6~?x/a\r");
        terminal.wait_for_silence();
        assert!(terminal.child.try_wait().expect("the program").is_none(), "it ended at {columns}x{rows}");
    }
    terminal.resize(80, 24);
    terminal.press("\x1b[F\x15\x1b1");
    terminal.wait_for("[1 Analysis]");
    terminal.wait_for("1e KMODE_EXCEPTION");
    terminal.leave();
    terminal.assert_restored();
}

#[test]
fn escape_stops_a_command_at_once() {
    for stop in ["\x1b", "\x03"] {
        let mut terminal = Terminal::explore(80, 24, &[("DUMPSCOPE_TEST_SLOW", ".echo slow")]);
        terminal.press(":.echo slow\r");
        terminal.wait_for("Esc stops");
        let asked = Instant::now();
        terminal.press(stop);
        terminal.wait_for("stopped");
        assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
        terminal.press(".echo next\r");
        terminal.wait_for("next");
        terminal.leave();
    }
}

#[test]
fn a_terminal_without_a_screen_gets_the_line_mode_and_a_word() {
    let mut terminal = Terminal::open(80, 24, &["--demo", "wifi"], &[("TERM", "dumb")]);
    terminal.wait_for("line mode instead of the explorer");
    terminal.wait_for("kd>");
    assert!(!terminal.screen.lock().unwrap().screen().alternate_screen());
    terminal.press("q\r");
    assert!(terminal.end().success());
}

#[test]
fn without_a_terminal_it_says_what_to_use() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_dumpscope"))
        .args(["--tui", "tests/data/wifi-triage.dmp.gz"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(std::process::Stdio::null())
        .output()
        .expect("the program");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("needs a terminal") && message.contains("--repl"), "{message}");
}

#[test]
fn commands_of_the_flags_run_first() {
    let dump = "tests/data/wifi-triage.dmp.gz";
    let mut terminal =
        Terminal::open(80, 24, &["--tui", "-z", dump, "-c", ".echo one", "-c", ".echo two"], &[]);
    terminal.wait_for("\ntwo");
    terminal.press("\x1b8");
    terminal.wait_for("kd> .echo one");
}

/// Tab completes by what the argument is, lists what begins alike, and goes through it.
#[test]
fn tab_completes_names_of_symbols() {
    let mut terminal = Terminal::open(100, 30, &["--demo", "wifi"], &[]);
    terminal.wait_for("Analysis");
    // The names are known when the analysis has used them.
    terminal.wait_for_silence();
    terminal.press("u nt!kebugc\t");
    terminal.wait_for("kd> u nt!KeBugCheck");
    terminal.press("\t");
    terminal.wait_for("3 begin so");
    terminal.wait_for("nt!KeBugCheckCallbackListHead");
    terminal.press("\x1b[Z");
    terminal.wait_for("kd> u nt!KeBugCheckEx");
    terminal.press("\r");
    terminal.wait_for("nt!KeBugCheckEx:");
    terminal.press("dt nt!_EPROC\t");
    terminal.wait_for("kd> dt nt!_EPROCESS");
    terminal.press("\x15lmvm nw\t");
    terminal.wait_for("kd> lmvm nwifi");
    terminal.press("\x15u nowhere!a\t");
    terminal.wait_for("nothing that is known begins so");
    terminal.press("\x15");
    terminal.leave();
}
