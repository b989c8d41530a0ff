//! What runs when, and what makes way.

use super::super::app::Effect;
use super::super::event::Input;
use super::super::message::End;
use super::super::panes::REGISTERS;
use super::Explorer;
use crate::words::Message;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::Instant;

#[test]
fn panes_run_when_they_come_into_sight_and_again_when_the_selection_changes() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys("4");
    assert_eq!(explorer.app.active, REGISTERS);
    assert_eq!(explorer.asked.last().map(String::as_str), Some("r --known"));
    explorer.keys("646");
    assert_eq!(explorer.asked.iter().filter(|line| *line == "r --known").count(), 1);
    explorer.keys(":~2s");
    explorer.key(KeyCode::Enter);
    explorer.key(KeyCode::Esc);
    explorer.keys("4");
    assert_eq!(explorer.asked.iter().filter(|line| *line == "r --known").count(), 2);
}

#[test]
fn a_command_makes_a_running_pane_wait() {
    let mut explorer = Explorer::new(80, 24);
    explorer.draw();
    let pane = explorer.app.next_request(Instant::now()).expect("the pane's command");
    assert!(pane.for_pane);
    explorer.app.submit("r");
    assert_eq!(explorer.app.effects, [Effect::Stop]);
    assert_eq!(explorer.app.next_request(Instant::now()), None);
    explorer.answer(&pane, End::Cancelled);
    let next = explorer.app.next_request(Instant::now()).expect("the command");
    assert_eq!((next.line.as_str(), next.for_pane), ("r", false));
    explorer.answer(&next, End::Finished);
    assert_eq!(explorer.app.next_request(Instant::now()).map(|next| next.line), Some(pane.line));
}

#[test]
fn what_is_typed_after_a_stop_runs() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.app.submit("uf nt");
    explorer.app.submit("dropped");
    let long = explorer.app.next_request(Instant::now()).expect("the command");
    assert!(explorer.app.stop());
    explorer.app.submit("r");
    explorer.answer(&long, End::Cancelled);
    assert_eq!(explorer.app.next_request(Instant::now()).map(|next| next.line).as_deref(), Some("r"));
}

#[test]
fn a_pane_that_the_user_stopped_does_not_start_again_by_itself() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.draw();
    let pane = explorer.app.next_request(Instant::now()).expect("the pane's command");
    explorer.key(KeyCode::Esc);
    explorer.answer(&pane, End::Cancelled);
    explorer.settle();
    assert_eq!(explorer.asked, [pane.line.as_str(), "vertarget"]);
    assert!(explorer.shows("r runs it again"));
    explorer.keys("r");
    assert_eq!(explorer.asked.iter().filter(|line| **line == pane.line).count(), 2);
}

#[test]
fn a_pane_says_what_it_waits_for() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.app.submit("s -b 0 L?ffff 41");
    explorer.app.next_request(Instant::now()).expect("the command");
    explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Char('6'), KeyModifiers::ALT)));
    explorer.draw();
    assert!(explorer.shows("waits for the end of: s -b 0 L?ffff 41"));
}

#[test]
fn a_pane_that_is_left_stops_and_starts_again_when_it_is_back() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.draw();
    let analysis = explorer.app.next_request(Instant::now()).expect("the pane's command");
    let key = |c| Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
    explorer.app.input(key('4'));
    assert_eq!(explorer.app.effects, [Effect::Stop]);
    explorer.answer(&analysis, End::Cancelled);
    explorer.settle();
    assert!(explorer.shows("output of r"));
    explorer.keys("1");
    assert!(explorer.shows(&format!("output of {}", analysis.line)));
}

#[test]
fn a_failed_command_says_so_and_the_rest_goes_on() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.app.submit("lx");
    let request = explorer.app.next_request(Instant::now()).expect("the command");
    explorer.answer(
        &request,
        End::Failed {
            why: "lx: no command 'lx'".into(),
            hints: vec![Message::new("hint.near").with("names", "lm")],
        },
    );
    explorer.draw();
    assert!(explorer.shows("error: lx: no command 'lx'"));
    assert!(explorer.shows("Hint: did you mean lm?"));
}

#[test]
fn a_long_answer_is_read_from_its_beginning() {
    let mut explorer = Explorer::new(100, 30);
    explorer.settle();
    explorer.keys("k 50");
    explorer.key(KeyCode::Enter);
    // Under another pane, whose title bar tells the command.
    assert!(explorer.shows("output of k 50") && explorer.shows("  0 driver"));
    assert!(!explorer.shows(" 69 driver"));
    // The next one begins where it begins.
    explorer.keys("kv");
    explorer.key(KeyCode::Enter);
    assert!(explorer.shows("output of kv") && !explorer.shows("output of k 50"));
    // At the end the console follows what comes, and a new answer is read from its beginning again.
    explorer.key(KeyCode::Esc);
    explorer.keys("8G");
    assert!(explorer.shows(" 69 driver"));
    explorer.app.append([crate::output::Line::of("what came late")]);
    explorer.draw();
    assert!(explorer.shows("what came late"));
    explorer.keys(":kb");
    explorer.key(KeyCode::Enter);
    assert!(explorer.shows("2: kd> kb") && explorer.shows("output of kb") && !explorer.shows(" 69 driver"));
}

#[test]
fn a_long_answer_that_fails_shows_why() {
    let mut explorer = Explorer::new(100, 30);
    explorer.settle();
    explorer.app.submit("kn");
    let request = explorer.app.next_request(Instant::now()).expect("the command");
    explorer.answer(&request, End::Failed { why: "kn: nothing more".into(), hints: Vec::new() });
    explorer.draw();
    assert!(explorer.shows("error: kn: nothing more"));
}
