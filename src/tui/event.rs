//! What happens outside: keys, the mouse, sizes, signals.

use super::TuiError;
use crossbeam_channel::{Receiver, Sender, bounded};
use crossterm::event::{self, KeyEvent, KeyEventKind, MouseEvent};
use std::thread;

/// Something from the terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// A key was pressed, or repeats.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The terminal has another size.
    Resize,
    /// The terminal is gone.
    Gone,
}

/// Events that wait at most; a terminal that sends more is slowed down by its own buffer.
const WAITING: usize = 256;

/// Reads the terminal on a thread of its own, which sleeps until there is something to read. The thread ends with the
/// process: it cannot be woken.
///
/// # Errors
/// The system has no thread to give.
pub(super) fn inputs() -> Result<Receiver<Input>, TuiError> {
    let (sender, receiver) = bounded(WAITING);
    thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || read(&sender))
        .map_err(|source| TuiError::Thread { what: "input", source })?;
    Ok(receiver)
}

fn read(sender: &Sender<Input>) {
    loop {
        let input = match event::read() {
            // Windows and some terminals report releases too; acting on those would double every key.
            Ok(event::Event::Key(key)) if matches!(key.kind, KeyEventKind::Press | KeyEventKind::Repeat) => {
                Input::Key(key)
            }
            Ok(event::Event::Paste(text)) => Input::Paste(text),
            Ok(event::Event::Mouse(mouse)) => Input::Mouse(mouse),
            Ok(event::Event::Resize(..)) => Input::Resize,
            Ok(_) => continue,
            Err(_) => Input::Gone,
        };
        let last = input == Input::Gone;
        if sender.send(input).is_err() || last {
            return;
        }
    }
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// Stop what runs.
    Interrupt,
    /// Stop the process until it is continued.
    Suspend,
    /// The process goes on; another program may have used the terminal.
    Continued,
    /// End, as this signal does.
    End(i32),
}

/// Signals that end, stop or continue the explorer, or (`SIGINT`) stop what runs.
///
/// # Errors
/// The system refused a handler or a thread.
#[cfg(unix)]
pub(super) fn signals() -> Result<Receiver<Signal>, TuiError> {
    use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
    let (sender, receiver) = bounded(8);
    let failed = |source| TuiError::Thread { what: "signal", source };
    let mut signals =
        signal_hook::iterator::Signals::new([SIGTERM, SIGHUP, SIGQUIT, SIGINT, SIGTSTP, SIGCONT])
            .map_err(failed)?;
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            for signal in signals.forever() {
                let signal = match signal {
                    SIGINT => Signal::Interrupt,
                    SIGTSTP => Signal::Suspend,
                    SIGCONT => Signal::Continued,
                    other => Signal::End(other),
                };
                if sender.send(signal).is_err() {
                    return;
                }
            }
        })
        .map_err(failed)?;
    Ok(receiver)
}

/// Windows has no such signals: closing the window ends the process.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub(super) fn signals() -> Result<Receiver<Signal>, TuiError> {
    Ok(crossbeam_channel::never())
}

/// Stops the process until it is continued; false where it cannot be stopped.
pub(super) fn suspend() -> bool {
    #[cfg(unix)]
    return signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP).is_ok();
    #[cfg(not(unix))]
    false
}

/// Whether somebody could bring the program back: a shell of the same session.
pub(super) fn can_suspend() -> bool {
    #[cfg(unix)]
    {
        use nix::unistd::{getpid, getppid, getsid};
        // Who leads its session has no shell above it. A parent or a leader outside the container is process 0.
        let (own, parent) = (getsid(None), getppid());
        own != Ok(getpid()) && parent.as_raw() != 0 && getsid(Some(parent)) == own
    }
    #[cfg(not(unix))]
    false
}

/// Ends the process as the signal would have done, now that the terminal is restored, so that whoever started it sees
/// why it ended.
pub(super) fn die_of(signal: i32) {
    crate::util::temporary::remove_all();
    #[cfg(unix)]
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    #[cfg(not(unix))]
    let _ = signal;
}
