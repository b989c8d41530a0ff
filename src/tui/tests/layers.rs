//! Layers over the screen: the menu of a value, the palette.

use super::super::app::Keyboard;
use super::super::event::Input;
use super::super::layers::Layer;
use super::super::panes::{CONSOLE, MEMORY, MODULES};
use super::Explorer;
use crate::command::Choices;
use crate::words::Language;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

fn control(explorer: &mut Explorer, c: char) {
    explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)));
    explorer.settle();
}

#[test]
fn the_menu_of_a_value_shows_what_each_choice_runs() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.key(KeyCode::Down);
    explorer.keys(".");
    assert!(matches!(explorer.app.layers.as_slice(), [Layer::Menu(_)]));
    assert!(explorer.shows("1 lmvm driver0"), "{}", explorer.row(19));
    assert!(explorer.shows("copy the line"));
    assert!(explorer.row(23).contains("Enter, 1-9"), "{}", explorer.row(23));
    // Enter does the best thing, as it does without the menu.
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.app.active, MODULES);
    assert!(explorer.app.layers.is_empty() && explorer.shows("output of lmvm driver0"));
    explorer.key(KeyCode::Backspace);
    // Esc puts it away, and another key is for the pane below.
    explorer.keys(".");
    explorer.key(KeyCode::Esc);
    assert!(explorer.app.layers.is_empty());
    assert_eq!(explorer.app.keyboard, Keyboard::Pane);
    explorer.keys(".7");
    assert_eq!(explorer.app.active, 0, "no seventh row: the menu keeps the key");
    explorer.keys("/");
    assert!(
        matches!(explorer.app.layers.as_slice(), [Layer::Find { .. }]),
        "it passes what it does not know"
    );
}

#[test]
fn another_choice_runs_in_the_console_and_back_returns() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys("6");
    explorer.key(KeyCode::Down);
    explorer.keys(".2");
    assert_eq!(explorer.asked.last().map(String::as_str), Some("!lmi driver1"));
    assert_eq!(explorer.app.active, CONSOLE);
    explorer.key(KeyCode::Backspace);
    assert_eq!(explorer.app.active, MODULES);
}

#[test]
fn the_palette_finds_panes_commands_and_symbols_by_letters() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    control(&mut explorer, 'p');
    assert!(explorer.shows("Go to or run"));
    explorer.keys("memory");
    explorer.key(KeyCode::Enter);
    assert_eq!((explorer.app.active, explorer.app.keyboard), (MEMORY, Keyboard::Pane));
    control(&mut explorer, 'p');
    explorer.keys("vtgt");
    assert!(explorer.shows("vertarget"), "{}", explorer.row(21));
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.asked.last().map(String::as_str), Some("vertarget"));
    // A command that needs an argument waits for it at the prompt.
    control(&mut explorer, 'p');
    explorer.keys("!pool");
    explorer.key(KeyCode::Esc);
    assert!(explorer.app.layers.is_empty());
    control(&mut explorer, 'p');
    explorer.keys("nt!KeBug");
    explorer.app.effects.clear();
    let list = vec!["nt!KeBugCheckEx".to_owned()];
    let choices = Choices { at: 3, list, common: "nt!KeBugCheckEx".into(), ..Choices::default() };
    explorer.app.offer("ln nt!KeBug", choices);
    explorer.draw();
    assert!(explorer.shows("nt!KeBugCheckEx"));
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.asked.last().map(String::as_str), Some("ln nt!KeBugCheckEx"));
    // What is no entry is a line to run.
    control(&mut explorer, 'p');
    explorer.keys("? 1+@@(2)");
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.asked.last().map(String::as_str), Some("? 1+@@(2)"));
}

#[test]
fn the_palette_speaks_the_users_language() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.app.state.language = Language::Chinese;
    control(&mut explorer, 'p');
    explorer.app.input(Input::Paste("堆栈\n".into()));
    explorer.draw();
    // Both columns of a wide character are cells; the second one is blank.
    assert!((2..24).any(|row| explorer.row(row).replace(' ', "").contains("3堆栈")), "{}", explorer.row(21));
    control(&mut explorer, 'p');
    assert!(explorer.app.layers.is_empty(), "the same key closes it");
}

/// Of what people type the best stands first, and nothing that has its letters only here and there.
#[test]
fn the_palette_puts_first_what_is_meant() {
    let english = [
        ("pool", ">!pool "),
        ("irp", ">!irp "),
        ("thr", ">.thread "),
        ("!ana", ">!analyze "),
        ("stack", ">3 Stack "),
        ("verdict", ">1 Analysis "),
        ("blue screen", ">1 Analysis "),
    ];
    let chinese = [("蓝屏", ">1 分析"), ("内存", ">7 内存"), ("irp", ">!irp "), ("verdict", ">1 分析")];
    for (language, cases) in [(Language::English, &english[..]), (Language::Chinese, &chinese[..])] {
        let mut explorer = Explorer::new(200, 60);
        explorer.settle();
        explorer.app.state.language = language;
        for (typed, first) in cases {
            control(&mut explorer, 'p');
            explorer.app.input(Input::Paste((*typed).into()));
            explorer.draw();
            let squeezed = |row: u16| explorer.row(row).replace(' ', "");
            let shown = (2..58).find(|row| explorer.row(*row).starts_with('>')).unwrap_or_default();
            assert!(squeezed(shown).starts_with(&first.replace(' ', "")), "{typed}: {}", explorer.row(shown));
            let rows = (shown..58).map(squeezed).filter(|row| !row.is_empty());
            let scattered = |row: &String| !row.to_lowercase().contains(typed);
            if !first.contains("Analysis") && !first.contains("分析") {
                assert_eq!(rows.filter(scattered).collect::<Vec<_>>(), Vec::<String>::new(), "{typed}");
            }
            control(&mut explorer, 'p');
        }
    }
}

#[test]
fn alt_and_a_number_leave_all_layers() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys("/");
    control(&mut explorer, 'p');
    assert_eq!(explorer.app.layers.len(), 2);
    explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Char('7'), KeyModifiers::ALT)));
    assert_eq!((explorer.app.active, explorer.app.layers.len()), (MEMORY, 0));
}

#[test]
fn a_filter_keeps_the_rows_that_hold_a_text() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.sections = true;
    explorer.settle();
    explorer.keys("2f1");
    // Of the numbers 0 to 0x27 those with a 1: 1, 10 to 1f, 11 once, 21.
    assert!(explorer.shows("'1' 18 of 40 rows"), "{}", explorer.row(23));
    assert!(explorer.row(2).starts_with(" Address"), "the heading stays: {}", explorer.row(2));
    assert!(explorer.row(3).starts_with(" 0000000000000001 "), "{}", explorer.row(3));
    assert!(explorer.row(4).starts_with(" 0000000000000010 "), "{}", explorer.row(4));
    explorer.keys("f");
    explorer.key(KeyCode::Enter);
    assert!(explorer.row(3).starts_with(" 000000000000001f "), "{}", explorer.row(3));
    assert!(explorer.app.layers.is_empty());
    // A narrow pane leaves out columns of what is kept as well.
    explorer.resize(60, 24);
    explorer.settle();
    assert_eq!(explorer.row(3), " 000000000000001f the reason why");
    explorer.key(KeyCode::Esc);
    explorer.settle();
    assert!(explorer.shows("0000000000000002 the reason") && !explorer.shows("of 40 rows"));
    let cursor = explorer.app.panes[1].page.view.cursor;
    assert_eq!(cursor, 0, "the cursor stays at its line, the heading");
}

/// Regular expressions filter too, and the console like the panes. Whoever runs another command sees its whole answer.
#[test]
fn the_console_is_filtered_until_the_next_command() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys(":lm");
    explorer.key(KeyCode::Enter);
    explorer.settle();
    explorer.key(KeyCode::Esc);
    explorer.keys("8f");
    let all = explorer.app.console.kept().count();
    explorer.keys("^ *6[0-4] d");
    assert!(
        explorer.row(23).contains(&format!("10 of {all} rows (regular expression)")),
        "{}",
        explorer.row(23)
    );
    explorer.key(KeyCode::Enter);
    explorer.draw();
    let shown: Vec<String> = (2..22).map(|row| explorer.row(row)).filter(|row| !row.is_empty()).collect();
    assert_eq!(shown.len(), 10, "said twice: {shown:?}");
    assert!(
        shown.iter().zip((60..65).cycle()).all(|(row, number)| row.contains(&format!("{number} d"))),
        "{shown:?}"
    );
    // All that is in sight is copied, and searched; no more.
    explorer.keys("Y");
    let copied = explorer.app.effects.pop();
    assert!(
        matches!(&copied, Some(super::super::app::Effect::Copy(text)) if text.lines().count() == 10),
        "{copied:?}"
    );
    // Nothing folds where the filter decides what is in sight.
    explorer.keys("-");
    assert!(explorer.shows("nothing to fold"), "{}", explorer.row(23));
    explorer.keys("/driver1");
    assert!(explorer.shows("is not in this pane"), "{}", explorer.row(23));
    explorer.key(KeyCode::Esc);
    explorer.keys(":r");
    explorer.key(KeyCode::Enter);
    explorer.settle();
    assert!(explorer.app.console.filter().is_none() && explorer.shows("output of r"), "{}", explorer.row(2));
    explorer.key(KeyCode::Esc);
    explorer.keys("8fdriver");
    explorer.key(KeyCode::Enter);
    explorer.key(KeyCode::Esc);
    assert!(explorer.app.console.filter().is_none());
}

#[test]
fn a_search_counts_and_takes_expressions() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.keys("/driver  f");
    assert!(explorer.shows("/70 lines"), "{}", explorer.row(23));
    explorer.key(KeyCode::Esc);
    explorer.keys("/^ *6[0-4] d");
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.app.panes[0].page.view.cursor, 61);
    explorer.draw();
    assert!(explorer.row(23).contains("1/5 lines"), "{}", explorer.row(23));
    explorer.keys("n");
    assert_eq!(explorer.app.panes[0].page.view.cursor, 62);
    assert!(explorer.row(23).contains("2/5 lines"), "{}", explorer.row(23));
    // What stands there as it was typed is no expression.
    explorer.keys("/0bbfdb50 驱.");
    assert!(explorer.shows("is not in this pane") || explorer.shows("lines (regular expression)"));
}

#[test]
fn an_empty_line_repeats_what_ran_here_and_not_what_ran_in_another_run() {
    let mut explorer = Explorer::new(80, 24);
    explorer.app.prompt.remember_earlier(vec!["!process 0 7".into(), "lm".into()]);
    explorer.settle();
    let asked = explorer.asked.len();
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.asked.len(), asked);
    explorer.key(KeyCode::Up);
    assert_eq!(explorer.row(22), "2: kd> lm");
    explorer.key(KeyCode::Up);
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.asked.last().map(String::as_str), Some("!process 0 7"));
}

#[test]
fn a_command_that_begins_with_a_dot_can_be_typed_over_the_menu() {
    let mut explorer = Explorer::at_panes(80, 24);
    explorer.settle();
    explorer.key(KeyCode::Down);
    explorer.keys(".frame 3");
    assert!(explorer.app.layers.is_empty() && explorer.app.keyboard == Keyboard::Prompt);
    assert_eq!(explorer.app.prompt.text(), ".frame 3");
}
