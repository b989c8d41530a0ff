//! The explorer's state, and how events change it. Nothing here touches a terminal or the engine: keys and replies come
//! in, requests and effects go out.

use super::arranged::Arranged;
use super::dumps::Dumps;
use super::event::Input;
use super::kept::Kept;
use super::keys::{self, Action};
use super::layers::Layer;
use super::layout::{Layout, Place, Wish, layout};
use super::message::{Errand, Fetching, State, Task};
use super::page::Pane;
use super::panes::memory::{self, Form};
use super::panes::{self, ANALYSIS, CONSOLE, HALVES, MEMORY, POOL, TYPES};
use super::prompt::Prompt;
use super::scrollback::Scrollback;
use super::search::{Pattern, Seeking, Tally};
use super::theme::{Theme, ThemeName};
use super::ticket::Ticket;
use super::trail::Trail;
use super::view::View;
use crate::command::Completion;
use crate::output::{Line, Role};
use crate::words::{Language, Message};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use std::collections::VecDeque;
use std::time::Instant;

/// What has the keyboard where no layer lies over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyboard {
    /// The active pane.
    Pane,
    /// The prompt.
    Prompt,
}

/// Whether the frame that the verdict looked at is still to be selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guide {
    /// It is, unless something else than this has been selected since.
    Wanted(u64),
    /// It was, and this was what was selected then.
    Stands(u64),
    /// The user looks elsewhere.
    Off,
}

/// What the state wants done outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// Stop what runs.
    Stop,
    /// Stop fetching symbols.
    StopFetching,
    /// Look up what may stand at the end of what was typed.
    Complete(String, Completion),
    /// Keep a typed line for later runs.
    Remember(String),
    /// Put text on the clipboard.
    Copy(String),
    /// Capture the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Write the whole screen again.
    Redraw,
    /// Stop the process until it is continued.
    Suspend,
    /// Show another dump, and run this line there.
    Show(Go, String),
}

/// Which of several dumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Go {
    /// The one behind that in sight.
    Next,
    /// The one before it.
    Previous,
    /// The one of that number.
    To(usize),
}

/// A request that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) request: Errand,
    /// The pane whose page it fills; `None` for the console.
    pub(super) pane: Option<usize>,
    pub(super) since: Instant,
    pub(super) stopping: bool,
    /// How far it is, where it tells.
    pub(super) how_far: Option<Message>,
    /// Whether symbols arrived while it ran.
    pub(super) outdated: bool,
    /// Whether it was stopped because something else is wanted now.
    pub(super) unwanted: bool,
}

impl Running {
    /// Whether it is a line that was typed or followed.
    pub(super) fn is_typed(&self) -> bool {
        self.pane.is_none() && self.request.task == Task::Line
    }
}

/// Which lines of the console are in sight as more arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// Those that the user went to.
    Chosen,
    /// Those of the last command from its first one on, however many follow: they are read from there.
    Answer,
    /// The last ones.
    End,
}

/// The explorer's state.
pub(super) struct App {
    pub(super) ticket: Ticket,
    pub(super) state: State,
    /// The dumps that are open together, this one among them.
    pub(super) dumps: Dumps,
    /// Why there is no dump to look at yet.
    pub(super) closed: Option<Message>,
    /// Whether there will be none, so that lines cannot wait for it.
    pub(super) refuses: bool,
    pub(super) theme: Theme,
    pub(super) screen: Rect,
    pub(super) active: usize,
    /// How the user arranged the screen.
    pub(super) arranged: Arranged,
    /// As what the user wants to see memory.
    pub(super) memory: Option<Form>,
    pub(super) keyboard: Keyboard,
    /// What lies over the screen, the topmost last: keys go to it first.
    pub(super) layers: Vec<Layer>,
    /// Which panes' second halves were active last, a bit each.
    pub(super) second: u16,
    pub(super) panes: [Pane; HALVES],
    pub(super) console: Scrollback,
    /// Where the output of the last typed or followed command begins in the console.
    pub(super) echo: Option<usize>,
    /// Which of the console's lines are in sight as lines arrive.
    pub(super) sight: Sight,
    pub(super) prompt: Prompt,
    pub(super) find: String,
    pub(super) pattern: Option<Pattern>,
    /// The lines that hold it, as far as they were looked at.
    pub(super) tally: Option<Tally>,
    /// What is still sought.
    pub(super) seeking: Option<Seeking>,
    pub(super) message: Option<(Role, Message)>,
    pub(super) running: Option<Running>,
    /// Which symbols are being fetched.
    pub(super) fetching: Option<Fetching>,
    pub(super) mouse: bool,
    pub(super) effects: Vec<Effect>,
    pub(super) quit: bool,
    /// Whether the key before this one asked to leave, and was told what would be lost.
    pub(super) asked_to_leave: bool,
    /// Lines that were typed or followed so far.
    pub(super) ran: usize,
    pub(super) waiting: VecDeque<(String, Task)>,
    pub(super) guide: Guide,
    /// Whether the console still lacks what a debugger says at opening.
    pub(super) greets: bool,
    /// Whether a line was typed whose answer has to come into sight.
    pub(super) wants_answer: bool,
    pub(super) trail: Trail,
    pub(super) next_id: u64,
}

impl App {
    /// The state at the start.
    pub(super) fn new(ticket: Ticket, state: State, theme: ThemeName, mouse: bool) -> App {
        let guide = if ticket.image.is_some() { Guide::Off } else { Guide::Wanted(state.chosen) };
        App {
            ticket,
            state,
            dumps: Dumps::default(),
            closed: None,
            refuses: false,
            theme: Theme::new(theme),
            screen: Rect::default(),
            active: ANALYSIS,
            arranged: Arranged::default(),
            memory: None,
            keyboard: Keyboard::Prompt,
            layers: Vec::new(),
            second: 0,
            panes: std::array::from_fn(|pane| {
                Pane::led_by(panes::spec(pane).map(|spec| spec.lead).unwrap_or_default())
            }),
            console: Scrollback::default(),
            echo: None,
            sight: Sight::End,
            prompt: Prompt::default(),
            find: String::new(),
            pattern: None,
            tally: None,
            seeking: None,
            message: None,
            running: None,
            fetching: None,
            mouse,
            effects: Vec::new(),
            quit: false,
            asked_to_leave: false,
            ran: 0,
            waiting: VecDeque::new(),
            guide,
            greets: true,
            wants_answer: false,
            trail: Trail::default(),
            next_id: 0,
        }
    }

    /// Puts what was noticed at opening into the console.
    pub(super) fn warn(&mut self, warnings: &[String]) {
        self.append(
            warnings.iter().map(|warning| Line::new().role(Role::Warning, format!("warning: {warning}"))),
        );
        if !warnings.is_empty() {
            self.say(Role::Warning, Message::new("explorer.message.warnings").with("count", warnings.len()));
        }
    }

    /// The language of what the screen says.
    pub(super) fn language(&self) -> Language {
        self.state.language
    }

    /// Where things stand.
    pub(super) fn layout(&self) -> Layout {
        layout(self.screen, self.wish())
    }

    /// What decides where things stand.
    pub(super) fn wish(&self) -> Wish {
        let is_chosen = |pane: &usize| self.panes.get(*pane).is_some_and(|pane| pane.page.pinned.is_some());
        Wish {
            active: self.active,
            zoom: self.arranged.zoom,
            split: self.arranged.split,
            console: self.said(),
            chosen: [TYPES, POOL].iter().any(|pane| is_chosen(pane) || is_chosen(&panes::second(*pane))),
            dumps: self.dumps.are_several(),
            hidden: self.arranged.hidden,
            divided: self.arranged.divided,
            second: self.second,
            borders: self.arranged.borders,
        }
    }

    /// How many rows the last typed or followed command takes in the console, itself apart.
    pub(super) fn said(&self) -> usize {
        let kept = self.console.kept();
        self.echo.map_or(0, |echo| kept.rows().saturating_sub(kept.folds().row_of(echo) + 1))
    }

    /// A pane's lines as they are drawn.
    pub(super) fn kept(&self, pane: usize) -> Option<&Kept> {
        let page = &self.panes.get(pane)?.page;
        Some(if pane == CONSOLE { self.console.kept() } else { page.kept() })
    }

    /// The active pane's position, its lines and its place.
    pub(super) fn looking(&mut self) -> Option<(&mut View, &mut Kept, Place)> {
        let place = self.layout().place(self.active)?;
        let pane = self.panes.get_mut(self.active)?;
        let (view, kept) = pane.page.parts();
        let kept = if self.active == CONSOLE { self.console.kept_mut() } else { kept };
        Some((view, kept, place))
    }

    /// How many panes there are.
    pub(super) fn pane_count(&self) -> usize {
        panes::count(self.ticket.image.is_some(), self.dumps.are_several())
    }

    /// The command line that a pane shows or should show.
    pub(super) fn line_of(&self, pane: usize, width: u16) -> Option<String> {
        let spec = panes::spec(pane)?;
        let width = width.saturating_sub(spec.gutter);
        let opened = self.ticket.opened();
        let link = self.panes.get(pane)?.page.pinned.as_ref();
        if let (MEMORY, Some(line)) =
            (panes::whole(pane), memory::line(self.memory_form(), link, opened.image, width))
        {
            return Some(line);
        }
        match link {
            Some(action) => spec.line_for(action, width),
            None => spec.line(width, opened),
        }
    }

    /// As what memory is shown.
    pub(super) fn memory_form(&self) -> Form {
        self.memory.unwrap_or(Form::first(self.ticket.image.is_some()))
    }

    /// Says something in the last line until the next key.
    pub(super) fn say(&mut self, role: Role, message: Message) {
        self.message = Some((role, message));
    }

    /// Something from the terminal.
    pub(super) fn input(&mut self, input: Input) {
        match input {
            Input::Key(key) => {
                self.message = None;
                let asked = self.asked_to_leave;
                if asked && matches!(key.code, KeyCode::Char('y' | 'Y')) {
                    self.quit = true;
                    return;
                }
                if self.key_of_both_states(key) {
                    return self.settled();
                }
                let key = self.without_escape(key);
                if !self.layer_key(key) {
                    match self.keyboard {
                        Keyboard::Pane => match keys::action(key) {
                            Some(action) => self.act(action),
                            None => self.unknown_key(key),
                        },
                        Keyboard::Prompt => self.prompt_key(key),
                    }
                }
                self.asked_to_leave &= !asked;
            }
            Input::Paste(text) => {
                if !self.layer_paste(&text) {
                    self.keyboard = Keyboard::Prompt;
                    self.paste(&text);
                }
            }
            Input::Mouse(mouse) => self.mouse_event(mouse),
            Input::Resize => {}
            Input::Gone => self.quit = true,
        }
        self.settled();
    }

    fn settled(&mut self) {
        self.settle_half();
        self.stop_unwanted();
    }

    /// Keys that do the same whatever has the keyboard: Alt and a pane's number, Ctrl-P, Ctrl-Z, Ctrl-L, those of dumps.
    fn key_of_both_states(&mut self, key: KeyEvent) -> bool {
        let action = match (key.code, key.modifiers) {
            (KeyCode::Char(c), KeyModifiers::ALT) => {
                panes::of_digit(c).filter(|pane| *pane < self.pane_count()).map(Action::Pane)
            }
            (KeyCode::Char('p'), KeyModifiers::CONTROL) => Some(Action::Palette),
            (KeyCode::Char('z'), KeyModifiers::CONTROL) => Some(Action::Suspend),
            (KeyCode::Char('l'), KeyModifiers::CONTROL) => Some(Action::Redraw),
            (KeyCode::PageDown, KeyModifiers::CONTROL) => Some(Action::NextDump),
            (KeyCode::PageUp, KeyModifiers::CONTROL) => Some(Action::PreviousDump),
            _ => None,
        };
        let Some(action) = action else { return false };
        if let Action::Pane(_) = action {
            self.layers.clear();
            self.keyboard = Keyboard::Pane;
        }
        self.act(action);
        true
    }

    /// Esc and a character that come in one packet, as they do over slow lines, look like Alt with that character. Where
    /// Alt means nothing, they are taken for what they were.
    fn without_escape(&mut self, key: KeyEvent) -> KeyEvent {
        let types = self.keyboard == Keyboard::Prompt || !self.layers.is_empty();
        let is_prompts = types && matches!(key.code, KeyCode::Char('b' | 'f' | 'd'));
        let KeyCode::Char(_) = key.code else { return key };
        if key.modifiers != KeyModifiers::ALT || is_prompts {
            return key;
        }
        self.input(Input::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)));
        KeyEvent::new(key.code, KeyModifiers::NONE)
    }
}
