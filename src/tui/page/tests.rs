//! Filling pages, and what keeps the position in them.

use super::*;
use crate::output::Record;
use crate::tui::panes::{ANALYSIS, DISASSEMBLY, MODULES, PANES, REGISTERS};

fn text_of(line: KeptLine) -> String {
    line.text().to_owned()
}

#[test]
fn output_replaces_the_page_once_it_is_whole() {
    let mut page = Page::default();
    let banner = Record::new("banner").line(Line::of("*banner"));
    page.receive(vec![banner.into(), Line::of("one").into()], Some("banner"));
    assert_eq!(page.kept().count(), 1);
    page.finish("r", &End::Finished, PANES[REGISTERS], Language::English);
    page.view.cursor = 7;
    page.stale = true;
    assert!(page.needs("r"));
    page.receive(vec![Line::of("two").into(), Line::of("three").into()], None);
    assert_eq!(page.kept().count(), 1);
    page.begin();
    let failed = End::Failed { why: "r: no context".into(), hints: Vec::new() };
    page.finish("r", &failed, PANES[REGISTERS], Language::English);
    assert_eq!(page.kept().lines().text(0), "r: no context");
    assert_eq!(page.view.cursor, 7);
    assert!(!page.needs("r"));
    assert!(page.needs("r rax"));
}

#[test]
fn a_position_that_the_selection_anchors_starts_over() {
    let mut page = Page::default();
    let mut cursors = Vec::new();
    for output in ["one", "one", "two"] {
        page.receive(vec![Line::of(output).into(), Line::of("more").into()], None);
        page.finish("u @$ip", &End::Finished, PANES[DISASSEMBLY], Language::English);
        cursors.push(page.view.cursor);
        page.view.cursor = 1;
    }
    assert_eq!(cursors, [0, 1, 0]);
}

#[test]
fn the_cursor_begins_at_the_first_link() {
    let mut page = Page::default();
    let row = Line::new().link(Role::Module, "nt", Action::Module("nt".into()));
    page.receive(vec![Line::of("start end").into(), row.into()], None);
    page.finish("lm", &End::Finished, PANES[MODULES], Language::English);
    assert_eq!(page.view.cursor, 1);
}

/// Lines that arrive can be looked through; the place that was gone to, or was sought and came later, is kept.
#[test]
fn a_search_while_a_page_fills_keeps_its_place() {
    let lines = || ["one two three four", "five six seven", "eight"].map(|text| Line::of(text).into());
    // The analysis is broken for the width, so that its lines get other numbers; modules come as they are.
    for (sought, line, pane) in [
        ("six", "five six seven", MODULES),
        ("eight", "eight", MODULES),
        ("six", "five six", ANALYSIS),
        ("eight", "eight", ANALYSIS),
    ] {
        let mut page = Page::default();
        page.begin();
        page.receive(lines()[..2].to_vec(), None);
        let pattern = Pattern::new(sought).expect("a pattern");
        let (view, kept) = page.parts();
        if !view.find(kept, &pattern, true, true) {
            page.seek(&pattern);
        }
        page.receive(lines()[2..].to_vec(), None);
        page.finish("lm", &End::Finished, PANES[pane], Language::English);
        page.fit(10, 2, PANES[pane]);
        let shown = page.kept().line(page.view.cursor).map(text_of);
        assert_eq!(shown.as_deref().map(str::trim), Some(line), "{sought}");
    }
    // What arrives later does not move who sought nothing.
    let mut page = Page::default();
    page.receive(lines().into(), None);
    page.finish("lm", &End::Finished, PANES[MODULES], Language::English);
    assert_eq!(page.view.cursor, 0);
}

#[test]
fn a_filter_that_is_typed_while_a_page_fills_holds_for_all_of_it() {
    let mut page = Page::default();
    page.receive(vec![Line::of("one").into(), Line::of("two").into()], None);
    page.set_filter(Pattern::new("two"));
    page.finish("lm", &End::Finished, PANES[MODULES], Language::English);
    assert_eq!(page.filtered(), Some((1, 2)));
}

/// Broken at 10 columns, a line of five words takes three rows; the cursor stays at the line.
#[test]
fn a_position_stays_at_its_line_when_lines_are_broken() {
    let mut page = Page::default();
    let lines = ["one two three four five", "six"].map(|text| Line::of(text).into());
    page.receive(lines.into(), None);
    page.finish("lm", &End::Finished, PANES[MODULES], Language::English);
    page.fit(10, 2, PANES[MODULES]);
    assert_eq!(page.kept().count(), 2);
    page.view.cursor = 1;
    assert!(page.toggle_whole());
    page.fit(10, 2, PANES[MODULES]);
    assert_eq!(page.kept().line(page.view.cursor).map(text_of).as_deref(), Some("six"));
    assert!(page.view.cursor > 1);
    page.fit(12, 2, PANES[MODULES]);
    assert_eq!(page.kept().line(page.view.cursor).map(text_of).as_deref(), Some("six"));
    assert!(!page.toggle_whole());
    page.fit(12, 2, PANES[MODULES]);
    assert_eq!(page.view.cursor, 1);
}

/// What is said beside the rows of a table is read to its end; rows are cut, which their mark tells.
#[test]
fn remarks_among_rows_are_broken() {
    let mut page = Page::default();
    let remark = Line::new().role(Role::Warning, "two words, and then two more");
    let rows = [Line::of("a row that is as long as that"), remark, Line::of("end")];
    page.receive(rows.map(Piece::from).into(), None);
    page.finish("lm", &End::Finished, PANES[MODULES], Language::English);
    page.fit(16, 2, PANES[MODULES]);
    let shown: Vec<String> = page.kept().lines().iter().map(text_of).collect();
    assert_eq!(shown, ["a row that is as long as that", "two words, and", "  then two more", "end"]);
    page.view.cursor = 3;
    page.fit(80, 2, PANES[MODULES]);
    assert_eq!((page.kept().count(), page.view.cursor), (3, 2));
}

/// Registers are read to their ends where all of them stay in sight; else what is below would be pushed out of it.
#[test]
fn long_lines_are_broken_where_all_stay_in_sight() {
    let mut page = Page::default();
    let lines = ["rax=1 rbx=2 rcx=3", "rip=4"].map(|text| Line::of(text).into());
    page.receive(lines.into(), None);
    page.finish("r", &End::Finished, PANES[REGISTERS], Language::English);
    for (height, rows) in [(2, 2), (3, 3), (2, 2)] {
        page.fit(12, height, PANES[REGISTERS]);
        assert_eq!(page.kept().count(), rows);
    }
}

#[test]
fn prose_follows_the_width() {
    let mut page = Page::default();
    page.receive(vec![Line::of("one two three four five").into()], None);
    page.finish("!analyze", &End::Finished, PANES[REGISTERS], Language::English);
    page.fit(10, 2, PANES[ANALYSIS]);
    assert!(page.kept().count() > 2);
    page.fit(80, 2, PANES[ANALYSIS]);
    assert_eq!(page.kept().count(), 1);
}
