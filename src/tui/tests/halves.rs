//! Panes divided in two.

use super::super::event::Input;
use super::super::panes::{self, ANALYSIS, CONSOLE, MODULES, STACK};
use super::Explorer;
use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

const SECOND: fn(usize) -> usize = panes::second;

/// The line that a pane, or a half of one, shows.
fn line(explorer: &Explorer, pane: usize) -> String {
    let width = explorer.app.layout().place(pane).expect("in sight").body.width;
    explorer.app.line_of(pane, width).expect("a line")
}

#[test]
fn a_half_keeps_its_page_while_links_lead_on_in_the_other() {
    for (width, height) in [(80, 24), (110, 30), (120, 36), (160, 50), (300, 100)] {
        let mut explorer = Explorer::at_panes(width, height);
        explorer.settle();
        explorer.keys("6V");
        assert_eq!(explorer.app.active, SECOND(MODULES), "{width}x{height}");
        assert!(explorer.shows("6.1 Modules  lm") && explorer.shows("6.2 Modules  lm"), "{width}x{height}");
        assert!(explorer.shows("V closes the other"));
        explorer.key(KeyCode::Down);
        explorer.key(KeyCode::Enter);
        assert_eq!(line(&explorer, SECOND(MODULES)), "lmvm driver1");
        assert_eq!(line(&explorer, MODULES), "lm");
        // What is followed elsewhere is shown where the last one was, and Back leads out of it.
        explorer.keys("1");
        explorer.key(KeyCode::Down);
        explorer.key(KeyCode::Enter);
        assert_eq!(explorer.app.active, SECOND(MODULES));
        assert_eq!(line(&explorer, SECOND(MODULES)), "lmvm driver0");
        assert_eq!(line(&explorer, MODULES), "lm");
        explorer.key(KeyCode::Backspace);
        assert_eq!(explorer.app.active, ANALYSIS);
        // Tab visits both; the number leads to the one that was active last.
        explorer.keys("6");
        assert_eq!(explorer.app.active, SECOND(MODULES));
        explorer.key(KeyCode::BackTab);
        assert_eq!(explorer.app.active, MODULES);
        explorer.keys("16");
        assert_eq!(explorer.app.active, MODULES);
        explorer.key(KeyCode::Tab);
        assert_eq!(explorer.app.active, SECOND(MODULES));
    }
}

#[test]
fn the_half_that_closes_the_other_is_the_pane() {
    let mut explorer = Explorer::at_panes(160, 50);
    explorer.settle();
    explorer.keys("6V");
    explorer.key(KeyCode::Down);
    explorer.key(KeyCode::Enter);
    explorer.keys("V");
    assert_eq!((explorer.app.active, line(&explorer, MODULES).as_str()), (MODULES, "lmvm driver1"));
    assert!(explorer.app.layout().place(SECOND(MODULES)).is_none());
    assert!(explorer.shows(" 6 Modules  lmvm driver1"));
    // The way back is its own.
    explorer.key(KeyCode::Backspace);
    assert_eq!(line(&explorer, MODULES), "lm");
    // Steps into a half that is gone lead nowhere any more.
    explorer.keys("V");
    explorer.key(KeyCode::Down);
    explorer.key(KeyCode::Enter);
    explorer.key(KeyCode::BackTab);
    explorer.keys("V");
    assert_eq!((explorer.app.active, line(&explorer, MODULES).as_str()), (MODULES, "lm"));
    explorer.key(KeyCode::Backspace);
    assert!(explorer.shows("nothing to go back to"));
}

/// Seven rows of panes hold no two of them; a half that is out of sight is a key away.
#[test]
fn without_room_one_half_is_in_sight() {
    let mut explorer = Explorer::at_panes(80, 11);
    explorer.settle();
    explorer.keys("3V");
    assert!(explorer.shows("room for one half here"));
    let shown = |explorer: &Explorer| {
        let layout = explorer.app.layout();
        [STACK, SECOND(STACK)].map(|pane| layout.place(pane).is_some())
    };
    assert_eq!(shown(&explorer), [false, true]);
    explorer.key(KeyCode::BackTab);
    assert_eq!(shown(&explorer), [true, false]);
    explorer.resize(80, 24);
    explorer.settle();
    assert_eq!(shown(&explorer), [true, true]);
    explorer.keys("z");
    assert_eq!(shown(&explorer), [true, false]);
    explorer.keys("zH");
    assert_eq!(shown(&explorer), [false, false]);
    explorer.keys("3");
    assert_eq!(shown(&explorer), [true, true]);
}

#[test]
fn the_console_is_not_divided_and_the_mouse_divides_what_it_is_on() {
    let mut explorer = Explorer::at_panes(160, 50);
    explorer.settle();
    explorer.keys("8V");
    assert!(explorer.shows("cannot be divided") && explorer.app.active == CONSOLE);
    let press = |explorer: &mut Explorer, pane: usize, button: MouseButton| {
        let title = explorer.app.layout().place(pane).and_then(|place| place.title).expect("a title");
        let (kind, modifiers) = (MouseEventKind::Down(button), KeyModifiers::NONE);
        let mouse = MouseEvent { kind, column: title.x + 2, row: title.y, modifiers };
        explorer.app.input(Input::Mouse(mouse));
        explorer.settle();
    };
    press(&mut explorer, STACK, MouseButton::Middle);
    assert_eq!(explorer.app.active, SECOND(STACK));
    press(&mut explorer, STACK, MouseButton::Left);
    assert_eq!(explorer.app.active, STACK);
    press(&mut explorer, SECOND(STACK), MouseButton::Middle);
    assert_eq!(explorer.app.active, STACK);
    assert!(explorer.app.layout().place(SECOND(STACK)).is_none());
}
