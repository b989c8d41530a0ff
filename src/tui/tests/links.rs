//! Following links, and going back.

use super::super::event::Input;
use super::super::message::End;
use super::super::page::Page;
use super::super::panes::{CONSOLE, MODULES};
use super::Explorer;
use crate::output::Action;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::Instant;

#[test]
fn links_lead_to_the_pane_of_their_command_and_back() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.key(KeyCode::Down);
    explorer.key(KeyCode::Down);
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.app.active, MODULES);
    assert!(explorer.shows("output of lmvm driver1"));
    explorer.key(KeyCode::Enter);
    assert!(explorer.shows("output of lmvm driver0"));
    explorer.key(KeyCode::Backspace);
    assert!(explorer.shows("output of lmvm driver1"));
    explorer.key(KeyCode::Backspace);
    assert_eq!(explorer.app.active, 0);
    assert_eq!(explorer.app.panes[0].page.view.cursor, 2);
    explorer.key(KeyCode::Backspace);
    assert!(explorer.shows("nothing to go back to"));
}

#[test]
fn a_link_without_a_pane_runs_in_the_console() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.key(KeyCode::Down);
    explorer.key(KeyCode::Right);
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.app.active, CONSOLE);
    assert!(explorer.asked.contains(&".formats fffff803`0bbfdb50".to_owned()));
    explorer.key(KeyCode::Backspace);
    assert_eq!(explorer.app.active, 0);
}

#[test]
fn a_link_that_selects_leaves_the_user_where_he_is() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.key(KeyCode::Down);
    explorer.key(KeyCode::Right);
    explorer.key(KeyCode::Right);
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.app.active, 0);
    assert!(explorer.asked.contains(&"~2s".to_owned()));
    assert!(explorer.shows("8 Command  2: kd> ~2s"));
}

#[test]
fn late_output_does_not_get_into_a_page_that_was_followed_to() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Char('6'), KeyModifiers::NONE)));
    explorer.draw();
    let modules = explorer.app.next_request(Instant::now()).expect("lm");
    explorer.app.panes[MODULES].past.push(Page::default());
    explorer.app.panes[MODULES].page = Page::pinned(Action::Module("nt".into()));
    explorer.app.input(Input::Resize);
    explorer.answer(&modules, End::Finished);
    explorer.settle();
    assert!(explorer.shows("output of lmvm nt"));
    assert!(!explorer.shows("output of lm "));
    assert!(explorer.row(23).contains("[lmvm nt]"), "{}", explorer.row(23));
}
