//! What is selected at opening, and the way back through places and selections.

use super::super::event::Input;
use super::super::message::{End, Reply, Task};
use super::super::panes::{CONSOLE, MODULES, STACK};
use super::Explorer;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::Instant;

fn guided(width: u16, height: u16) -> Explorer {
    let mut explorer = Explorer::new(width, height);
    explorer.guilty = Some(0x15);
    explorer.settle();
    explorer
}

#[test]
fn the_frame_of_the_verdict_is_selected_before_other_panes_run() {
    let explorer = guided(160, 50);
    assert_eq!(explorer.app.state.frame, 0x15);
    assert_eq!(explorer.tasks, [Task::Verdict]);
    assert_eq!(explorer.asked[0], "!analyze");
    // Nothing ran twice for it.
    let analyses = explorer.asked.iter().filter(|line| *line == "!analyze").count();
    let stacks = explorer.asked.iter().filter(|line| line.starts_with('k')).count();
    assert_eq!((analyses, stacks), (1, 1), "{:?}", explorer.asked);
}

#[test]
fn who_selected_something_is_not_led_away() {
    let mut explorer = Explorer::new(80, 24);
    explorer.guilty = Some(0x15);
    explorer.app.submit(".frame 3");
    explorer.settle();
    assert_eq!((explorer.app.state.frame, explorer.tasks.len()), (3, 0));
    explorer.app.reply(Reply::Settled { left: 0 });
    explorer.settle();
    assert_eq!((explorer.app.state.frame, explorer.tasks.len()), (3, 0));
}

#[test]
fn the_frame_is_looked_for_again_when_symbols_have_arrived() {
    let mut explorer = guided(80, 24);
    explorer.guilty = Some(0x17);
    explorer.app.reply(Reply::Settled { left: 1 });
    explorer.settle();
    assert_eq!(explorer.app.state.frame, 0x15);
    explorer.app.reply(Reply::Settled { left: 0 });
    explorer.settle();
    assert_eq!(explorer.app.state.frame, 0x17);
}

#[test]
fn a_typed_command_does_not_wait_for_it() {
    let mut explorer = Explorer::new(80, 24);
    explorer.guilty = Some(0x15);
    explorer.draw();
    let pane = explorer.app.next_request(Instant::now()).expect("the analysis");
    explorer.answer(&pane, End::Finished);
    let verdict = explorer.app.next_request(Instant::now()).expect("the verdict");
    assert_eq!(verdict.task, Task::Verdict);
    explorer.app.submit("r");
    explorer.answer(&verdict, End::Cancelled);
    assert_eq!(explorer.app.next_request(Instant::now()).map(|next| next.line).as_deref(), Some("r"));
    explorer.app.running = None;
    explorer.settle();
    assert_eq!(explorer.app.state.frame, 0x15, "it comes after it");
}

#[test]
fn leaving_is_not_asked_for_its_sake() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.draw();
    let pane = explorer.app.next_request(Instant::now()).expect("the analysis");
    explorer.answer(&pane, End::Finished);
    explorer.app.next_request(Instant::now()).expect("the verdict");
    explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE)));
    assert!(explorer.app.quit);
}

/// Places and selections are one way, which is gone back and forward.
#[test]
fn back_and_forward_go_through_selections_and_places() {
    let mut explorer = guided(80, 24);
    explorer.key(KeyCode::Esc);
    explorer.keys("3");
    explorer.keys(":.frame 3");
    explorer.key(KeyCode::Enter);
    explorer.keys(".thread ffff8000`00200001");
    explorer.key(KeyCode::Enter);
    explorer.key(KeyCode::Esc);
    // A link into another pane.
    explorer.key(KeyCode::Down);
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.app.active, MODULES);
    let at = |explorer: &Explorer| (explorer.app.active, explorer.app.state.frame, explorer.app.state.thread);
    let thread = Some(0xffff_8000_0020_0001);
    explorer.key(KeyCode::Backspace);
    assert_eq!(at(&explorer), (STACK, 3, thread));
    explorer.key(KeyCode::Backspace);
    assert_eq!(at(&explorer), (STACK, 3, None));
    explorer.key(KeyCode::Backspace);
    assert_eq!(at(&explorer), (STACK, 0x15, None));
    explorer.key(KeyCode::Backspace);
    assert!(explorer.shows("nothing to go back to"));
    let forward = |explorer: &mut Explorer| {
        explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Right, KeyModifiers::ALT)));
        explorer.settle();
    };
    for expected in [(STACK, 3, None), (STACK, 3, thread), (MODULES, 3, thread)] {
        forward(&mut explorer);
        assert_eq!(at(&explorer), expected);
    }
    assert!(explorer.shows("output of lmvm driver"), "the page is the same again");
    forward(&mut explorer);
    assert!(explorer.shows("nothing to go forward to"));
    // Another step ends the way forward.
    explorer.key(KeyCode::Backspace);
    explorer.keys(":.frame 5");
    explorer.key(KeyCode::Enter);
    explorer.key(KeyCode::Esc);
    forward(&mut explorer);
    assert!(explorer.shows("nothing to go forward to"));
    // Neither is a command of the user's: the console has none of it.
    assert!(!explorer.app.kept(CONSOLE).expect("lines").lines().iter().any(|line| line.text() == "2: kd> "));
}
