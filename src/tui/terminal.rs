//! The terminal as the explorer needs it, and as it was before.

mod last_words;

use super::TuiError;
use super::paint::{self, Painter};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{
    self, BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue, style};
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};

/// Whether the terminal is in the explorer's state and has to be restored. Process-wide, as the terminal is: drop, a
/// panic and a second drop all look here, so that it is restored exactly once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The explorer's terminal. Dropping it restores the screen, the cursor, the mouse and the line discipline.
pub(super) struct Terminal {
    out: BufWriter<Stdout>,
    painter: Painter,
}

/// Whether input and output are terminals.
pub fn is_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// # Errors
    /// [`TuiError::NoTerminal`], or what the system refused; the terminal is then as it was.
    pub(super) fn take(mouse: bool) -> Result<Terminal, TuiError> {
        if !is_terminal() {
            return Err(TuiError::NoTerminal);
        }
        restore_on_panic();
        last_words::prepare();
        TAKEN.store(true, Ordering::SeqCst);
        let taken = Terminal::set_up(mouse);
        if taken.is_err() {
            restore();
        }
        taken
    }

    fn set_up(mouse: bool) -> Result<Terminal, TuiError> {
        enter()?;
        let out = BufWriter::with_capacity(1 << 15, io::stdout());
        let mut terminal = Terminal { out, painter: Painter::default() };
        if mouse {
            terminal.set_mouse(true)?;
        }
        Ok(terminal)
    }

    /// Draws a frame, as one synchronized update; nothing is written if the terminal shows it already.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn draw(
        &mut self,
        render: impl FnOnce(&mut Buffer) -> Option<Position>,
    ) -> Result<(), TuiError> {
        let failed = |what| move |source| TuiError::Terminal { what, source };
        let (width, height) = terminal::size().map_err(failed("size"))?;
        let mut screen = paint::blank(width, height);
        let cursor = render(&mut screen);
        let text = self.painter.paint(screen, cursor);
        if text.is_empty() {
            return Ok(());
        }
        queue!(self.out, BeginSynchronizedUpdate)
            .and_then(|()| self.out.write_all(text.as_bytes()))
            .and_then(|()| execute!(self.out, EndSynchronizedUpdate))
            .map_err(failed("drawing"))
    }

    /// Forgets what is on the screen, so that the next frame is written whole. The terminal is asked nothing: its answer
    /// would go to the thread that reads keys.
    pub(super) fn clear(&mut self) {
        self.painter.forget();
    }

    /// Gives the terminal back for as long as the process is stopped, and takes it again.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn lend(&mut self, mouse: bool, stop: impl FnOnce()) -> Result<(), TuiError> {
        restore();
        stop();
        TAKEN.store(true, Ordering::SeqCst);
        self.retake(mouse)
    }

    /// Sets the terminal up again after another program may have changed it.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn retake(&mut self, mouse: bool) -> Result<(), TuiError> {
        // What was found at the start is what is restored at the end, whatever another program left.
        let _ = disable_raw_mode();
        enter()?;
        self.set_mouse(mouse)?;
        self.clear();
        Ok(())
    }

    /// Whether the mouse reports to the explorer, or selects text in the terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn set_mouse(&mut self, on: bool) -> Result<(), TuiError> {
        let done =
            if on { execute!(self.out, EnableMouseCapture) } else { execute!(self.out, DisableMouseCapture) };
        done.map_err(|source| TuiError::Terminal { what: "mouse", source })
    }

    /// Writes a control sequence that draws nothing.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn send(&mut self, sequence: impl crossterm::Command) -> Result<(), TuiError> {
        execute!(self.out, sequence).map_err(|source| TuiError::Terminal { what: "clipboard", source })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Raw mode, the other screen, pasted text told from typed.
fn enter() -> Result<(), TuiError> {
    let failed = |what| move |source| TuiError::Terminal { what, source };
    enable_raw_mode().map_err(failed("raw mode"))?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste).map_err(failed("alternate screen"))
}

/// Puts the terminal back, once. Every step is tried even if one before it failed: there is nobody left to tell.
fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    let _ = execute!(out, EndSynchronizedUpdate, DisableMouseCapture, DisableBracketedPaste);
    // A frame that was cut off may have left a scrolling region.
    let _ = out.write_all(b"\x1b[r");
    let _ = execute!(out, style::ResetColor, LeaveAlternateScreen, cursor::Show);
    let _ = out.flush();
    let _ = disable_raw_mode();
}

/// What the last panic outside the screen's thread said, for the report in the console.
static LAST_PANIC: Mutex<Option<String>> = Mutex::new(None);
static SCREEN_THREAD: Mutex<Option<ThreadId>> = Mutex::new(None);

/// Takes the text of the last panic outside the screen's thread.
pub(super) fn take_panic() -> Option<String> {
    LAST_PANIC.lock().ok()?.take()
}

/// A panic of the screen's own thread ends the explorer: the terminal is restored before the message is printed, so
/// that it can be read. One on any other thread is caught there; its message is kept instead of being printed over the
/// screen.
fn restore_on_panic() {
    static HOOK: Once = Once::new();
    if let Ok(mut thread) = SCREEN_THREAD.lock() {
        *thread = Some(thread::current().id());
    }
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let screen = SCREEN_THREAD.lock().ok().and_then(|thread| *thread);
            if !TAKEN.load(Ordering::SeqCst) || screen == Some(thread::current().id()) {
                restore();
                before(info);
            } else if let Ok(mut last) = LAST_PANIC.lock() {
                *last = Some(info.to_string());
            }
        }));
    });
}
