//! The terminal is put back even where a fault ends the process: an abort, a stack that is used up, a signal of another's.

/// What [`super::restore`] writes, as one piece that a signal handler can write: end of the synchronized update, mouse, paste,
/// scrolling region, colours, alternate screen, cursor.
#[cfg(unix)]
const RESTORE: &[u8] = b"\x1b[?2026l\x1b[?1006l\x1b[?1015l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?2004l\x1b[r\x1b[0m\x1b[?1049l\x1b[?25h";

/// Remembers how the terminal is now, and has it put back before a fault ends the process.
#[cfg(unix)]
pub(super) fn prepare() {
    use super::TAKEN;
    use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
    use std::sync::OnceLock;
    use std::sync::atomic::Ordering;

    static BEFORE: OnceLock<Termios> = OnceLock::new();
    if let Ok(now) = tcgetattr(rustix::stdio::stdin()) {
        let _ = BEFORE.set(now);
    }
    // System calls only: this runs inside the fault. What fails is left, for nobody is there to be told.
    crate::dump::before_death(|| {
        if !TAKEN.swap(false, Ordering::SeqCst) {
            return;
        }
        let mut rest = RESTORE;
        while let Ok(count @ 1..) = rustix::io::write(rustix::stdio::stdout(), rest) {
            rest = rest.get(count..).unwrap_or_default();
        }
        if let Some(before) = BEFORE.get() {
            let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, before);
        }
    });
}

/// Elsewhere the console's modes end with the process's handles.
#[cfg(not(unix))]
pub(super) fn prepare() {}
