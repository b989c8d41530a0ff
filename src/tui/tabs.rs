//! The dumps that are open together: each with its state, its engine and its thread. One that nobody has looked at is not
//! open; it is opened beside the screen, which goes on meanwhile.

use super::TuiError;
use super::app::{App, Effect, Go};
use super::dumps::{Condition, DumpTab, Dumps};
use super::engine::Engine;
use super::message::{Reply, State};
use super::theme::ThemeName;
use super::ticket::Ticket;
use crate::output::sanitize;
use crate::session::{Known, NoSystem, Session, System, Systems};
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::path::Path;
use std::thread;
use std::time::Instant;

/// Dumps that are open at a time; each takes memory for its symbols and for what its commands said.
const MOST_OPEN: usize = 16;

/// A dump that was opened, or could not be.
pub(super) struct Opened {
    number: usize,
    session: Result<Box<Session>, NoSystem>,
}

/// A dump with its screen.
struct Tab {
    app: App,
    /// `None` until it is open.
    engine: Option<Engine>,
    condition: Condition,
}

impl Tab {
    /// That of a dump which nobody has looked at, beside one that is shown.
    fn unopened(number: usize, system: &System, shown: &App) -> Tab {
        let language = shown.language();
        let state = State { prompt: format!("||{number}: "), language, ..State::default() };
        let ticket = Ticket { file: name(&system.path), ..Ticket::default() };
        let app = App::new(ticket, state, shown.theme.name, shown.mouse);
        let mut tab = Tab { app, engine: None, condition: Condition::Quiet };
        tab.app.close();
        if let Known::Failed(why) = &system.known {
            tab.fails(why);
        }
        tab
    }

    /// It cannot be opened.
    fn fails(&mut self, why: &str) {
        self.condition = Condition::Failed;
        self.app.not_opened(why);
    }
}

/// All of them.
pub(super) struct Tabs {
    shown: Tab,
    /// The number of the one in sight.
    number: usize,
    /// The others with their numbers.
    hidden: Vec<(usize, Tab)>,
    systems: Systems,
    opened: Receiver<Opened>,
    opens: Sender<Opened>,
}

impl Tabs {
    /// The dumps of a session, with the one in sight that it is about.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(super) fn start(mut session: Session, theme: ThemeName, mouse: bool) -> Result<Tabs, TuiError> {
        // Another one may be opened later.
        session.systems.set_apart();
        let systems = session.systems.clone();
        let first = App::new(Ticket::of(&session), State::of(&session), theme, mouse);
        let shown = Tab { app: first, engine: Some(Engine::start(session)?), condition: Condition::Quiet };
        let number = systems.number();
        let mut hidden: Vec<(usize, Tab)> = Vec::new();
        for (other, system) in systems.list().into_iter().enumerate() {
            if other == number {
                continue;
            }
            hidden.push((other, Tab::unopened(other, &system, &shown.app)));
        }
        let (opens, opened) = unbounded();
        let mut tabs = Tabs { shown, number, hidden, systems, opened, opens };
        tabs.tell();
        Ok(tabs)
    }

    fn all(&self) -> impl Iterator<Item = (usize, &Tab)> {
        std::iter::once((self.number, &self.shown))
            .chain(self.hidden.iter().map(|(number, tab)| (*number, tab)))
    }

    fn all_mut(&mut self) -> impl Iterator<Item = (usize, &mut Tab)> {
        let hidden = self.hidden.iter_mut().map(|(number, tab)| (*number, tab));
        std::iter::once((self.number, &mut self.shown)).chain(hidden)
    }

    fn tab(&mut self, wanted: usize) -> Option<&mut Tab> {
        self.all_mut().find(|(number, _)| *number == wanted).map(|(_, tab)| tab)
    }

    /// The state of the one in sight.
    pub(super) fn app(&mut self) -> &mut App {
        &mut self.shown.app
    }

    /// The same, to be looked at.
    pub(super) fn shown(&self) -> &App {
        &self.shown.app
    }

    /// The engine of the one in sight, if it is open.
    pub(super) fn engine(&self) -> Option<&Engine> {
        self.shown.engine.as_ref()
    }

    /// The engines of all that are open.
    pub(super) fn engines(&self) -> impl Iterator<Item = (usize, &Engine)> {
        self.all().filter_map(|(number, tab)| Some((number, tab.engine.as_ref()?)))
    }

    /// Gives those that were opened.
    pub(super) fn opened(&self) -> &Receiver<Opened> {
        &self.opened
    }

    /// Whether the one in sight is being opened.
    pub(super) fn is_opening(&self) -> bool {
        self.shown.engine.is_none() && self.shown.condition == Condition::Busy
    }

    /// The number of the one in sight.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// Sends the next requests: what was typed in any of them, and what the panes in sight show. False when an engine is gone.
    pub(super) fn request(&mut self, now: Instant) -> bool {
        let shown = self.number;
        for (number, tab) in self.all_mut() {
            let Some(engine) = &tab.engine else { continue };
            if (number == shown || tab.app.has_typed())
                && let Some(request) = tab.app.next_request(now)
                && engine.requests.send(request).is_err()
            {
                return false;
            }
        }
        true
    }

    /// Something from an engine.
    pub(super) fn reply(&mut self, number: usize, reply: Reply) {
        if let Some(tab) = self.tab(number) {
            tab.app.reply(reply);
        }
        self.tell();
    }

    /// What they want done, with the engine that it is about.
    pub(super) fn effects(&mut self) -> Vec<(usize, Effect)> {
        let mut effects = Vec::new();
        for (number, tab) in self.all_mut() {
            effects.extend(std::mem::take(&mut tab.app.effects).into_iter().map(|effect| (number, effect)));
        }
        effects
    }

    /// The engine of one, and what completion knows of it.
    pub(super) fn of(&self, number: usize) -> Option<(&Engine, &App)> {
        let (_, tab) = self.all().find(|(found, _)| *found == number)?;
        Some((tab.engine.as_ref()?, &tab.app))
    }

    /// Shows another one, opens it if it is not, and runs there what is left of a line and what waits behind it.
    pub(super) fn show(&mut self, go: Go, rest: &str) {
        self.add_named();
        let count = self.hidden.len() + 1;
        let number = match go {
            Go::Next => (self.number + 1) % count,
            Go::Previous => (self.number + count - 1) % count,
            Go::To(number) => number,
        };
        let Some((place, other)) = self.hidden.iter_mut().find(|(other, _)| *other == number) else { return };
        let before = &mut self.shown.app;
        let opener = before.state.opener.clone();
        // Lines behind one that goes to another dump are meant for that one.
        let waiting = if matches!(go, Go::To(_)) { before.take_typed() } else { Vec::new() };
        other.app.take_over(before.hand_over());
        other.app.state.opener = other.app.state.opener.take().or(opener);
        std::mem::swap(&mut self.shown, other);
        std::mem::swap(&mut self.number, place);
        self.open();
        let lines = std::iter::once(rest.to_owned()).filter(|rest| !rest.is_empty()).chain(waiting);
        lines.for_each(|line| self.shown.app.submit(&line));
        self.tell();
    }

    /// Gives those a tab that were named since (`.opendump`).
    fn add_named(&mut self) {
        for (number, system) in self.systems.list().into_iter().enumerate() {
            if self.all().all(|(known, _)| known != number) {
                let tab = Tab::unopened(number, &system, &self.shown.app);
                self.hidden.push((number, tab));
            }
        }
    }

    /// Opens the one in sight, on a thread of its own.
    fn open(&mut self) {
        let is_open = |tab: &Tab| tab.engine.is_some() || tab.condition == Condition::Busy;
        if is_open(&self.shown) {
            return;
        }
        let is_full = self.all().filter(|(_, tab)| is_open(tab)).count() >= MOST_OPEN;
        let (number, opens) = (self.number, self.opens.clone());
        let Some(opener) = self.shown.app.state.opener.clone() else { return };
        let why = match is_full {
            true => Some(format!("{MOST_OPEN} dumps are open, which is as many as the explorer keeps")),
            false => {
                let run = move || {
                    let session = opener.open(number).map(Box::new);
                    // Nobody waits for it when the program ends.
                    let _ = opens.send(Opened { number, session });
                };
                let started = thread::Builder::new().name("opener".to_owned()).spawn(run);
                started.err().map(|error| format!("cannot start the opener thread: {error}"))
            }
        };
        match why {
            None => {
                self.shown.condition = Condition::Busy;
                self.shown.app.opens();
            }
            Some(why) => self.shown.fails(&why),
        }
    }

    /// One was opened, or could not be.
    pub(super) fn take(&mut self, Opened { number, session }: Opened) {
        let Some(tab) = self.tab(number) else { return };
        let started = session.map_err(|why| why.to_string()).and_then(|session| {
            let (ticket, state) = (Ticket::of(&session), State::of(&session));
            let warnings = session.target.warnings().to_vec();
            let engine = Engine::start(*session).map_err(|error| error.to_string())?;
            Ok((ticket, state, warnings, engine))
        });
        match started {
            Ok((ticket, state, warnings, engine)) => {
                tab.app.opened(ticket, state);
                tab.app.warn(&warnings);
                tab.engine = Some(engine);
                tab.condition = Condition::Quiet;
            }
            Err(why) => tab.fails(&why),
        }
        self.tell();
    }

    /// Tells the one in sight of the others.
    pub(super) fn tell(&mut self) {
        if !self.systems.are_several() {
            return;
        }
        let list = self.systems.list().into_iter().enumerate();
        let tabs = list.map(|(number, system)| {
            let tab = self.all().find(|(found, _)| *found == number).map(|(_, tab)| tab);
            let condition = tab.map_or(Condition::Quiet, |tab| match tab.condition {
                Condition::Quiet if number != self.number && tab.app.is_busy() => Condition::Busy,
                condition => condition,
            });
            DumpTab { name: name(&system.path), condition }
        });
        let tabs = tabs.collect();
        let ran = self.hidden.iter().map(|(_, tab)| tab.app.ran).sum();
        self.shown.app.dumps = Dumps { tabs, current: self.number, ran };
    }

    /// Lets go of all dumps.
    pub(super) fn stop(self) {
        let hidden = self.hidden.into_iter().map(|(_, tab)| tab);
        hidden.chain([self.shown]).filter_map(|tab| tab.engine).for_each(Engine::stop);
    }
}

/// The last part of a path, as it may be shown.
fn name(path: &Path) -> String {
    sanitize(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()).into_owned()
}
