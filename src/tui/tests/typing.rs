//! The prompt has the keyboard.

use super::super::app::Keyboard;
use super::super::event::Input;
use super::super::panes::CONSOLE;
use super::Explorer;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

#[test]
fn typing_goes_to_the_prompt_and_its_output_stays_in_sight() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys("lm");
    assert_eq!(explorer.app.keyboard, Keyboard::Prompt);
    assert_eq!(explorer.row(22), "2: kd> lm");
    explorer.key(KeyCode::Enter);
    assert!(explorer.shows("8 Command  2: kd> lm"));
    assert!(explorer.row(13).starts_with("output of lm"), "{}", explorer.row(13));
    explorer.key(KeyCode::Up);
    assert_eq!(explorer.row(22), "2: kd> lm");
}

#[test]
fn alt_and_a_number_lead_to_a_pane_and_keep_the_line() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys("dps");
    explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Char('8'), KeyModifiers::ALT)));
    assert_eq!((explorer.app.keyboard, explorer.app.active), (Keyboard::Pane, CONSOLE));
    explorer.settle();
    explorer.keys(":");
    assert_eq!((explorer.app.keyboard, explorer.row(22).as_str()), (Keyboard::Prompt, "2: kd> dps"));
}

/// What a user of WinDbg types first: none of it may be taken for a key of the panes.
#[test]
fn the_first_keys_are_typed_and_nothing_else() {
    for line in ["kv", "k", "? 1", "q", "u", "n", "z", "y", "!analyze -v", "7", "<", ".frame 3", "RMT"] {
        let mut explorer = Explorer::new(80, 24);
        explorer.settle();
        let before = explorer.app.active;
        explorer.keys(line);
        assert_eq!(explorer.row(22), format!("2: kd> {line}"));
        assert_eq!((explorer.app.active, explorer.app.quit), (before, false), "{line}");
        explorer.key(KeyCode::Enter);
        assert_eq!(explorer.asked.last().map(String::as_str), Some(line));
        assert_eq!(explorer.app.keyboard, Keyboard::Prompt, "{line}");
    }
    // Backspace is the line's as well, and Enter on an empty line follows no link.
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys("kvx");
    explorer.key(KeyCode::Backspace);
    assert_eq!(explorer.row(22), "2: kd> kv");
    explorer.key(KeyCode::Backspace);
    explorer.key(KeyCode::Backspace);
    let asked = explorer.asked.len();
    explorer.key(KeyCode::Enter);
    assert_eq!((explorer.asked.len(), explorer.app.active), (asked, 0));
}

#[test]
fn a_colon_at_the_prompt_is_no_part_of_the_line() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys(":lm");
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.asked.last().map(String::as_str), Some("lm"));
}

/// It searches what the commands said, as it does in a pane, and gives the keyboard back if it is left.
#[test]
fn a_slash_at_the_prompt_searches() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys("lm");
    explorer.key(KeyCode::Enter);
    explorer.settle();
    let (asked, active) = (explorer.asked.len(), explorer.app.active);
    explorer.keys("/driver");
    assert_eq!((explorer.row(22).as_str(), explorer.app.active), ("/driver", CONSOLE));
    explorer.key(KeyCode::Esc);
    assert_eq!((explorer.app.keyboard, explorer.app.active), (Keyboard::Prompt, active));
    explorer.keys("/driver");
    explorer.key(KeyCode::Enter);
    explorer.keys("n");
    assert!(explorer.app.found().is_some_and(|found| found.place > 0), "{}", explorer.row(23));
    assert_eq!((explorer.asked.len(), explorer.app.keyboard), (asked, Keyboard::Pane));
    // Behind something that was typed it is typed.
    explorer.keys(":.echo /");
    assert_eq!(explorer.row(22), "2: kd> .echo /");
}

#[test]
fn pasted_lines_run_one_by_one() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    let before = explorer.asked.len();
    explorer.app.input(Input::Paste("r\r\n\r\nlm; k\n* remark; not a command\n? 1+".into()));
    explorer.settle();
    let asked: Vec<&str> = explorer.asked.iter().skip(before).map(String::as_str).collect();
    assert_eq!(asked, ["r", "lm; k", "* remark; not a command"]);
    assert_eq!(explorer.row(22), "2: kd> ? 1+");
}

#[test]
fn paging_while_typing_scrolls_the_console() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys("lm");
    explorer.key(KeyCode::Enter);
    let before = explorer.row(21);
    explorer.key(KeyCode::PageUp);
    assert_ne!(explorer.row(21), before);
    assert_eq!(explorer.app.keyboard, Keyboard::Prompt);
    assert_eq!(explorer.app.panes[0].page.view.cursor, 0);
}
