//! What is folded, and what folding leaves as it is.

use super::super::app::{Effect, Keyboard, Sight};
use super::super::event::Input;
use super::super::message::Reply;
use super::super::panes::{CONSOLE, MODULES};
use super::Explorer;
use crate::output::{Action, Branch, Cell, Column, Line, Piece, Record, Role, Table};
use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use std::time::Instant;

/// A title; a section of three lines with a link, in which another one is; a section that starts folded.
pub(super) fn sections() -> Vec<Piece> {
    let head = |text: &str| Branch::new(Record::new("part").text(text));
    let inner = Branch { blocks: vec![Line::of("    deepest").into()], ..head("  inner") };
    let link = Line::of("  see ").link(Role::Module, "driver", Action::Module("driver".into()));
    let first = Branch { blocks: vec![link.into(), inner.into()], ..head("first") };
    let lines = (0..40).map(|number| Line::of(format!("  detail {number}")).into()).collect();
    let details = Branch { folded: true, blocks: lines, ..head("details") };
    vec![
        Line::of("title").into(),
        first.into(),
        Piece::Open(head("second").into()),
        Line::of("  one").into(),
        Piece::Close,
        details.into(),
        Line::of("end").into(),
    ]
}

/// A line, and a table of 50 rows.
pub(super) fn table() -> Vec<Piece> {
    let table = Table::new("module", &[Column::left("name", "Module name", 12)]);
    let rows: Vec<Piece> = (0..50).map(|row| table.row([Cell::new(format!("row {row}"))]).into()).collect();
    let table = Piece::Open(table.into());
    [Line::of("modules:").into(), table].into_iter().chain(rows).chain([Piece::Close]).collect()
}

fn explorer(width: u16, height: u16) -> Explorer {
    let mut explorer = Explorer::at_panes(width, height);
    explorer.sections = true;
    explorer.settle();
    explorer
}

/// The rows of the pane of a small screen.
fn rows(explorer: &Explorer, count: u16) -> Vec<String> {
    (2..2 + count).map(|row| explorer.row(row)).collect()
}

const ALL: [&str; 9] = [
    "title",
    "first",
    "  see driver",
    "  inner",
    "    deepest",
    "second",
    "  one",
    "details [+40 lines]",
    "end",
];

#[test]
fn sections_start_as_they_say_and_fold_at_keys() {
    let mut explorer = explorer(80, 24);
    assert_eq!(rows(&explorer, 9), ALL);
    // From within, the innermost one first, then what is around it.
    explorer.app.panes[0].page.view.cursor = 4;
    explorer.keys("-");
    assert_eq!(rows(&explorer, 5)[1..], ["first", "  see driver", "  inner [+1 line]", "second"]);
    assert_eq!(explorer.app.panes[0].page.view.cursor, 3);
    assert!(explorer.row(23).starts_with(" + unfold"), "{}", explorer.row(23));
    explorer.keys("-");
    assert_eq!(rows(&explorer, 3), ["title", "first [+3 lines]", "second"]);
    explorer.keys("-");
    assert!(explorer.shows("nothing to fold"));
    // What was folded inside is as it was.
    explorer.keys("+");
    assert_eq!(rows(&explorer, 5)[1..], ["first", "  see driver", "  inner [+1 line]", "second"]);
    assert!(explorer.row(23).starts_with(" - fold"), "{}", explorer.row(23));
    explorer.keys("_");
    let folded = ["title", "first [+3 lines]", "second [+1 line]", "details [+40 lines]", "end"];
    assert_eq!(rows(&explorer, 5), folded);
    explorer.keys("*");
    assert!(explorer.shows("  detail 11") && explorer.row(23).ends_with("1-20/49"), "{}", explorer.row(23));
}

#[test]
fn enter_and_the_arrows_fold_where_there_is_no_link() {
    let mut explorer = explorer(80, 24);
    explorer.keys("j");
    explorer.key(KeyCode::Enter);
    assert_eq!(rows(&explorer, 3), ["title", "first [+3 lines]", "second"]);
    explorer.key(KeyCode::Right);
    assert_eq!(rows(&explorer, 9), ALL);
    explorer.key(KeyCode::Right);
    assert_eq!(explorer.app.panes[0].page.view.cursor, 2, "the next link");
    explorer.key(KeyCode::Left);
    assert_eq!(explorer.app.panes[0].page.view.cursor, 1, "the head");
    explorer.key(KeyCode::Left);
    assert_eq!(rows(&explorer, 3), ["title", "first [+3 lines]", "second"]);
    // A line that is folded away cannot be walked over.
    explorer.keys("j");
    assert_eq!(explorer.app.panes[0].page.view.cursor, 5);
    explorer.keys("k");
    assert_eq!(explorer.app.panes[0].page.view.cursor, 1);
}

#[test]
fn searching_unfolds_where_it_finds() {
    let mut explorer = explorer(80, 24);
    explorer.keys("_");
    explorer.keys("/deepest");
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.app.panes[0].page.view.cursor, 4);
    assert_eq!(
        rows(&explorer, 6),
        ["title", "first", "  see driver", "  inner", "    deepest", "second [+1 line]"]
    );
    // Of a head nothing is unfolded.
    explorer.keys("/second");
    explorer.key(KeyCode::Enter);
    assert!(explorer.shows("second [+1 line]"));
    explorer.keys("/detail 39");
    explorer.key(KeyCode::Enter);
    assert!(explorer.shows("  detail 39"));
    assert_eq!(explorer.app.panes[0].page.view.cursor, 8 + 39);
}

#[test]
fn all_is_copied_whatever_is_folded() {
    let mut explorer = explorer(80, 24);
    explorer.keys("_jy");
    assert_eq!(
        explorer.app.effects.pop(),
        Some(Effect::Copy("first\n  see driver\n  inner\n    deepest\n".into()))
    );
    assert!(explorer.shows("copied 4 lines"));
    explorer.keys("Y");
    assert!(explorer.shows("copied 49 lines"));
    let Some(Effect::Copy(text)) = explorer.app.effects.pop() else { panic!("nothing copied") };
    assert!(text.contains("  detail 39\nend\n"));
    explorer.keys("*y");
    assert_eq!(explorer.app.effects.pop(), Some(Effect::Copy("first".into())));
}

#[test]
fn what_is_folded_stays_so_on_other_sizes_and_when_the_pane_runs_again() {
    let mut explorer = explorer(80, 24);
    explorer.keys("jj-");
    for (width, height) in [(160, 50), (12, 24), (80, 24)] {
        explorer.resize(width, height);
        explorer.settle();
    }
    assert_eq!(rows(&explorer, 3), ["title", "first [+3 lines]", "second"]);
    let asked = explorer.asked.len();
    explorer.keys("r");
    assert_eq!(explorer.asked.len(), asked + 1);
    assert_eq!(rows(&explorer, 3), ["title", "first [+3 lines]", "second"]);
    // Where there is no room, the count stands over the head's end.
    explorer.resize(12, 24);
    explorer.settle();
    assert!(explorer.shows(" [+3 lines]"), "{:?}", rows(&explorer, 4));
}

#[test]
fn a_command_in_the_console_folds_its_output() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    for line in ["lm", "!ready"] {
        explorer.keys(line);
        explorer.key(KeyCode::Enter);
    }
    explorer.app.input(Input::Key(crossterm::event::KeyEvent::new(KeyCode::Char('8'), KeyModifiers::ALT)));
    explorer.settle();
    explorer.keys("G");
    assert_eq!(explorer.row(21), "end");
    explorer.keys("_");
    assert_eq!(rows(&explorer, 20)[18..], ["2: kd> lm [+71 lines]", "2: kd> !ready [+49 lines]"]);
    // Left walks over links as ever: the greeting takes the lines 0 to 70, the command line 71, its links from 73 on.
    explorer.keys("k");
    explorer.key(KeyCode::Enter);
    explorer.keys("jjj");
    assert_eq!(explorer.app.panes[CONSOLE].page.view.cursor, 74);
    explorer.key(KeyCode::Left);
    assert_eq!(explorer.app.panes[CONSOLE].page.view.cursor, 73);
    // The next command is unfolded and in sight.
    explorer.keys(":k");
    explorer.key(KeyCode::Enter);
    assert!(explorer.shows("2: kd> k") && explorer.shows("output of k"));
    assert!(explorer.app.sight == Sight::Answer && explorer.app.keyboard == Keyboard::Prompt);
    assert_eq!(explorer.app.said(), 71);
}

#[test]
fn the_mouse_unfolds() {
    let mut explorer = explorer(80, 24);
    let click = |explorer: &mut Explorer, column, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        explorer.app.input(Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        explorer.settle();
    };
    click(&mut explorer, 12, 9);
    assert!(explorer.row(10).starts_with("  detail 0"), "behind a folded head");
    click(&mut explorer, 2, 9);
    assert_eq!(explorer.row(9), "details [+40 lines]", "a head again");
    click(&mut explorer, 2, 7);
    assert_eq!(explorer.row(8), "  one", "a head for the first time");
}

/// Twenty rows: while the heading is where it stands, the rows are those from the top; then it stays over the later ones.
#[test]
fn a_tables_heading_stays_while_its_rows_are_scrolled() {
    let mut explorer = explorer(80, 24);
    explorer.keys("6");
    assert_eq!(rows(&explorer, 3), [" modules:", " Module name", " row 0"]);
    explorer.key(KeyCode::PageDown);
    assert_eq!(rows(&explorer, 2), [" Module name", " row 17"]);
    explorer.key(KeyCode::PageDown);
    assert_eq!(rows(&explorer, 2), [" Module name", " row 31"]);
    assert!(explorer.row(23).ends_with("34-52/52"), "{}", explorer.row(23));
    assert_eq!(explorer.row(21), " row 49");
    // Line by line the cursor is never under the heading, and at the end of the way everything is as it was.
    for line in (0..52).rev() {
        let shown = explorer.app.panes[MODULES].page.view.cursor.min(line);
        while explorer.app.panes[MODULES].page.view.cursor > shown {
            explorer.keys("k");
        }
        let text = explorer.app.kept(MODULES).expect("its lines").lines().text(shown).trim_end().to_owned();
        assert!(
            (2..22).any(|row| explorer.row(row) == format!(" {text}")),
            "{text}: {:?}",
            rows(&explorer, 20)
        );
    }
    assert_eq!(rows(&explorer, 3), [" modules:", " Module name", " row 0"]);
}

/// 50,000 lines in 25,000 sections, half of them folded: no key walks over all lines.
#[test]
fn keys_are_quick_among_many_folded_parts() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.app.submit("long");
    let long = explorer.app.next_request(Instant::now()).expect("the command");
    let part = |number: u32| {
        let head = Record::new("part").text(format!("head {number}"));
        Branch { head, folded: number.is_multiple_of(2), blocks: vec![Line::of("under").into()] }.into()
    };
    let begun = Instant::now();
    for batch in 0..195 {
        explorer.app.reply(Reply::Output {
            id: long.id,
            pieces: (batch * 128..(batch + 1) * 128).map(part).collect(),
        });
    }
    let taken = begun.elapsed();
    explorer.app.active = CONSOLE;
    explorer.draw();
    let begun = Instant::now();
    for key in "kkk---+++jj".chars().cycle().take(220) {
        explorer
            .app
            .input(Input::Key(crossterm::event::KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE)));
        explorer.draw();
    }
    let each = begun.elapsed() / 220;
    assert!(taken.as_secs() < 10 && each.as_millis() < 50, "{taken:?} for the output, {each:?} a key");
}
