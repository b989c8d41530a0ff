//! The loop: wait, change the state, draw.

use super::TuiError;
use super::app::{App, Effect};
use super::arranged::Arranged;
use super::completer::Question;
use super::event::{self, Input, Signal};
use super::history::History;
use super::last_line::QUIET;
use super::message::Reply;
use super::screen;
use super::tabs::{Opened, Tabs};
use super::terminal::Terminal;
use super::theme::ThemeName;
use crate::output::Role;
use crate::session::Session;
use crate::words::Message;
use crossbeam_channel::{Receiver, Select, TryRecvError};
use crossterm::clipboard::CopyToClipboard;
use std::time::{Duration, Instant};

/// How the explorer starts.
#[derive(Debug, Clone)]
pub struct ExplorerOptions {
    /// The colours.
    pub theme: ThemeName,
    /// Whether the mouse works in the explorer from the start.
    pub mouse: bool,
    /// Command lines to run first.
    pub commands: Vec<String>,
}

impl ExplorerOptions {
    /// What the environment asks for: colours by `NO_COLOR`, `DUMPSCOPE_THEME` and `TERM`; no mouse over SSH, where
    /// people select text with it.
    pub fn from_environment() -> ExplorerOptions {
        let variable = |name: &str| std::env::var(name).ok();
        let ssh =
            ["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"].iter().any(|name| std::env::var_os(name).is_some());
        ExplorerOptions { theme: ThemeName::from_environment(variable), mouse: !ssh, commands: Vec::new() }
    }
}

/// Output is drawn at most this often; keys are answered at once.
const FRAME: Duration = Duration::from_millis(33);
/// Keys that are taken together before the next frame at most; replies, each of many lines, are for as long as a frame.
const BURST: usize = 128;

/// Runs the explorer on a session until the user leaves it.
///
/// A signal that ends programs ends this one as well, once the terminal is restored: then this does not return.
///
/// # Errors
/// There is no terminal, or it is gone.
pub fn run(session: Session, options: ExplorerOptions) -> Result<(), TuiError> {
    let signals = event::signals()?;
    let mut terminal = Terminal::take(options.mouse)?;
    let inputs = event::inputs()?;
    let warnings = session.target.warnings().to_vec();
    let mut tabs = Tabs::start(session, options.theme, options.mouse)?;
    let app = tabs.app();
    app.warn(&warnings);
    app.arranged = Arranged::kept();
    let arranged = app.arranged;
    let (history, earlier) = History::open();
    app.prompt.remember_earlier(earlier);
    for line in &options.commands {
        app.submit(line);
    }
    let outcome = serve(&mut tabs, &mut terminal, &history, &inputs, &signals);
    drop(terminal);
    let left = tabs.app().arranged;
    tabs.stop();
    if left != arranged {
        left.keep();
    }
    if let Some(signal) = outcome? {
        event::die_of(signal);
    }
    Ok(())
}

/// Until the user leaves or a signal comes, which is returned.
fn serve(
    tabs: &mut Tabs,
    terminal: &mut Terminal,
    history: &History,
    inputs: &Receiver<Input>,
    signals: &Receiver<Signal>,
) -> Result<Option<i32>, TuiError> {
    let mut due = Some(Instant::now());
    // When output, and not a key, was drawn last.
    let mut drawn: Option<Instant> = None;
    let mut by_output = false;
    loop {
        let now = Instant::now();
        if due.is_some_and(|due| due <= now) {
            // What was told last may have been overtaken by its end.
            let fetches = tabs.engine().map_or(0, |engine| engine.fetches.left());
            let app = tabs.app();
            app.fetching.take_if(|_| fetches == 0);
            // A terminal that was closed takes no frame; there is nobody to tell.
            if terminal.draw(|screen| screen::draw(app, screen, now)).is_err() {
                return Ok(None);
            }
            drawn = if std::mem::take(&mut by_output) { Some(now) } else { drawn };
            due = None;
        }
        // After the drawing: which panes are in sight, and how wide, is known then.
        if !tabs.request(Instant::now()) {
            return Ok(None);
        }
        let until = next_wake(tabs.app(), due, now);
        match wait(tabs, inputs, signals, until) {
            Woken::Input(input) => {
                let app = tabs.app();
                app.input(input);
                inputs.try_iter().take(BURST).for_each(|input| app.input(input));
                due = Some(Instant::now());
            }
            Woken::Reply(number, reply) => {
                tabs.reply(number, *reply);
                let begun = Instant::now();
                // A key waits for no more of it.
                while begun.elapsed() < FRAME
                    && inputs.is_empty()
                    && let Some((engine, _)) = tabs.of(number)
                    && let Ok(reply) = engine.replies.try_recv()
                {
                    tabs.reply(number, reply);
                }
                let earliest = drawn.map_or(now, |drawn| drawn + FRAME);
                by_output = true;
                due = Some(due.map_or(earliest, |due| due.min(earliest)));
            }
            Woken::Opened(opened) => {
                tabs.take(opened);
                due = Some(Instant::now());
            }
            Woken::Signal(Signal::Interrupt) => {
                tabs.app().stop();
            }
            Woken::Signal(Signal::Suspend) => tabs.app().effects.push(Effect::Suspend),
            Woken::Signal(Signal::Continued) => {
                terminal.retake(tabs.app().mouse)?;
                due = Some(Instant::now());
            }
            Woken::Signal(Signal::End(signal)) => return Ok(Some(signal)),
            Woken::Time => {
                due = Some(Instant::now());
                // The command may have begun its next part in the moment in which it was asked to stop.
                let stopping = tabs.app().running.as_ref().is_some_and(|running| running.stopping);
                if let Some(engine) = tabs.engine().filter(|_| stopping) {
                    engine.cancel.cancel();
                }
            }
            Woken::Nobody => return Ok(None),
        }
        for (number, effect) in tabs.effects() {
            match effect {
                Effect::Stop => tabs.of(number).into_iter().for_each(|(engine, _)| engine.cancel.cancel()),
                Effect::StopFetching => {
                    tabs.of(number).into_iter().for_each(|(engine, _)| engine.fetches.stop());
                }
                // The thread is gone only if the system ends it; then nothing is completed.
                Effect::Complete(typed, completion) => {
                    if let Some((engine, app)) = tabs.of(number) {
                        let names = app.state.names.clone();
                        let _ = engine.questions.send(Question { typed, completion, names });
                    }
                }
                Effect::Remember(line) => history.add(&line),
                Effect::Copy(text) => terminal.send(CopyToClipboard::to_clipboard_from(text))?,
                Effect::Mouse(on) => terminal.set_mouse(on)?,
                Effect::Redraw => {
                    terminal.clear();
                    due = Some(Instant::now());
                }
                Effect::Suspend => {
                    // The terminal is given away only to somebody: keys that arrive meanwhile would not be the explorer's.
                    let mut stopped = false;
                    if event::can_suspend() {
                        let mouse = tabs.app().mouse;
                        terminal.lend(mouse, || stopped = event::suspend())?;
                    }
                    if !stopped {
                        tabs.app().say(Role::Warning, Message::new("explorer.message.not_suspended"));
                    }
                    due = Some(Instant::now());
                }
                Effect::Show(go, rest) => {
                    tabs.show(go, &rest);
                    due = Some(Instant::now());
                }
            }
        }
        if tabs.app().quit {
            return Ok(None);
        }
    }
}

/// When to wake without an event: for a frame that is due, or to show how long a command has been running. Never when
/// idle.
fn next_wake(app: &App, due: Option<Instant>, now: Instant) -> Option<Instant> {
    let running = app.running.as_ref().map(|running| {
        let time = now.saturating_duration_since(running.since);
        let quarters = u32::try_from(time.as_millis() / QUIET.as_millis()).unwrap_or(u32::MAX);
        running.since + QUIET.saturating_mul(quarters.saturating_add(1))
    });
    // Between two pieces of a long search keys have their turn.
    let looking = app.is_looking().then_some(now);
    [due, running, looking].into_iter().flatten().min()
}

enum Woken {
    Input(Input),
    Reply(usize, Box<Reply>),
    Opened(Opened),
    Signal(Signal),
    Time,
    Nobody,
}

/// Waits for whatever comes first. Signals come before keys, keys before what the engines say.
fn wait(tabs: &Tabs, inputs: &Receiver<Input>, signals: &Receiver<Signal>, until: Option<Instant>) -> Woken {
    loop {
        // The selection takes any that is ready, so that no engine waits for another one for ever.
        let first = of(signals.try_recv(), Woken::Signal).or_else(|| of(inputs.try_recv(), Woken::Input));
        if let Some(woken) = first {
            return woken;
        }
        let mut select = Select::new();
        select.recv(signals);
        select.recv(inputs);
        select.recv(tabs.opened());
        let engines: Vec<_> = tabs.engines().collect();
        for (_, engine) in &engines {
            select.recv(&engine.replies);
        }
        let ready = match until {
            Some(time) => match select.ready_deadline(time) {
                Ok(ready) => ready,
                Err(_) => return Woken::Time,
            },
            None => select.ready(),
        };
        // What was ready may have been taken by nobody else; that it is empty all the same is no reason to wake.
        let woken = match ready {
            0 => of(signals.try_recv(), Woken::Signal),
            1 => of(inputs.try_recv(), Woken::Input),
            2 => of(tabs.opened().try_recv(), Woken::Opened),
            engine => match engine.checked_sub(3).and_then(|place| engines.get(place)) {
                Some((number, engine)) => {
                    of(engine.replies.try_recv(), |reply| Woken::Reply(*number, Box::new(reply)))
                }
                None => Some(Woken::Nobody),
            },
        };
        if let Some(woken) = woken {
            return woken;
        }
    }
}

/// What was received; `None` if there was nothing.
fn of<T>(received: Result<T, TryRecvError>, woken: impl FnOnce(T) -> Woken) -> Option<Woken> {
    match received {
        Ok(received) => Some(woken(received)),
        Err(TryRecvError::Empty) => None,
        Err(TryRecvError::Disconnected) => Some(Woken::Nobody),
    }
}
