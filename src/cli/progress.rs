//! How far opening, or a long command, is, on standard error.

use crate::dump::Progress;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Work shorter than this says nothing.
const QUIET: Duration = Duration::from_millis(250);
/// At most this often a line is written again.
const PACE: Duration = Duration::from_millis(100);

/// One line that is rewritten in place, on a terminal only.
pub(super) struct ProgressLine {
    last: Instant,
    pace: Duration,
    shown: bool,
    terminal: bool,
}

impl Default for ProgressLine {
    fn default() -> ProgressLine {
        let terminal = io::stderr().is_terminal();
        ProgressLine { last: Instant::now(), pace: QUIET, shown: false, terminal }
    }
}

impl ProgressLine {
    /// Shows a step, if it is time to.
    pub(super) fn show(&mut self, progress: &Progress) {
        if self.is_time() {
            self.write(&text(progress));
        }
    }

    /// Whether something is to be shown now.
    pub(super) fn is_time(&self) -> bool {
        self.terminal && self.last.elapsed() >= self.pace
    }

    /// Shows a text of at most 60 columns in place of the one before.
    pub(super) fn write(&mut self, text: &str) {
        (self.last, self.pace, self.shown) = (Instant::now(), PACE, true);
        let _ = write!(io::stderr(), "\r{text:60}");
    }

    /// Takes the line away again.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(io::stderr(), "\r{:60}\r", "");
        }
    }
}

/// `unpacking  212/613 MiB`
fn text(progress: &Progress) -> String {
    const MIB: u64 = 1 << 20;
    match progress.total {
        Some(total) => format!("{}  {}/{} MiB ", progress.step, progress.done / MIB, total / MIB),
        None => format!("{}  {} MiB ", progress.step, progress.done / MIB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_carry_their_unit() {
        let progress = Progress { step: "unpacking", done: 212 << 20, total: Some(613 << 20) };
        assert_eq!(text(&progress), "unpacking  212/613 MiB ");
        assert_eq!(text(&Progress { total: None, ..progress }), "unpacking  212 MiB ");
    }
}
