//! Several dumps, as one of them sees them.

use super::super::app::{Effect, Go};
use super::super::dumps::{Condition, DumpTab, Dumps};
use super::super::event::Input;
use super::super::message::{End, Reply, State};
use super::Explorer;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use std::time::Instant;

/// That many dumps.
pub(super) fn several(count: usize) -> Dumps {
    let tab = |number| DumpTab { name: format!("machine-{number}.dmp"), condition: Condition::Quiet };
    Dumps { tabs: (0..count).map(tab).collect(), current: 0, ran: 0 }
}

fn shows(go: Go) -> Effect {
    Effect::Show(go, String::new())
}

#[test]
fn keys_and_the_mouse_lead_to_another_dump() {
    let mut explorer = Explorer::new(80, 24);
    explorer.app.dumps = several(2);
    explorer.settle();
    assert_eq!(explorer.row(0), "[||0 machine-0.dmp] ||1 machine-1.dmp");
    // At the prompt too, where a brace is text.
    for (code, go) in [(KeyCode::PageDown, Go::Next), (KeyCode::PageUp, Go::Previous)] {
        explorer.app.input(Input::Key(KeyEvent::new(code, KeyModifiers::CONTROL)));
        assert_eq!(std::mem::take(&mut explorer.app.effects), [shows(go)]);
    }
    explorer.keys("}");
    assert_eq!((explorer.app.prompt.text(), explorer.app.effects.len()), ("}", 0));
    explorer.key(KeyCode::Esc);
    explorer.key(KeyCode::Esc);
    for (key, go) in [("}", Go::Next), ("{", Go::Previous)] {
        explorer.keys(key);
        assert_eq!(std::mem::take(&mut explorer.app.effects), [shows(go)]);
    }
    let click = |column| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        Input::Mouse(MouseEvent { kind, column, row: 0, modifiers: KeyModifiers::NONE })
    };
    explorer.app.input(click(22));
    assert_eq!(std::mem::take(&mut explorer.app.effects), [shows(Go::To(1))]);
    explorer.app.input(click(70));
    assert_eq!(explorer.app.effects, []);
}

#[test]
fn where_one_is_open_keys_say_how_several_are() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    assert!(explorer.row(0).starts_with("test.dmp"), "no row of dumps");
    explorer.keys("}");
    assert_eq!(explorer.app.effects, []);
    assert!(explorer.row(23).contains("dumpscope A.dmp B.dmp"), "{}", explorer.row(23));
}

#[test]
fn small_screens_have_no_row_of_dumps() {
    let mut explorer = Explorer::new(80, 7);
    explorer.app.dumps = several(2);
    explorer.settle();
    assert!(explorer.row(0).starts_with("test.dmp"), "{}", explorer.row(0));
    explorer.resize(20, 8);
    explorer.settle();
    assert_eq!(explorer.row(0), " 1/2 machine-0.dmp");
}

#[test]
fn what_others_ran_is_lost_too() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.app.dumps = Dumps { ran: 3, ..several(2) };
    explorer.settle();
    explorer.keys("q");
    assert!(!explorer.app.quit && explorer.shows("leave? the output of 3 commands is lost"));
    explorer.keys("q");
    assert!(explorer.app.quit);
}

#[test]
fn a_line_that_goes_to_another_dump_goes_on_there() {
    let mut explorer = Explorer::new(80, 24);
    explorer.app.dumps = several(2);
    explorer.settle();
    explorer.app.submit("||1s; k");
    let request = explorer.app.next_request(Instant::now()).expect("the line");
    let end = End::System { number: 1, rest: "k".into() };
    let state = explorer.state();
    explorer.app.reply(Reply::Done { id: request.id, end, state });
    assert_eq!(explorer.app.effects, [Effect::Show(Go::To(1), "k".into())]);
}

#[test]
fn a_dump_that_is_not_open_says_so_and_leads_away() {
    let mut explorer = Explorer::new(80, 24);
    explorer.app.dumps = several(2);
    explorer.app.close();
    explorer.draw();
    assert!(explorer.shows("opening test.dmp ..."));
    explorer.app.not_opened("/nowhere/b.dmp: No such file");
    explorer.draw();
    assert!(explorer.shows("error: /nowhere/b.dmp: No such file"));
    explorer.app.submit("k");
    explorer.draw();
    assert!(explorer.shows("this dump is not open"));
    assert_eq!(explorer.app.effects, []);
    explorer.app.submit("||0s");
    assert_eq!(explorer.app.effects, [shows(Go::To(0))]);
    // Its file may be there the next time.
    explorer.app.opens();
    explorer.app.opened(super::ticket(), State::default());
    explorer.settle();
    assert!(explorer.shows("output of !analyze"));
}
