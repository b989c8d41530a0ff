//! What is written to the terminal, and how much of it.

use crate::terminal::Terminal;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn control_l_draws_again_and_the_session_goes_on() {
    let mut terminal = Terminal::explore(80, 24, &[]);
    for _ in 0..3 {
        terminal.wait_for_silence();
        let before = terminal.bytes.lock().unwrap().len();
        terminal.press("\x0c");
        terminal.wait_until("whole frame", |terminal| terminal.bytes.lock().unwrap().len() > before + 500);
        // Longer than the two seconds for which a question to the terminal would wait.
        thread::sleep(Duration::from_millis(800));
        terminal.wait_for("Analysis");
    }
    let bytes = terminal.bytes.lock().unwrap().clone();
    assert!(!bytes.windows(4).any(|window| window == b"\x1b[6n"), "the terminal is asked for its cursor");
    terminal.press(".echo still here\r");
    terminal.wait_for("\nstill here");
    terminal.leave();
    terminal.assert_restored();
}

#[test]
fn nothing_is_written_while_nothing_happens() {
    let terminal = Terminal::explore(160, 50, &[]);
    terminal.wait_for_silence();
    let before = terminal.bytes.lock().unwrap().len();
    thread::sleep(Duration::from_secs(2));
    assert_eq!(terminal.bytes.lock().unwrap().len() - before, 0, "bytes in two idle seconds");
}

#[test]
fn a_running_command_is_drawn_four_times_a_second_at_most() {
    let mut terminal = Terminal::explore(80, 24, &[("DUMPSCOPE_TEST_SLOW", ".echo slow")]);
    terminal.press(":.echo slow\r");
    terminal.wait_for("Esc stops");
    let before = terminal.bytes.lock().unwrap().len();
    thread::sleep(Duration::from_secs(2));
    let bytes = terminal.bytes.lock().unwrap();
    let frame = b"\x1b[?2026h";
    let frames = bytes[before..].windows(frame.len()).filter(|window| window == frame).count();
    assert!((4..=9).contains(&frames), "{frames} frames in two seconds");
    assert!(bytes.len() - before < 1500, "{} bytes in two seconds", bytes.len() - before);
}

/// The best of five, because other tests run at the same time. A measurement and no test of behaviour, so it is run by
/// hand: `cargo test --release --test terminal -- --ignored first_screen`.
#[test]
#[ignore = "a measurement, meaningless on a busy computer"]
fn the_first_screen_takes_less_than_a_tenth_of_a_second() {
    let times = (0..5).map(|_| {
        let start = Instant::now();
        let mut terminal = Terminal::explore(80, 24, &[]);
        terminal.wait_for("Arg1: ");
        start.elapsed()
    });
    let best = times.min().expect("five times");
    println!("first screen with its analysis: {best:?}");
    assert!(best < Duration::from_millis(100), "{best:?}");
}

#[test]
fn a_key_costs_few_bytes() {
    let mut terminal = Terminal::explore_panes(80, 24, &[]);
    terminal.press("6");
    terminal.wait_for("module name");
    terminal.wait_for_silence();
    let before = terminal.bytes.lock().unwrap().len();
    terminal.press("j");
    terminal.wait_for_silence();
    let cost = terminal.bytes.lock().unwrap().len() - before;
    assert!((1..1500).contains(&cost), "{cost} bytes to move the cursor by a line");
}

#[test]
fn the_mouse_is_left_alone_over_ssh() {
    for (variables, mouse) in [(&[][..], true), (&[("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")][..], false)]
    {
        let mut terminal = Terminal::explore_panes(80, 24, variables);
        let mode = terminal.screen.lock().unwrap().screen().mouse_protocol_mode();
        assert_eq!(mode != vt100::MouseProtocolMode::None, mouse);
        terminal.press("M");
        terminal.wait_until("other mouse mode", |terminal| {
            let mode = terminal.screen.lock().unwrap().screen().mouse_protocol_mode();
            (mode != vt100::MouseProtocolMode::None) != mouse
        });
        terminal.press("q");
        assert!(terminal.end().success());
        terminal.assert_restored();
    }
}

#[test]
fn text_is_copied_through_the_terminal() {
    let mut terminal = Terminal::explore(80, 24, &[]);
    terminal.press(":.echo copied words\r");
    terminal.wait_until("answer", |terminal| terminal.contents().contains("\ncopied words"));
    terminal.press("\t8");
    terminal.wait_for("[8 Cmd]");
    terminal.press("y");
    terminal.wait_for("copied: copied words");
    let bytes = terminal.bytes.lock().unwrap();
    let sequence = b"\x1b]52;c;Y29waWVkIHdvcmRz";
    assert!(bytes.windows(sequence.len()).any(|window| window == sequence));
}

#[test]
fn no_color_writes_no_colour() {
    let mut terminal = Terminal::explore_panes(80, 24, &[("NO_COLOR", "1")]);
    terminal.press("234567");
    terminal.wait_for("[7 Mem]");
    terminal.wait_for_silence();
    let bytes = terminal.bytes.lock().unwrap();
    let text = String::from_utf8_lossy(&bytes);
    for colour in ["\x1b[38;", "\x1b[48;", ";38;5;", ";48;5;"] {
        assert!(!text.contains(colour), "{colour:?}");
    }
}
