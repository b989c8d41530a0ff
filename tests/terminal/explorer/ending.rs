//! However it ends, or makes way for the shell, the terminal is as it was.

use crate::terminal::Terminal;

#[test]
fn the_command_q_and_control_d_end_it_too() {
    for keys in ["q\r", ":q\r", "\x04", "\t:q\r", "\tq"] {
        let mut terminal = Terminal::explore(80, 24, &[]);
        terminal.press(keys);
        assert!(terminal.end().success(), "{keys:?}");
        terminal.assert_restored();
    }
}

#[test]
fn a_panic_in_a_command_is_an_error_and_the_session_goes_on() {
    let mut terminal = Terminal::explore(80, 24, &[("DUMPSCOPE_TEST_PANIC", ".echo boom")]);
    terminal.press(":.echo boom\r");
    terminal.wait_for("Please report this");
    terminal.press(".echo still here\r");
    terminal.wait_until("answer", |terminal| terminal.contents().contains("\nstill here"));
    terminal.leave();
    terminal.assert_restored();
}

#[test]
fn a_panic_of_the_screen_restores_the_terminal_before_it_is_told() {
    let mut terminal = Terminal::explore(80, 24, &[("DUMPSCOPE_TEST_SCREEN_PANIC", ".echo boom")]);
    terminal.press(":.echo boom\r");
    assert!(!terminal.end().success());
    terminal.assert_restored();
    terminal.wait_for("asked for by DUMPSCOPE_TEST_SCREEN_PANIC");
}

#[test]
fn sigterm_restores_the_terminal_even_while_a_command_runs() {
    for command in [".echo idle", ".echo slow"] {
        let mut terminal = Terminal::explore(80, 24, &[("DUMPSCOPE_TEST_SLOW", ".echo slow")]);
        terminal.press(&format!(":{command}\r"));
        terminal.wait_for(if command == ".echo slow" { "Esc stops" } else { "\nidle" });
        let id = terminal.child.process_id().expect("its id").to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.expect("kill").success());
        let status = terminal.end();
        assert!(status.signal().is_some(), "{status:?}");
        terminal.assert_restored();
    }
}

/// Started by a shell with job control, as users do.
#[test]
fn control_z_leads_to_the_shell_and_fg_back() {
    let program = env!("CARGO_BIN_EXE_dumpscope");
    let mut terminal = Terminal::run(
        "bash",
        80,
        24,
        &["--norc", "--noprofile", "--noediting", "-i"],
        &[("PS1", "shell$ "), ("HISTFILE", "")],
    );
    terminal.wait_for("shell$");
    terminal.press(&format!("{program} tests/data/wifi-triage.dmp.gz\r"));
    terminal.wait_for("[1 Analysis]");
    for suspend in ["\x1a", "\t\x1a"] {
        terminal.press(suspend);
        terminal.wait_until("the shell's screen", |terminal| {
            !terminal.screen.lock().unwrap().screen().alternate_screen()
        });
        terminal.wait_for("Stopped");
        terminal.press("echo sum $((20+22))\r");
        terminal.wait_for("sum 42");
        terminal.press("fg\r");
        terminal.wait_for("[1 Analysis]");
        assert!(terminal.screen.lock().unwrap().screen().alternate_screen());
    }
    // Esc would stop what the panes still run.
    terminal.wait_for_silence();
    terminal.press("\x1b:.echo back again\r");
    terminal.wait_for("\nback again");
    terminal.press("\x1b:q\r");
    terminal.wait_until("the shell's screen", |terminal| {
        !terminal.screen.lock().unwrap().screen().alternate_screen()
    });
    terminal.wait_for_silence();
    terminal.press("exit\r");
    terminal.end();
    terminal.assert_restored();
}

/// Nobody could bring it back: the terminal belongs to it alone.
#[test]
fn it_does_not_suspend_where_no_shell_waits() {
    let mut terminal = Terminal::explore(80, 24, &[]);
    terminal.press("\x1a");
    terminal.wait_for("not suspended");
    let id = terminal.child.process_id().expect("its id").to_string();
    let sent = std::process::Command::new("kill").args(["-TSTP", &id]).status();
    assert!(sent.expect("kill").success());
    terminal.press(".echo goes on\r");
    terminal.wait_for("\ngoes on");
    terminal.leave();
    terminal.assert_restored();
}

#[test]
fn signals_that_end_it_restore_the_terminal() {
    for signal in ["-QUIT", "-HUP", "-TERM", "-ABRT"] {
        let mut terminal = Terminal::explore(80, 24, &[]);
        let id = terminal.child.process_id().expect("its id").to_string();
        let sent = std::process::Command::new("kill").args([signal, &id]).status();
        assert!(sent.expect("kill").success());
        let status = terminal.end();
        assert!(status.signal().is_some(), "{signal}: {status:?}");
        terminal.assert_restored();
    }
}

#[test]
fn an_abort_restores_the_terminal() {
    for variable in ["DUMPSCOPE_TEST_ABORT", "DUMPSCOPE_TEST_OVERFLOW"] {
        let mut terminal = Terminal::explore(80, 24, &[(variable, ".echo boom")]);
        terminal.press(".echo boom\r");
        assert!(!terminal.end().success());
        terminal.assert_restored();
    }
}
