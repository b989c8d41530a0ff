//! What stands between a command and whoever takes its output.

use crate::dump::Mapping;
use crate::output::{Line, OutputClosed, Piece, Problem, Sink, plain};
use crate::session::{Entry, Log, Session};
use crate::words::Message;

/// Refuses what a command says once the file that it reads has become shorter: it may be made of zeros in place of bytes.
pub(super) struct Checked<'s> {
    sink: &'s mut dyn Sink,
    file: Mapping,
    /// Known when the command began: then it reads nothing any more.
    lost_before: bool,
    pub(super) refused: bool,
    /// What was printed before of the line that goes on.
    unended: Line,
}

impl<'s> Checked<'s> {
    pub(super) fn new(session: &mut Session, sink: &'s mut dyn Sink) -> Checked<'s> {
        let file = session.target.subject().mapping().clone();
        let unended = std::mem::take(&mut session.interpreter.unended);
        Checked { sink, lost_before: file.is_lost(), file, refused: false, unended }
    }

    /// Gives back what is still no whole line, before what the command added to it.
    pub(super) fn keep_unended(self, added: &mut Line) {
        *added = self.unended.append(std::mem::take(added));
    }
}

impl Sink for Checked<'_> {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        if !self.lost_before && self.file.is_lost() {
            self.refused = true;
            return Err(OutputClosed);
        }
        if self.unended.is_empty() || matches!(piece, Piece::Close) {
            return self.sink.take(piece);
        }
        let unended = std::mem::take(&mut self.unended);
        piece.behind(unended).into_iter().try_for_each(|piece| self.sink.take(piece))
    }

    fn unfolds(&self) -> bool {
        self.sink.unfolds()
    }

    fn columns(&self) -> Option<usize> {
        self.sink.columns()
    }

    fn progress(&mut self, how_far: &dyn Fn() -> Message) {
        self.sink.progress(how_far);
    }

    fn begin(&mut self, command: &str) {
        self.sink.begin(command);
    }

    fn end(&mut self, problem: Option<&Problem>) -> Result<(), OutputClosed> {
        self.sink.end(problem)
    }
}

/// Writes what is said to the log, too, and keeps it for the journal.
pub(super) struct Logged<'s> {
    pub(super) sink: &'s mut dyn Sink,
    pub(super) log: &'s Log,
    pub(super) entry: Entry,
}

impl Sink for Logged<'_> {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        if self.log.is_open() {
            self.log.write(&plain(piece.lines()));
        }
        self.entry.hear(piece.lines());
        self.sink.take(piece)
    }

    fn unfolds(&self) -> bool {
        // The log has in full what the reader may unfold.
        self.sink.unfolds()
    }

    fn columns(&self) -> Option<usize> {
        // Nor has it a width.
        self.sink.columns().filter(|_| !self.log.is_open())
    }

    fn progress(&mut self, how_far: &dyn Fn() -> Message) {
        self.sink.progress(how_far);
    }

    fn begin(&mut self, command: &str) {
        self.sink.begin(command);
    }

    fn end(&mut self, problem: Option<&Problem>) -> Result<(), OutputClosed> {
        if let Some(problem) = problem {
            let lines = problem.lines();
            self.entry.hear(lines.iter());
            if self.log.is_open() {
                self.log.write(&plain(lines.iter()));
            }
        }
        self.sink.end(problem)
    }
}
