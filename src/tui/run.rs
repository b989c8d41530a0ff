//! The loop: wait, change the state, draw.

use super::TuiError;
use super::app::{App, Effect};
use super::arranged::Arranged;
use super::completer::Question;
use super::engine::Engine;
use super::event::{self, Input, Signal};
use super::history::History;
use super::message::State;
use super::screen::{self, QUIET};
use super::terminal::Terminal;
use super::theme::ThemeName;
use super::ticket::Ticket;
use crate::output::Role;
use crate::session::Session;
use crate::words::Message;
use crossbeam_channel::{Receiver, select};
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
    let mut app = App::new(Ticket::of(&session), State::of(&session), options.theme, options.mouse);
    app.arranged = Arranged::kept();
    let arranged = app.arranged;
    app.warn(session.target.warnings());
    let (history, earlier) = History::open();
    app.prompt.remember_earlier(earlier);
    for line in &options.commands {
        app.submit(line);
    }
    let signals = event::signals()?;
    let mut terminal = Terminal::take(options.mouse)?;
    let inputs = event::inputs()?;
    let engine = Engine::start(session)?;
    let outcome = serve(&mut app, &mut terminal, &engine, &history, &inputs, &signals);
    drop(terminal);
    engine.stop();
    if app.arranged != arranged {
        app.arranged.keep();
    }
    if let Some(signal) = outcome? {
        event::die_of(signal);
    }
    Ok(())
}

/// Until the user leaves or a signal comes, which is returned.
fn serve(
    app: &mut App,
    terminal: &mut Terminal,
    engine: &Engine,
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
            app.fetching.take_if(|_| engine.fetches.left() == 0);
            // A terminal that was closed takes no frame; there is nobody to tell.
            if terminal.draw(|frame| screen::draw(app, frame, now)).is_err() {
                return Ok(None);
            }
            drawn = if std::mem::take(&mut by_output) { Some(now) } else { drawn };
            due = None;
        }
        // After the drawing: which panes are in sight, and how wide, is known then.
        if let Some(request) = app.next_request(Instant::now())
            && engine.requests.send(request).is_err()
        {
            return Ok(None);
        }
        match wait(engine, inputs, signals, next_wake(app, due, now)) {
            Woken::Input(input) => {
                app.input(input);
                inputs.try_iter().take(BURST).for_each(|input| app.input(input));
                due = Some(Instant::now());
            }
            Woken::Reply(reply) => {
                app.reply(reply);
                let begun = Instant::now();
                while begun.elapsed() < FRAME
                    && let Ok(reply) = engine.replies.try_recv()
                {
                    app.reply(reply);
                }
                let earliest = drawn.map_or(now, |drawn| drawn + FRAME);
                by_output = true;
                due = Some(due.map_or(earliest, |due| due.min(earliest)));
            }
            Woken::Signal(Signal::Interrupt) => {
                app.stop();
            }
            Woken::Signal(Signal::Suspend) => app.effects.push(Effect::Suspend),
            Woken::Signal(Signal::Continued) => {
                terminal.retake(app.mouse)?;
                due = Some(Instant::now());
            }
            Woken::Signal(Signal::End(signal)) => return Ok(Some(signal)),
            Woken::Time => {
                due = Some(Instant::now());
                // The command may have begun its next part in the moment in which it was asked to stop.
                if app.running.as_ref().is_some_and(|running| running.stopping) {
                    engine.cancel.cancel();
                }
            }
            Woken::Nobody => return Ok(None),
        }
        for effect in std::mem::take(&mut app.effects) {
            match effect {
                Effect::Stop => engine.cancel.cancel(),
                Effect::StopFetching => engine.fetches.stop(),
                // The thread is gone only if the system ends it; then nothing is completed.
                Effect::Complete(typed, completion) => {
                    let _ =
                        engine.questions.send(Question { typed, completion, names: app.state.names.clone() });
                }
                Effect::Remember(line) => history.add(&line),
                Effect::Copy(text) => terminal.send(CopyToClipboard::to_clipboard_from(text))?,
                Effect::Mouse(on) => terminal.set_mouse(on)?,
                Effect::Redraw => {
                    terminal.clear()?;
                    due = Some(Instant::now());
                }
                Effect::Suspend => {
                    // The terminal is given away only to somebody: keys that arrive meanwhile would not be the explorer's.
                    let mut stopped = false;
                    if event::can_suspend() {
                        terminal.lend(app.mouse, || stopped = event::suspend())?;
                    }
                    if !stopped {
                        app.say(Role::Warning, Message::new("explorer.message.not_suspended"));
                    }
                    due = Some(Instant::now());
                }
            }
        }
        if app.quit {
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
    [due, running].into_iter().flatten().min()
}

enum Woken {
    Input(Input),
    Reply(super::message::Reply),
    Signal(Signal),
    Time,
    Nobody,
}

fn wait(
    engine: &Engine,
    inputs: &Receiver<Input>,
    signals: &Receiver<Signal>,
    until: Option<Instant>,
) -> Woken {
    let time = until.map_or_else(crossbeam_channel::never, crossbeam_channel::at);
    select! {
        recv(signals) -> signal => signal.map_or(Woken::Nobody, Woken::Signal),
        recv(inputs) -> input => input.map_or(Woken::Nobody, Woken::Input),
        recv(engine.replies) -> reply => reply.map_or(Woken::Nobody, Woken::Reply),
        recv(time) -> _ => Woken::Time,
    }
}
