//! The whole state, driven by keys and by an engine that the tests play, drawn on a screen of cells.

use super::app::{App, Effect, Keyboard};
use super::event::Input;
use super::message::{End, Errand, Reply, State};
use super::page::Page;
use super::panes::{CONSOLE, DISASSEMBLY, MODULES, PANES, REGISTERS};
use super::screen;
use super::theme::ThemeName;
use super::ticket::Ticket;
use crate::output::{Action, Line, Piece, Role};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::time::{Duration, Instant};

/// An explorer on a screen, with an engine that answers every request at once.
struct Explorer {
    app: App,
    terminal: Terminal<TestBackend>,
    asked: Vec<String>,
    selected: u64,
}

fn ticket() -> Ticket {
    Ticket {
        file: "test.dmp".into(),
        bug_check: "1e KMODE_EXCEPTION_NOT_HANDLED".into(),
        build: "10.0.19041.804 x64 16 cpu".into(),
        image: None,
    }
}

impl Explorer {
    fn new(width: u16, height: u16) -> Explorer {
        let state = State { prompt: "2: kd> ".into(), ..State::default() };
        let app = App::new(ticket(), state, ThemeName::Dark, false);
        let terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen of cells");
        Explorer { app, terminal, asked: Vec::new(), selected: 0 }
    }

    /// The same, with the keyboard at the panes.
    fn at_panes(width: u16, height: u16) -> Explorer {
        let mut explorer = Explorer::new(width, height);
        explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)));
        assert_eq!(explorer.app.keyboard, Keyboard::Pane);
        explorer
    }

    fn resize(&mut self, width: u16, height: u16) {
        self.terminal.backend_mut().resize(width, height);
        self.app.input(Input::Resize);
    }

    fn draw(&mut self) {
        let app = &mut self.app;
        self.terminal
            .draw(|frame| screen::draw(app, frame, Instant::now()))
            .expect("cells can always be drawn");
    }

    /// Draws, and lets the engine answer until it has nothing to do.
    fn settle(&mut self) {
        self.draw();
        while let Some(request) = self.app.next_request(Instant::now()) {
            self.answer(&request, End::Finished);
            self.draw();
        }
    }

    fn answer(&mut self, request: &Errand, end: End) {
        self.asked.push(request.line.clone());
        let id = request.id;
        if request.line.starts_with('~') && !request.for_pane {
            self.selected += 1;
        }
        self.app.reply(Reply::Output {
            id,
            pieces: output(&request.line).into_iter().map(Piece::from).collect(),
        });
        let state = State { prompt: "2: kd> ".into(), fingerprint: self.selected, ..State::default() };
        self.app.reply(Reply::Done { id, end, state });
    }

    fn key(&mut self, code: KeyCode) {
        self.app.input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        self.settle();
    }

    fn keys(&mut self, text: &str) {
        text.chars().for_each(|c| self.key(KeyCode::Char(c)));
    }

    fn row(&self, row: u16) -> String {
        let buffer = self.terminal.backend().buffer();
        let cells = (0..buffer.area.width).map(|column| buffer[(column, row)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    }

    fn shows(&self, text: &str) -> bool {
        (0..self.terminal.backend().buffer().area.height).any(|row| self.row(row).contains(text))
    }
}

/// What the played engine says to a line.
fn output(line: &str) -> Vec<Line> {
    let mut lines = vec![Line::new().role(Role::Heading, format!("output of {line}"))];
    for number in 0..70u32 {
        lines.push(
            Line::of(format!("{number:>3} "))
                .link(Role::Module, "driver", Action::Module(format!("driver{number}").into()))
                .text("  ")
                .link(Role::Address, "fffff803`0bbfdb50", Action::Number(0xfffff803_0bbfdb50))
                .text(" 驱动程序 ")
                .link(Role::Value, "2", Action::Processor(2)),
        );
    }
    lines
}

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
        "[1 Analysis] 2 CPUs  3 Stack  4 Regs  5 Code  6 Modules  7 Memory  8 Command   ?"
    );
    assert!(explorer.row(2).starts_with("output of !analyze"));
    assert_eq!(explorer.row(22), "2: kd>");
    assert!(explorer.row(23).ends_with("1-20/71"), "{}", explorer.row(23));
    let asked = ["!analyze -v", "vertarget"];
    assert_eq!(explorer.asked, asked, "only the pane in sight runs, then the greeting");
}

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
fn typing_goes_to_the_prompt_and_its_output_stays_in_sight() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys("lm");
    assert_eq!(explorer.app.keyboard, Keyboard::Prompt);
    assert_eq!(explorer.row(22), "2: kd> lm");
    explorer.key(KeyCode::Enter);
    assert!(explorer.shows("8 Command  2: kd> lm"));
    assert!(explorer.row(21).starts_with(" 69 driver"), "{}", explorer.row(21));
    explorer.key(KeyCode::Up);
    assert_eq!(explorer.row(22), "2: kd> lm");
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
    assert!(explorer.shows("R runs it again"));
    explorer.keys("R");
    assert_eq!(explorer.asked.iter().filter(|line| **line == pane.line).count(), 2);
}

#[test]
fn alt_and_a_number_lead_to_a_pane_and_keep_the_line() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys("dps");
    explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Char('8'), KeyModifiers::ALT)));
    assert_eq!((explorer.app.keyboard, explorer.app.active), (Keyboard::Pane, CONSOLE));
    explorer.settle();
    explorer.keys(":");
    assert_eq!((explorer.app.keyboard, explorer.row(22).as_str()), (Keyboard::Prompt, "2: kd> dps"));
}

/// What a user of WinDbg types first: none of it may be taken for a key of the panes.
#[test]
fn the_first_keys_are_typed_and_nothing_else() {
    for line in ["kv", "k", "? 1", "q", "u", "n", "z", "y", "!analyze -v", "7", "/", "<", ".frame 3", "RMT"] {
        let mut explorer = Explorer::new(80, 24);
        explorer.settle();
        let before = explorer.app.active;
        explorer.keys(line);
        assert_eq!(explorer.row(22), format!("2: kd> {line}"));
        assert_eq!((explorer.app.active, explorer.app.quit), (before, false), "{line}");
        explorer.key(KeyCode::Enter);
        assert_eq!(explorer.asked.last().map(String::as_str), Some(line));
        assert_eq!(explorer.app.keyboard, Keyboard::Prompt, "{line}");
    }
    // Backspace is the line's as well, and Enter on an empty line follows no link.
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys("kvx");
    explorer.key(KeyCode::Backspace);
    assert_eq!(explorer.row(22), "2: kd> kv");
    explorer.key(KeyCode::Backspace);
    explorer.key(KeyCode::Backspace);
    let asked = explorer.asked.len();
    explorer.key(KeyCode::Enter);
    assert_eq!((explorer.asked.len(), explorer.app.active), (asked, 0));
}

#[test]
fn a_colon_at_the_prompt_is_no_part_of_the_line() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys(":lm");
    explorer.key(KeyCode::Enter);
    assert_eq!(explorer.asked.last().map(String::as_str), Some("lm"));
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
    assert!(explorer.row(23).contains("PgUp more output"), "{}", explorer.row(23));
    explorer.keys(".sym");
    explorer.key(KeyCode::Tab);
    assert!(explorer.shows("3 begin so"), "{}", explorer.row(20));
    assert_eq!(explorer.row(21).split_whitespace().collect::<Vec<_>>(), [".symfix", ".symopt", ".sympath"]);
    explorer.key(KeyCode::BackTab);
    assert!(explorer.shows("2: kd> .sympath") && explorer.shows("3 of 3"));
    explorer.key(KeyCode::Esc);
    assert!(!explorer.shows("begin so") && explorer.shows("2: kd> .sym"));
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
    explorer.keys("q");
    assert!(explorer.app.quit);
}

#[test]
fn pasted_lines_run_one_by_one() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    let before = explorer.asked.len();
    explorer.app.input(Input::Paste("r\r\n\r\nlm; k\n* remark; not a command\n? 1+".into()));
    explorer.settle();
    let asked: Vec<&str> = explorer.asked.iter().skip(before).map(String::as_str).collect();
    assert_eq!(asked, ["r", "lm; k", "* remark; not a command"]);
    assert_eq!(explorer.row(22), "2: kd> ? 1+");
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

#[test]
fn paging_while_typing_scrolls_the_console() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.keys("lm");
    explorer.key(KeyCode::Enter);
    let before = explorer.row(21);
    explorer.key(KeyCode::PageUp);
    assert_ne!(explorer.row(21), before);
    assert_eq!(explorer.app.keyboard, Keyboard::Prompt);
    assert_eq!(explorer.app.panes[0].page.view.cursor, 0);
}

#[test]
fn a_failed_command_says_so_and_the_rest_goes_on() {
    let mut explorer = Explorer::new(80, 24);
    explorer.settle();
    explorer.app.submit("lx");
    let request = explorer.app.next_request(Instant::now()).expect("the command");
    explorer.answer(&request, End::Failed("lx: no command 'lx'; did you mean lm?".into()));
    explorer.draw();
    assert!(explorer.shows("error: lx: no command 'lx'; did you mean lm?"));
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
        let app = &mut explorer.app;
        explorer.terminal.draw(|frame| screen::draw(app, frame, now)).expect("drawn");
        assert_eq!(explorer.row(23).contains("Esc stops"), told, "{}", explorer.row(23));
    }
}

#[test]
fn large_screens_show_all_panes_at_once() {
    let mut explorer = Explorer::at_panes(160, 50);
    explorer.settle();
    assert_eq!(explorer.asked.len(), PANES.len(), "{:?}", explorer.asked);
    for pane in ["1 Analysis", "2 CPUs", "3 Stack", "4 Regs", "5 Code", "6 Modules", "7 Memory", "8 Command"]
    {
        let titles = (2..50).filter(|row| explorer.row(*row).contains(&format!(" {pane}"))).count();
        assert_eq!(titles, 1, "{pane}");
    }
    explorer.keys("5z");
    assert_eq!(explorer.app.active, DISASSEMBLY);
    assert!(explorer.row(2).starts_with("output of"));
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

/// Every key that does something, and some that do nothing.
fn any_key() -> impl Strategy<Value = KeyEvent> {
    let code = prop_oneof![
        4 => prop::sample::select(vec![
            KeyCode::Tab, KeyCode::BackTab, KeyCode::Up, KeyCode::Down, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Home,
            KeyCode::End, KeyCode::Left, KeyCode::Right, KeyCode::Enter, KeyCode::Backspace, KeyCode::Esc,
            KeyCode::Delete, KeyCode::F(1),
        ]),
        4 => prop::sample::select("12345678jkznNyYRMTG/:?<>~lr驱q".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
    ];
    let modifiers = prop_oneof![
        8 => Just(KeyModifiers::NONE), 1 => Just(KeyModifiers::CONTROL), 1 => Just(KeyModifiers::SHIFT),
    ];
    (code, modifiers).prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

fn any_size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![(1u16..12, 1u16..8), (1u16..301, 1u16..101)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_keys_on_no_size_break_anything(
        steps in prop::collection::vec((any_key(), prop::option::weighted(0.3, any_size())), 1..40),
        (width, height) in any_size(),
        theme in 0usize..5,
    ) {
        let mut explorer = Explorer::new(width, height);
        for _ in 0..theme {
            explorer.app.theme.name = explorer.app.theme.name.next();
        }
        explorer.settle();
        for (key, size) in steps {
            if let Some((width, height)) = size {
                explorer.resize(width, height);
            }
            explorer.app.input(Input::Key(key));
            explorer.settle();
            prop_assert!(explorer.app.active < PANES.len());
        }
    }

    #[test]
    fn every_pane_draws_on_every_size((width, height) in any_size(), scrolled in 0usize..200) {
        let mut explorer = Explorer::new(80, 24);
        explorer.settle();
        explorer.keys("lm");
        explorer.key(KeyCode::Enter);
        explorer.key(KeyCode::Esc);
        for pane in 0..PANES.len() {
            explorer.app.active = pane;
            explorer.app.panes[pane].page.view.cursor = scrolled;
            explorer.app.panes[pane].page.view.left = scrolled;
            explorer.resize(width, height);
            explorer.settle();
            explorer.keys("z");
            explorer.keys("?");
            explorer.key(KeyCode::Esc);
            explorer.keys("z");
        }
    }
}
