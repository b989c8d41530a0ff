//! The whole state, driven by keys and by an engine that the tests play, drawn on a screen of cells.

mod any_keys;
mod drawing;
mod dumps;
mod folding;
mod guide;
mod halves;
mod layers;
mod links;
mod lists;
mod running;
mod typing;
mod values;

use super::app::{App, Keyboard};
use super::event::Input;
use super::message::{End, Errand, Reply, State, Task};
use super::paint;
use super::screen;
use super::theme::ThemeName;
use super::ticket::Ticket;
use crate::output::{Action, Line, Piece, Role};
use crate::session::Selection;
use crate::util::hex;
use crate::words::Message;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use std::time::Instant;

/// An explorer on a screen, with an engine that answers every request at once.
struct Explorer {
    app: App,
    screen: Buffer,
    asked: Vec<String>,
    selected: u64,
    thread: Option<u64>,
    frame: u32,
    /// The frame that the verdict looked at.
    guilty: Option<u32>,
    /// What was done that is no line.
    tasks: Vec<Task>,
    /// Every selection that was told, with what it stands for.
    selections: Vec<(Selection, u64, u32, Option<u64>)>,
    /// Whether the analysis has sections.
    sections: bool,
}

fn ticket() -> Ticket {
    Ticket {
        file: "test.dmp".into(),
        bug_check: "1e KMODE_EXCEPTION_NOT_HANDLED".into(),
        build: ["10.0.19041.804", "x64", "16 cpu"].map(str::to_owned).into(),
        image: None,
        triage: false,
    }
}

impl Explorer {
    fn new(width: u16, height: u16) -> Explorer {
        let state =
            State { prompt: "2: kd> ".into(), selection: Some(Selection::default()), ..State::default() };
        let app = App::new(ticket(), state, ThemeName::Dark, false);
        let first = app.state.selection.clone().expect("the first selection");
        Explorer {
            app,
            screen: paint::blank(width, height),
            asked: Vec::new(),
            selected: 0,
            thread: None,
            frame: 0,
            guilty: None,
            tasks: Vec::new(),
            selections: vec![(first, 0, 0, None)],
            sections: false,
        }
    }

    /// The same, with the keyboard at the panes.
    fn at_panes(width: u16, height: u16) -> Explorer {
        let mut explorer = Explorer::new(width, height);
        explorer.app.input(Input::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)));
        assert_eq!(explorer.app.keyboard, Keyboard::Pane);
        explorer
    }

    fn resize(&mut self, width: u16, height: u16) {
        self.screen = paint::blank(width, height);
        self.app.input(Input::Resize);
    }

    fn draw(&mut self) {
        self.screen.reset();
        screen::draw(&mut self.app, &mut self.screen, Instant::now());
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
        let id = request.id;
        match &request.task {
            Task::Line => self.asked.push(request.line.clone()),
            task => return self.answer_task(id, task, end),
        }
        if request.line.starts_with('~') && !request.for_pane {
            self.selected += 1;
        }
        let pieces = match request.line.as_str() {
            "!analyze" if self.sections => folding::sections(),
            "!ready" => folding::sections(),
            "!running -i" if self.sections => lists::table(),
            "lm" if self.sections => folding::table(),
            "!lt -a" | "!mex.running" | "!tl -t" => lists::rows().into_iter().map(Piece::from).collect(),
            line => output(line).into_iter().map(Piece::from).collect(),
        };
        self.app.reply(Reply::Output { id, pieces });
        if let Some(thread) = request.line.strip_prefix(".thread ") {
            self.selected += 1;
            self.thread = u64::from_str_radix(&thread.replace('`', ""), 16).ok();
        }
        if let Some(frame) = request.line.strip_prefix(".frame ") {
            self.selected += 1;
            self.frame = u32::from_str_radix(frame, 16).expect("a number");
        }
        let state = self.state();
        self.app.reply(Reply::Done { id, end, state });
    }

    /// What a session does that is asked for no line: the frame of the verdict is selected, or what was selected before.
    fn answer_task(&mut self, id: u64, task: &Task, end: End) {
        self.tasks.push(task.clone());
        match task {
            Task::Verdict if end == End::Finished => {
                if let Some(frame) = self.guilty {
                    self.frame = frame;
                    self.selected += 1;
                }
            }
            Task::Select(selection) => {
                let found = self.selections.iter().find(|(known, ..)| known == selection);
                let (_, selected, frame, thread) = found.expect("a selection that was told").clone();
                (self.selected, self.frame, self.thread) = (selected, frame, thread);
            }
            _ => {}
        }
        let state = self.state();
        self.app.reply(Reply::Done { id, end, state });
    }

    fn state(&mut self) -> State {
        let selection = Selection::default();
        self.selections.push((selection.clone(), self.selected, self.frame, self.thread));
        let thread = |address| Message::new("explorer.selected.thread").with("address", hex::tick(address));
        State {
            prompt: "2: kd> ".into(),
            fingerprint: self.selected,
            chosen: self.selected,
            selection: Some(selection),
            frame: self.frame,
            thread: self.thread,
            selected: self.thread.map(thread).into_iter().collect(),
            ..State::default()
        }
    }

    fn key(&mut self, code: KeyCode) {
        self.app.input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        self.settle();
    }

    fn keys(&mut self, text: &str) {
        text.chars().for_each(|c| self.key(KeyCode::Char(c)));
    }

    fn row(&self, row: u16) -> String {
        let buffer = &self.screen;
        let (mut text, mut column) = (String::new(), 0);
        while column < buffer.area.width {
            let symbol = buffer[(column, row)].symbol();
            text.push_str(symbol);
            // Of a wide character the second cell is not drawn: whatever it holds is out of sight.
            column += u16::try_from(crate::util::width::columns(symbol)).unwrap_or(1).max(1);
        }
        text.trim_end().to_owned()
    }

    fn shows(&self, text: &str) -> bool {
        (0..self.screen.area.height).any(|row| self.row(row).contains(text))
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
