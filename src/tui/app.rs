//! The explorer's state, and how events change it. Nothing here touches a terminal or the engine: keys and replies come
//! in, requests and effects go out.

use super::engine::{End, Reply, Request, State};
use super::event::Input;
use super::help;
use super::keys;
use super::layout::{Layout, Place, Wish, layout};
use super::page::{Page, Pane};
use super::panes::{self, ANALYSIS, CONSOLE, PANES};
use super::prompt::Prompt;
use super::scrollback::Scrollback;
use super::search::Pattern;
use super::theme::{Theme, ThemeName};
use super::ticket::Ticket;
use super::view::View;
use super::wrap::wrap;
use crate::output::{Line, Role};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use std::collections::VecDeque;
use std::time::Instant;

/// What has the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyboard {
    /// The active pane.
    Pane,
    /// The prompt.
    Prompt,
    /// The text to find.
    Find,
    /// The list of keys.
    Help,
}

/// What the state wants done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// Stop what runs.
    Stop,
    /// Put text on the clipboard.
    Copy(String),
    /// Capture the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Write the whole screen again.
    Redraw,
}

/// A request that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) request: Request,
    /// The pane whose page it fills; `None` for the console.
    pub(super) pane: Option<usize>,
    pub(super) since: Instant,
    pub(super) stopping: bool,
}

/// A step that Backspace undoes.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// The pane in which the link was.
    from: usize,
    /// The pane that got a new page.
    pushed: Option<usize>,
}

/// What stands in the console before the first command: the target, as debuggers show it at opening.
const GREETING: &str = "vertarget";
/// Steps that Backspace can undo at most.
const MAX_STEPS: usize = 200;
/// Command lines that wait at most.
const MAX_WAITING: usize = 100;

/// The explorer's state.
pub(super) struct App {
    pub(super) ticket: Ticket,
    pub(super) state: State,
    pub(super) theme: Theme,
    pub(super) screen: Rect,
    pub(super) active: usize,
    pub(super) zoom: bool,
    pub(super) keyboard: Keyboard,
    pub(super) panes: [Pane; PANES.len()],
    pub(super) console: Scrollback,
    /// Where the output of the last typed or followed command begins in the console.
    pub(super) echo: Option<usize>,
    /// Whether the console's last line stays in sight as lines arrive.
    pub(super) follow: bool,
    pub(super) prompt: Prompt,
    pub(super) find: String,
    pub(super) pattern: Option<Pattern>,
    pub(super) help: View,
    pub(super) message: Option<(Role, String)>,
    pub(super) running: Option<Running>,
    pub(super) mouse: bool,
    pub(super) effects: Vec<Effect>,
    pub(super) quit: bool,
    waiting: VecDeque<String>,
    /// Whether the console still lacks what a debugger says at opening.
    greets: bool,
    steps: Vec<Step>,
    next_id: u64,
}

impl App {
    /// The state at the start.
    pub(super) fn new(ticket: Ticket, state: State, theme: ThemeName, mouse: bool) -> App {
        App {
            ticket,
            state,
            theme: Theme::new(theme),
            screen: Rect::default(),
            active: ANALYSIS,
            zoom: false,
            keyboard: Keyboard::Pane,
            panes: Default::default(),
            console: Scrollback::default(),
            echo: None,
            follow: true,
            prompt: Prompt::default(),
            find: String::new(),
            pattern: None,
            help: View::default(),
            message: None,
            running: None,
            mouse,
            effects: Vec::new(),
            quit: false,
            waiting: VecDeque::new(),
            greets: true,
            steps: Vec::new(),
            next_id: 0,
        }
    }

    /// Puts what was noticed at opening into the console.
    pub(super) fn warn(&mut self, warnings: &[String]) {
        self.append(
            warnings
                .iter()
                .map(|warning| Line::new().role(Role::Warning, format!("warning: {warning}"))),
        );
        if !warnings.is_empty() {
            self.say(
                Role::Warning,
                format!("warnings at opening: {} (pane 8 lists them)", warnings.len()),
            );
        }
    }

    /// Where things stand.
    pub(super) fn layout(&self) -> Layout {
        let console = self
            .echo
            .map_or(0, |echo| self.console.lines().len().saturating_sub(echo + 1));
        layout(
            self.screen,
            Wish {
                active: self.active,
                zoom: self.zoom,
                console,
            },
        )
    }

    /// A pane's rows as they are drawn.
    pub(super) fn rows(&self, pane: usize) -> &[Line] {
        match self.panes.get(pane) {
            Some(_) if pane == CONSOLE => self.console.lines(),
            Some(pane) => pane.page.rows(),
            None => &[],
        }
    }

    /// The active pane's position, its rows and its place.
    pub(super) fn looking(&mut self) -> Option<(&mut View, &[Line], Place)> {
        let place = self.layout().place(self.active)?;
        let pane = self.panes.get_mut(self.active)?;
        let (view, rows) = pane.page.parts();
        let lines = if self.active == CONSOLE {
            self.console.lines()
        } else {
            rows
        };
        Some((view, lines, place))
    }

    /// The command line that a pane shows or should show.
    pub(super) fn line_of(&self, pane: usize, width: u16) -> Option<String> {
        let spec = PANES.get(pane)?;
        match self.panes.get(pane)?.page.pinned.as_deref() {
            Some(line) => Some((spec.fit)(line, width)),
            None => spec.line(width).map(str::to_owned),
        }
    }

    /// The next request for an idle engine: typed lines first, then the panes in sight, the active one first.
    pub(super) fn next_request(&mut self, now: Instant) -> Option<Request> {
        if self.running.is_some() {
            return None;
        }
        let (line, pane) = if let Some(line) = self.waiting.pop_front() {
            self.greets = false;
            self.echo_command(&line);
            (line, None)
        } else if let Some((pane, line)) = self.unfilled_pane() {
            (line, Some(pane))
        } else if std::mem::take(&mut self.greets) {
            (GREETING.to_owned(), None)
        } else {
            return None;
        };
        self.next_id += 1;
        let request = Request {
            id: self.next_id,
            line,
            for_pane: pane.is_some(),
        };
        self.running = Some(Running {
            request: request.clone(),
            pane,
            since: now,
            stopping: false,
        });
        Some(request)
    }

    fn unfilled_pane(&self) -> Option<(usize, String)> {
        let layout = self.layout();
        let mut places = layout.panes.clone();
        places.sort_by_key(|place| place.pane != self.active);
        places.iter().find_map(|place| {
            let line = self.line_of(place.pane, place.body.width)?;
            let page = &self.panes.get(place.pane)?.page;
            (place.body.area() > 0 && page.needs(&line)).then_some((place.pane, line))
        })
    }

    /// Runs a line that was typed or followed, once the engine is free of what came before. A pane's command that is
    /// running makes way and starts again later.
    pub(super) fn submit(&mut self, line: &str) {
        super::test_hook::in_screen(line);
        if self.waiting.len() >= MAX_WAITING {
            self.say(
                Role::Warning,
                format!("{MAX_WAITING} commands are waiting already; Esc drops them"),
            );
            return;
        }
        self.waiting.push_back(line.to_owned());
        if let Some(running) = self.running.as_mut().filter(|running| running.pane.is_some()) {
            running.stopping = true;
            self.effects.push(Effect::Stop);
        }
    }

    fn echo_command(&mut self, line: &str) {
        let echo = Line::new().role(Role::Heading, format!("{}{line}", self.state.prompt));
        self.append([echo]);
        self.echo = Some(self.console.lines().len().saturating_sub(1));
    }

    /// Adds lines to the console.
    fn append(&mut self, lines: impl IntoIterator<Item = Line>) {
        let removed = self.console.extend(lines);
        let count = self.console.lines().len();
        self.echo = self.echo.map(|echo| echo.saturating_sub(removed));
        if let Some(console) = self.panes.get_mut(CONSOLE) {
            let view = &mut console.page.view;
            view.cursor = view.cursor.saturating_sub(removed);
            view.top = view.top.saturating_sub(removed);
            if self.follow {
                view.go_to(count, count);
            }
        }
    }

    /// Something from the engine.
    pub(super) fn reply(&mut self, reply: Reply) {
        let (Reply::Lines { id, .. } | Reply::Done { id, .. }) = &reply;
        let Some(pane) = self
            .running
            .as_ref()
            .filter(|running| running.request.id == *id)
            .map(|running| running.pane)
        else {
            return;
        };
        match (reply, pane) {
            (Reply::Lines { lines, .. }, None) => self.append(lines),
            (Reply::Lines { lines, .. }, Some(pane)) => {
                let skip = PANES.get(pane).and_then(|spec| spec.skip);
                if let Some(pane) = self.panes.get_mut(pane) {
                    pane.page.receive(lines, skip);
                }
            }
            (Reply::Done { end, state, .. }, pane) => self.done(pane, &end, state),
        }
    }

    fn done(&mut self, pane: Option<usize>, end: &End, state: State) {
        let Some(running) = self.running.take() else {
            return;
        };
        if state.fingerprint != self.state.fingerprint {
            self.mark_stale();
        }
        self.state = state;
        let Some(pane) = pane else {
            return self.command_done(end);
        };
        if let Some(pane) = self.panes.get_mut(pane) {
            pane.page.finish(&running.request.line, end);
        }
        // Stopped by the user and not by a command that wanted the engine: it would start again at once.
        if *end == End::Cancelled
            && self.waiting.is_empty()
            && let Some(pane) = self.panes.get_mut(pane)
        {
            pane.page.finish(
                &running.request.line,
                &End::Failed("stopped; R runs it again".to_owned()),
            );
        }
    }

    fn command_done(&mut self, end: &End) {
        let width = usize::from(self.screen.width.max(40));
        match end {
            End::Finished => {}
            End::Quit => self.quit = true,
            End::Cancelled => {
                self.append([Line::new().role(Role::Warning, "stopped")]);
                self.waiting.clear();
            }
            End::Failed(why) => {
                let line = Line::new().role(Role::Error, format!("error: {why}"));
                self.append(wrap(&line, width));
            }
        }
    }

    /// Makes every pane run its command again when it is next in sight.
    fn mark_stale(&mut self) {
        for pane in &mut self.panes {
            pane.page.stale = true;
            pane.past.iter_mut().for_each(|page| page.stale = true);
        }
    }

    /// Says something in the last line until the next key.
    pub(super) fn say(&mut self, role: Role, text: impl Into<String>) {
        self.message = Some((role, text.into()));
    }

    /// Something from the terminal.
    pub(super) fn input(&mut self, input: Input) {
        match input {
            Input::Key(key) => {
                self.message = None;
                let key = self.without_escape(key);
                match self.keyboard {
                    Keyboard::Pane => match keys::action(key) {
                        Some(action) => self.act(action),
                        None => self.begin_typing(key),
                    },
                    Keyboard::Prompt => self.prompt_key(key),
                    Keyboard::Find => self.find_key(key),
                    Keyboard::Help => self.help_key(key),
                }
            }
            Input::Paste(text) if self.keyboard == Keyboard::Find => {
                self.find
                    .extend(text.chars().filter(|c| !c.is_control()).take(1_000));
                self.look_for(true);
            }
            Input::Paste(text) => {
                self.keyboard = Keyboard::Prompt;
                self.prompt.paste(&text);
            }
            Input::Mouse(mouse) => self.mouse_event(mouse),
            Input::Resize => {}
            Input::Gone => self.quit = true,
        }
    }

    /// Esc and a character that come in one packet, as they do over slow lines, look like Alt with that character. Where
    /// Alt means nothing, they are taken for what they were.
    fn without_escape(&mut self, key: KeyEvent) -> KeyEvent {
        let is_prompts =
            self.keyboard == Keyboard::Prompt && matches!(key.code, KeyCode::Char('b' | 'f' | 'd'));
        let KeyCode::Char(_) = key.code else { return key };
        if key.modifiers != KeyModifiers::ALT || is_prompts {
            return key;
        }
        self.input(Input::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)));
        KeyEvent::new(key.code, KeyModifiers::NONE)
    }

    /// Stops what runs and drops what waits; false if there was nothing to stop.
    pub(super) fn stop(&mut self) -> bool {
        let waiting = !self.waiting.is_empty();
        self.waiting.clear();
        if let Some(running) = &mut self.running {
            running.stopping = true;
            self.effects.push(Effect::Stop);
            return true;
        }
        waiting
    }

    /// Follows the chosen link of the active pane.
    pub(super) fn follow(&mut self) {
        let action = self
            .looking()
            .and_then(|(view, lines, _)| view.link(lines)?.action.clone());
        match action {
            Some(action) => self.follow_line(&action.0),
            None => self.say(Role::Dim, "no link on this line"),
        }
    }

    fn follow_line(&mut self, line: &str) {
        let from = self.active;
        let mut pushed = None;
        if let Some(pane) = panes::taker(line) {
            if let Some(state) = self.panes.get_mut(pane) {
                state
                    .past
                    .push(std::mem::replace(&mut state.page, Page::pinned(line)));
                pushed = Some(pane);
                self.active = pane;
            }
        } else {
            self.follow = true;
            self.submit(line);
            if !panes::selects(line) {
                self.active = CONSOLE;
            }
        }
        if pushed.is_some() || self.active != from {
            if self.steps.len() >= MAX_STEPS {
                self.forget_oldest_step();
            }
            self.steps.push(Step { from, pushed });
        }
    }

    fn forget_oldest_step(&mut self) {
        let oldest = self.steps.remove(0);
        if let Some(pane) = oldest.pushed.and_then(|pane| self.panes.get_mut(pane))
            && !pane.past.is_empty()
        {
            pane.past.remove(0);
        }
    }

    /// Undoes the last followed link.
    pub(super) fn back(&mut self) {
        let Some(step) = self.steps.pop() else {
            return self.say(Role::Dim, "nothing to go back to");
        };
        if let Some(pane) = step.pushed.and_then(|pane| self.panes.get_mut(pane))
            && let Some(page) = pane.past.pop()
        {
            pane.page = page;
        }
        self.active = step.from;
    }

    /// Rows of the help.
    pub(super) fn help_lines(&self) -> Vec<Line> {
        help::lines(&self.theme, self.mouse)
    }
}
