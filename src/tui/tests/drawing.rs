//! What is on the screen, and the keys that change it.

use super::super::app::{Effect, Keyboard};
use super::super::event::Input;
use super::super::panes::{self, DISASSEMBLY, MODULES};
use super::super::screen;
use super::Explorer;
use crate::command::COMMANDS;
use crate::output::Role;
use crate::words::{Language, Message};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use std::time::{Duration, Instant};

#[test]
fn the_first_screen_is_complete() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    assert_eq!(
        explorer.row(0),
        "test.dmp  1e KMODE_EXCEPTION_NOT_HANDLED  10.0.19041.804 x64 16 cpu        2: kd"
    );
    assert_eq!(
        explorer.row(1),
        "[1 Analysis] 2 CPUs 3 Stack 4 Regs 5 Code 6 Mods 7 Mem 8 Cmd 9 Thr 0 Proc d p  ?"
    );
    assert!(explorer.row(2).starts_with("output of !analyze"));
    assert_eq!(explorer.row(22), "2: kd>");
    assert!(explorer.row(23).ends_with("1-20/71"), "{}", explorer.row(23));
    let asked = ["!analyze", "vertarget"];
    assert_eq!(explorer.asked, asked, "only the pane in sight runs, then the greeting");
}

#[test]
fn the_last_line_tells_the_keys_of_the_state() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    assert!(explorer.row(23).contains("Esc panes"), "{}", explorer.row(23));
    explorer.key(KeyCode::Esc);
    assert!(explorer.row(23).contains(": command"), "{}", explorer.row(23));
    explorer.key(KeyCode::F(5));
    assert!(explorer.shows("F5 does nothing"), "{}", explorer.row(23));
    assert_eq!(explorer.app.keyboard, Keyboard::Pane);
    // What is no key of the panes begins a command.
    explorer.keys("x nt!a*");
    assert_eq!(explorer.app.keyboard, Keyboard::Prompt);
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.asked.last().map(String::as_str), Some("x nt!a*"));
}

#[test]
fn output_out_of_sight_is_told_at_the_prompt() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    assert!(!explorer.row(23).contains("PgUp"), "{}", explorer.row(23));
    explorer.keys("k");
    explorer.key(KeyCode::Enter);
    explorer.settle();
    assert!(explorer.row(23).contains("PgUp, PgDn output"), "{}", explorer.row(23));
    explorer.keys(".sym");
    explorer.key(KeyCode::Tab);
    assert!(explorer.row(18).contains("3 begin so"), "{}", explorer.row(18));
    assert_eq!(explorer.row(19), ".symfix   Points the symbol path at the Microsoft symbol server");
    assert_eq!(explorer.row(21), ".sympath  Shows, sets or (with +) extends the symbol path");
    explorer.key(KeyCode::BackTab);
    assert!(explorer.shows("2: kd> .sympath") && explorer.shows("3 of 3"));
    explorer.key(KeyCode::Esc);
    assert!(!explorer.shows("begin so") && explorer.shows("2: kd> .sym"));
}

/// Many commands stand side by side; the one that was gone to tells what it does, in the user's language.
#[test]
fn a_chosen_command_tells_what_it_does() {
    let mut explorer = Explorer::new(80, 24);
    explorer.app.state.language = Language::Chinese;
    explorer.app.greets = false;
    explorer.draw();
    explorer.app.prompt.paste("!");
    explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Tab, KeyModifiers::NONE)));
    explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Tab, KeyModifiers::NONE)));
    explorer.draw();
    let line = explorer.row(22);
    let name = line.trim_start_matches("2: kd> ");
    let spec = COMMANDS.iter().find(|spec| spec.names.contains(&name)).expect("a command");
    // Both columns of a wide character are cells; the second one is blank.
    let summary = spec.summary_in(Language::Chinese);
    let told = (2..22)
        .map(|row| explorer.row(row).replace(' ', ""))
        .any(|row| row.contains(&summary.replace(' ', "")));
    assert!(told && summary != spec.summary, "{name}: {summary}");
}

#[test]
fn the_list_of_keys_gives_the_keyboard_back() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.key(KeyCode::F(1));
    explorer.key(KeyCode::Esc);
    explorer.keys("kv");
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.asked.last().map(String::as_str), Some("kv"));
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.key(KeyCode::F(1));
    explorer.key(KeyCode::Esc);
    assert_eq!(explorer.app.keyboard, Keyboard::Pane);
}

#[test]
fn leaving_asks_once_where_something_is_lost() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys("q");
    assert!(explorer.app.quit, "nothing was done yet");
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys("r");
    explorer.key(KeyCode::Enter);
    explorer.key(KeyCode::Esc);
    explorer.keys("q");
    assert!(!explorer.app.quit && explorer.shows("leave? the output of 1 command is lost"));
    explorer.keys("3");
    explorer.keys("q");
    assert!(!explorer.app.quit, "another key took the question back");
    explorer.keys("y");
    assert!(explorer.app.quit);
}

#[test]
fn suspending_and_drawing_again_work_in_both_states() {
    for panes in [false, true] {
        let mut explorer = if panes { Explorer::at_panes(80, 24) } else { Explorer::new(80, 24) };
        for (key, effect) in [('z', Effect::Suspend), ('l', Effect::Redraw)] {
            explorer.app.effects.clear();
            explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL)));
            assert_eq!(explorer.app.effects, [effect]);
            assert!(explorer.app.prompt.text().is_empty());
        }
    }
}

#[test]
fn finding_marks_and_moves() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys("/ 60");
    assert_eq!(explorer.row(22), "/ 60");
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.app.panes[0].page.view.cursor, 61);
    explorer.keys("/absent");
    assert!(explorer.shows("'absent' is not in this pane"));
}

#[test]
fn a_running_command_is_told_after_a_moment_only() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.app.submit("s -b 0 L?ffff 41");
    let start = Instant::now();
    explorer.app.next_request(start).expect("the command");
    for (after, told) in [(100, false), (300, true)] {
        let now = start + Duration::from_millis(after);
        screen::draw(&mut explorer.app, &mut explorer.screen, now);
        assert_eq!(explorer.row(23).contains("Esc stops"), told, "{}", explorer.row(23));
    }
}

#[test]
fn large_screens_show_all_panes_at_once() {
    let mut explorer = Explorer::at_panes(160, 50);
    explorer.settle();
    assert_eq!(explorer.asked.len(), panes::count(true, false), "{:?}", explorer.asked);
    for pane in ["1 Analysis", "2 CPUs", "3 Stack", "4 Regs", "5 Code", "6 Modules", "7 Memory", "8 Command"]
    {
        let titles = (2..50).filter(|row| explorer.row(*row).contains(&format!(" {pane}"))).count();
        assert_eq!(titles, 1, "{pane}");
    }
    explorer.keys("5z");
    assert_eq!(explorer.app.active, DISASSEMBLY);
    assert!(explorer.row(2).starts_with(" output of"));
    assert!(!explorer.shows("4 Regs  r"));
}

#[test]
fn the_mouse_chooses_follows_and_scrolls() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    let mouse =
        |kind, column, row| Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE });
    let click = MouseEventKind::Down(MouseButton::Left);
    explorer.app.input(mouse(click, 22, 1));
    assert_eq!(explorer.app.active, 2);
    explorer.settle();
    explorer.app.input(mouse(MouseEventKind::ScrollDown, 5, 5));
    explorer.settle();
    assert_eq!(explorer.app.panes[2].page.view.cursor, 1 + 3);
    explorer.app.input(mouse(click, 5, 5));
    explorer.app.input(mouse(click, 5, 5));
    assert_eq!(explorer.app.active, MODULES);
}

#[test]
fn who_types_sees_the_answer_beside_a_pane_that_was_alone() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys("z:k");
    assert!(explorer.app.arranged.zoom);
    explorer.key(KeyCode::Enter);
    explorer.settle();
    assert!(!explorer.app.arranged.zoom && explorer.shows("output of k"));
}

#[test]
fn a_message_that_does_not_fit_stands_in_several_lines() {
    let mut explorer = Explorer::at_panes(40, 12);
    explorer.settle();
    let why = "_ETHREAD.Tcb.Priority of ffff9880`2b6ee440: not among the memory saved in this triage dump";
    explorer.app.say(Role::Warning, Message::new("explorer.message.refused").with("why", why));
    explorer.draw();
    assert!(explorer.row(11).ends_with("in this triage dump"), "{}", explorer.row(11));
    assert!(explorer.shows("not followed: _ETHREAD.Tcb.Priority of"));
    explorer.key(KeyCode::Down);
    assert!(!explorer.shows("in this triage dump") && explorer.shows("kd>"));
}
