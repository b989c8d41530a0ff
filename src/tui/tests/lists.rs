//! The panes of threads and processes.

use super::super::panes::{CONSOLE, DISASSEMBLY, PANES, PROCESSES, REGISTERS, THREADS};
use super::Explorer;
use crate::output::{Action, Block, Cell, Column, Field, Line, Piece, Role, Table};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Rows as `!mex.running` and `!tl` have them: a process and one of its threads.
pub(super) fn rows() -> Vec<Line> {
    let row = |number: u64| {
        Line::new()
            .link(Role::Text, format!("image{number}.exe"), Action::Process(0xffff8000_00100000 + number))
            .text(" ")
            .link(Role::Address, format!("thread{number}"), Action::Thread(0xffff8000_00200000 + number))
    };
    std::iter::once(Line::of("Process Thread")).chain((0..3).map(row)).collect()
}

/// A table of 80 columns and more: an address, 40 columns that yield, a reason.
pub(super) fn table() -> Vec<Piece> {
    let columns = [
        Column::left("address", "Address", 16),
        Column::left("details", "Details", 40).yields(1),
        Column::left("reason", "Reason", 6),
    ];
    let table = Table::new("thing", &columns);
    let row = |number: u64| {
        table.row([Cell::new(Field::Hex(number)).digits(16), "many words".into(), "the reason why".into()])
    };
    let rows = (0..40).map(|number| row(number).into()).collect();
    vec![Block::Table(table.clone(), rows).into()]
}

/// 16 + 1 + 40 + 1 + 14 columns fit 80 and not 60; without the second one they fit 40.
#[test]
fn a_narrow_pane_leaves_out_columns_and_one_key_shows_them() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.sections = true;
    explorer.settle();
    explorer.keys("2");
    assert!(explorer.row(2).starts_with(" Address          Details"), "{}", explorer.row(2));
    assert!(!explorer.row(2).contains('+'), "{}", explorer.row(2));
    explorer.resize(60, 24);
    explorer.settle();
    let asked = explorer.asked.len();
    assert_eq!(explorer.row(2), format!(" Address          Reason{}+1", " ".repeat(34)));
    assert_eq!(explorer.row(3), " 0000000000000000 the reason why");
    // The heading and its mark stay over scrolled rows; the cursor stays at its line.
    explorer.key(KeyCode::End);
    assert!(
        explorer.row(2).starts_with(" Address") && explorer.row(2).ends_with("+1"),
        "{}",
        explorer.row(2)
    );
    assert_eq!(explorer.row(21), " 0000000000000027 the reason why");
    explorer.keys("w");
    assert!(
        explorer.shows("0000000000000027 many words") && explorer.shows("all columns"),
        "{}",
        explorer.row(20)
    );
    assert!(explorer.row(2).starts_with(" Address          Details"), "{}", explorer.row(2));
    explorer.keys("w");
    assert_eq!(explorer.row(21), " 0000000000000027 the reason why");
    explorer.resize(80, 24);
    explorer.settle();
    assert_eq!(explorer.row(21), format!(" 0000000000000027 many words{}the reason why", " ".repeat(31)));
    assert_eq!(explorer.asked.len(), asked, "no command ran for it");
}

/// Sixteen columns of the first title, a blank, and forty of the second.
#[test]
fn the_column_of_the_order_is_marked_in_the_heading() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.sections = true;
    explorer.settle();
    explorer.keys("2");
    explorer.keys("s");
    let blanks = " ".repeat(8);
    assert_eq!(explorer.row(2), format!(" Address^{blanks} Details{}Reason", " ".repeat(34)));
    explorer.keys("S");
    assert!(explorer.row(2).starts_with(" Addressv "), "{}", explorer.row(2));
    assert!(explorer.shows("0000000000000027 many words"), "the last one comes first");
    // The mark stays over scrolled rows, and where columns are left out.
    explorer.key(KeyCode::End);
    assert!(explorer.row(2).starts_with(" Addressv "), "{}", explorer.row(2));
    explorer.resize(60, 24);
    explorer.settle();
    assert!(explorer.row(2).starts_with(" Addressv         Reason"), "{}", explorer.row(2));
    explorer.keys("s");
    assert!(explorer.row(2).starts_with(" Address          Reason"), "{}", explorer.row(2));
    // Behind the last column the rows stand as they came.
    explorer.keys("ss");
    assert!(!explorer.row(2).contains(['^', 'v']), "{}", explorer.row(2));
}

#[test]
fn a_chosen_thread_becomes_current_and_is_marked() {
    for (width, height) in [(80, 24), (120, 36), (160, 50)] {
        let mut explorer = Explorer::at_panes(width, height);
        explorer.settle();
        explorer.keys("9");
        assert_eq!(explorer.app.active, THREADS);
        assert!(!explorer.shows(">image"), "none is selected yet");
        let asked = explorer.asked.len();
        explorer.key(KeyCode::Down);
        explorer.key(KeyCode::Enter);
        assert_eq!(explorer.asked[asked], ".thread ffff8000`00200001", "{width}");
        assert_eq!(explorer.app.active, THREADS, "the next one can be chosen");
        assert!(explorer.shows(">image1.exe thread1"), "{width}");
        assert!(explorer.row(0).contains("thread ffff8000`00200001"), "{}", explorer.row(0));
        // All that is in sight is shown anew, for the thread; but not the list, which is the same for all threads.
        let again = explorer.asked[asked + 1..].to_vec();
        assert!(!again.iter().any(|line| line == "!lt -a"), "{again:?}");
        let stack = |line: &String| line.starts_with('k');
        assert_eq!(again.iter().any(stack), width > 80, "{again:?}");
        explorer.keys("3");
        assert!(explorer.asked[asked + 1..].iter().any(stack), "{:?}", explorer.asked);
    }
}

#[test]
fn a_link_beside_the_thread_leads_where_it_leads_anywhere() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys("9");
    explorer.key(KeyCode::Left);
    explorer.key(KeyCode::Enter);
    assert!(explorer.asked.contains(&"!process ffff8000`00100000".to_owned()), "{:?}", explorer.asked);
    assert_eq!(explorer.app.active, CONSOLE);
    explorer.key(KeyCode::Backspace);
    assert_eq!(explorer.app.active, THREADS);
}

#[test]
fn a_chosen_process_is_shown_with_its_threads() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys("0");
    assert_eq!(explorer.app.active, PROCESSES);
    explorer.key(KeyCode::Down);
    explorer.key(KeyCode::Enter);
    assert!(explorer.asked.contains(&"!process ffff8000`00100001 7".to_owned()), "{:?}", explorer.asked);
    assert_eq!(explorer.app.active, CONSOLE);
}

#[test]
fn the_lists_come_behind_the_panes_that_were_there() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.app.dumps = super::dumps::several(2);
    explorer.settle();
    let mut seen = Vec::new();
    for _ in 0..PANES.len() {
        seen.push(explorer.app.active);
        explorer.key(KeyCode::Tab);
    }
    assert_eq!(seen, (0..PANES.len()).collect::<Vec<_>>());
    assert_eq!(explorer.app.active, 0);
    let alt = |digit| KeyEvent::new(KeyCode::Char(digit), KeyModifiers::ALT);
    explorer.app.input(super::super::event::Input::Key(alt('0')));
    assert_eq!(explorer.app.active, PROCESSES);
}

#[test]
fn an_image_has_no_such_panes() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.app.ticket.image = Some("driver".into());
    explorer.settle();
    explorer.keys("90");
    assert!(explorer.app.active < THREADS);
    assert!(!explorer.row(1).contains("Threads"), "{}", explorer.row(1));
    explorer.app.active = CONSOLE;
    explorer.key(KeyCode::Tab);
    assert_eq!(explorer.app.active, 0);
}

#[test]
fn a_hidden_pane_is_passed_over_until_its_key_brings_it_back() {
    let mut explorer = Explorer::at_panes(160, 50);
    explorer.settle();
    explorer.keys("4");
    explorer.keys("H");
    assert!(explorer.shows("Regs is hidden; 4 brings it back"));
    assert!(explorer.app.layout().place(REGISTERS).is_none() && explorer.app.active == DISASSEMBLY);
    for _ in 0..explorer.app.pane_count() {
        explorer.key(KeyCode::Tab);
        assert_ne!(explorer.app.active, REGISTERS);
    }
    explorer.keys("4");
    assert_eq!(explorer.app.active, REGISTERS);
    explorer.keys("3");
    assert!(explorer.app.layout().place(REGISTERS).is_some());
    explorer.keys("8H");
    assert!(explorer.shows("the console stays") && explorer.app.active == CONSOLE);
}

#[test]
fn borders_between_many_panes_move_and_come_back() {
    let mut explorer = Explorer::at_panes(160, 50);
    explorer.settle();
    let rules =
        |explorer: &Explorer| explorer.app.layout().rules.iter().map(|rule| rule.x).collect::<Vec<_>>();
    let before = rules(&explorer);
    explorer.keys("1)");
    assert_eq!(rules(&explorer), [before[0] + 4, before[1]]);
    explorer.keys("(");
    assert_eq!(rules(&explorer), before);
    // At its end a border waits: one key leads back.
    explorer.keys("7");
    explorer.keys(&")".repeat(40));
    let end = rules(&explorer);
    explorer.keys("(");
    assert_eq!(rules(&explorer), [end[0], end[1] - 4]);
}
