//! The panes of types and of the pool.

use super::super::app::Keyboard;
use super::super::panes::{MEMORY, MODULES, POOL, STACK, TYPES};
use super::Explorer;
use crossterm::event::KeyCode;

/// Of the played engine's rows the second link is an address, of `!lt -a` it is a thread.
#[test]
fn a_thread_is_laid_out_and_looked_for_in_the_pool() {
    for (width, height) in [(80, 24), (120, 36), (160, 50)] {
        let mut explorer = Explorer::at_panes(width, height);
        explorer.settle();
        explorer.keys("9");
        explorer.key(KeyCode::Down);
        explorer.keys("d");
        assert_eq!(explorer.app.active, TYPES);
        assert!(explorer.asked.contains(&"dt nt!_ETHREAD ffff8000`00200001 -r1".to_owned()));
        explorer.key(KeyCode::Backspace);
        explorer.keys("p");
        assert_eq!(explorer.app.active, POOL);
        assert!(explorer.asked.contains(&"!pool ffff8000`00200001".to_owned()), "{:?}", explorer.asked);
        // Both stay in sight beside the stack where there is room, until something of the overview is wanted.
        explorer.keys("3");
        assert_eq!(explorer.app.active, STACK);
        let shows = explorer.app.layout().place(POOL).is_some();
        assert_eq!(shows, width > 80);
        explorer.keys("6");
        assert!(explorer.app.layout().place(POOL).is_none() && explorer.app.active == MODULES);
    }
}

#[test]
fn an_address_without_a_type_asks_for_one() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.key(KeyCode::Down);
    explorer.key(KeyCode::Right);
    explorer.keys("d");
    assert_eq!(explorer.app.keyboard, Keyboard::Prompt);
    assert_eq!(explorer.row(22), "2: kd> dt fffff803`0bbfdb50");
    assert!(explorer.shows("no type is known for this address"), "{}", explorer.row(23));
}

#[test]
fn without_an_address_the_panes_show_what_they_have() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys("d");
    assert_eq!(explorer.app.active, TYPES);
    assert!(explorer.asked.contains(&"dt -r1".to_owned()));
    explorer.keys("1p");
    assert_eq!(explorer.app.active, POOL);
    assert!(explorer.asked.contains(&"!pool".to_owned()));
}

#[test]
fn the_report_asks_for_a_file() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys("R");
    assert_eq!(
        (explorer.app.keyboard, explorer.row(22).as_str()),
        (Keyboard::Prompt, "2: kd> .report test.html")
    );
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.asked.last().map(String::as_str), Some(".report test.html"));
}

#[test]
fn an_image_has_neither() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.app.ticket.image = Some("driver".into());
    explorer.settle();
    explorer.keys("p");
    assert!(explorer.shows("an image has no pool"), "{}", explorer.row(23));
    explorer.keys("d");
    assert!(explorer.app.active < TYPES);
}

/// Of the played engine's rows the second link is an address. Another key of the pane shows the same memory as something else.
#[test]
fn an_address_leads_to_its_memory_which_turns_into_bytes_and_text() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.key(KeyCode::Down);
    explorer.key(KeyCode::Right);
    for form in ["dps --named ", "db /c 8 ", "da ", "dps --named "] {
        explorer.keys("m");
        assert_eq!(explorer.app.active, MEMORY);
        let asked = explorer.asked.last().expect("a line").as_str();
        assert!(asked.starts_with(&format!("{form}fffff803`0bbfdb5")), "{form}: {asked}");
    }
    explorer.key(KeyCode::Backspace);
    explorer.keys("7");
    assert_eq!(explorer.asked.last().map(String::as_str), Some("dps --named @$csp L80"));
}

/// What is the same is not offered twice with the same words.
#[test]
fn the_menu_of_a_frame_tells_its_rows_apart() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.app.panes[STACK].page.stale = true;
    explorer.keys("9");
    explorer.key(KeyCode::Down);
    explorer.keys(".");
    assert!(
        explorer.shows("dt nt!_ETHREAD ffff8000`00200001") && explorer.shows("!pool ffff8000`00200001 2")
    );
}

#[test]
fn a_pane_that_shows_nothing_yet_has_only_its_name_for_a_title() {
    let mut explorer = Explorer::new(160, 50);
    explorer.settle();
    explorer.keys("k");
    explorer.key(KeyCode::Enter);
    explorer.settle();
    explorer.key(KeyCode::Esc);
    explorer.keys("9");
    explorer.key(KeyCode::Down);
    explorer.keys("d");
    explorer.settle();
    let titles: Vec<String> =
        (2..50).map(|row| explorer.row(row)).filter(|row| row.contains("p Pool")).collect();
    assert!(titles.len() == 1 && !titles[0].contains("kd> k"), "{titles:?}");
}
