//! What a command runs inside itself: lines, blocks, parts of its own text, and where their output goes.

use super::context::{Context, Out, Taken};
use super::error::CommandError;
use super::run::{Failure, run_text, run_typed};
use crate::output::{Collector, Document, Line, OutputClosed, Piece, Role, Sink};
use crate::session::Expanded;
use crate::words::Message;

impl Context<'_> {
    /// Runs something whose output goes through a sink of one's own on its way.
    ///
    /// # Errors
    /// What it fails with.
    pub fn through<'s, S: Sink + 's>(
        &'s mut self,
        through: impl FnOnce(&'s mut dyn Sink) -> S,
        run: impl FnOnce(&mut Context<'_>) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let mut sink = through(&mut *self.out.sink);
        let out = Out { sink: &mut sink, cancel: self.out.cancel.clone() };
        let mut context = Context { session: &mut *self.session, out, taken: Taken::default() };
        let outcome = run(&mut context);
        // What takes the output sees whole lines.
        let flushed = context.end_line();
        outcome.and(flushed)
    }

    /// What a block says, kept instead of shown.
    ///
    /// # Errors
    /// What fails in it, and more than 64 MiB of text.
    pub fn capture(&mut self, text: &str) -> Result<Captured, CommandError> {
        let mut ends = true;
        let (document, outcome) = self.kept(|context| {
            let outcome = context.run_block(text);
            ends = context.session.interpreter.unended.is_empty();
            outcome
        });
        outcome.map(|()| Captured { document, ends })
    }

    /// What something says, kept instead of shown, and how it ended: more than 64 MiB of text is a failure.
    pub fn kept(
        &mut self,
        run: impl FnOnce(&mut Context<'_>) -> Result<(), CommandError>,
    ) -> (Document, Result<(), CommandError>) {
        let mut kept = Kept::default();
        let out = Out { sink: &mut kept, cancel: self.out.cancel.clone() };
        let mut context = Context { session: &mut *self.session, out, taken: Taken::default() };
        let outcome = run(&mut context);
        let flushed = context.end_line();
        let outcome = match outcome.and(flushed) {
            Err(CommandError::Closed) if kept.bytes > MAX_CAPTURED => {
                Err(CommandError::Argument("it says more than 64 MiB".to_owned()))
            }
            outcome => outcome,
        };
        (kept.collector.document, outcome)
    }

    /// Ends the line that was printed in part.
    ///
    /// # Errors
    /// As [`Out::emit`].
    pub fn end_line(&mut self) -> Result<(), CommandError> {
        match std::mem::take(&mut self.session.interpreter.unended) {
            line if line.is_empty() => Ok(()),
            line => Ok(self.out.sink.block(line.into())?),
        }
    }

    /// Runs a line of commands as part of this one: their output is its.
    ///
    /// # Errors
    /// The first command that failed.
    pub fn run_line(&mut self, line: &str) -> Result<(), CommandError> {
        self.deeper(|context| run_text(line, 0, context.session, &mut Within(&mut *context.out.sink)))
    }

    /// Runs a block, whose aliases are replaced by what they stand for now.
    ///
    /// # Errors
    /// The first command that failed.
    pub fn run_block(&mut self, text: &str) -> Result<(), CommandError> {
        let Expanded { text, foreign } = self.session.interpreter.aliases.expand(text)?;
        let around = self.session.interpreter.depth.foreign;
        self.session.interpreter.depth.foreign = around.max(foreign);
        let outcome = self.run_line(&text);
        self.session.interpreter.depth.foreign = around;
        outcome
    }

    /// Runs a line as it would if it were typed, below a margin of so many columns.
    ///
    /// # Errors
    /// The first command that failed.
    pub fn run_typed(&mut self, line: &str, margin: usize) -> Result<(), CommandError> {
        let outer = std::mem::replace(&mut self.session.interpreter.depth.margin, margin);
        let outcome =
            self.deeper(|context| run_typed(line, context.session, &mut Within(&mut *context.out.sink)));
        self.session.interpreter.depth.margin = outer;
        outcome
    }

    /// Runs the part of `line` that begins at `start`.
    ///
    /// # Errors
    /// The first command that failed.
    pub fn run_part(&mut self, line: &str, start: usize) -> Result<(), CommandError> {
        self.deeper(|context| run_text(line, start, context.session, &mut Within(&mut *context.out.sink)))
    }

    fn deeper(
        &mut self,
        run: impl FnOnce(&mut Context<'_>) -> Result<(), Failure>,
    ) -> Result<(), CommandError> {
        if self.session.interpreter.depth.nesting >= MAX_NESTING {
            return Err(CommandError::Argument(format!(
                "commands run commands more than {MAX_NESTING} deep"
            )));
        }
        self.session.interpreter.depth.nesting += 1;
        let outcome = run(self);
        self.session.interpreter.depth.nesting -= 1;
        outcome.map_err(|failure| failure.error)
    }

    /// Tells of an error that does not end what runs: in the output, and for a script's exit status.
    ///
    /// # Errors
    /// As [`Out::emit`]; the error itself if it ends everything.
    pub fn tell(&mut self, error: CommandError) -> Result<(), CommandError> {
        if error.ends_all() {
            return Err(error);
        }
        let text = error.to_string();
        let detail = error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
        self.session.lacks.push(format!("{}{detail}", text.trim_start()));
        text.lines().try_for_each(|line| self.out.emit(Line::new().role(Role::Error, line)))
    }
}

/// The deepest nesting of commands that run commands.
const MAX_NESTING: usize = 100;

/// The most text of another command that is kept, in bytes.
const MAX_CAPTURED: usize = 64 << 20;

/// What commands said that was kept instead of shown.
pub struct Captured {
    document: Document,
    /// Whether its last line has an end.
    ends: bool,
}

impl Captured {
    /// Its text.
    pub fn text(&self) -> String {
        let mut text = self.document.text();
        if !self.ends {
            text.pop();
        }
        text
    }
}

/// Keeps what is said, up to a bound.
#[derive(Default)]
struct Kept {
    collector: Collector,
    bytes: usize,
}

impl Sink for Kept {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        self.bytes += piece.size();
        if self.bytes > MAX_CAPTURED { Err(OutputClosed) } else { self.collector.take(piece) }
    }
}

/// Takes the blocks of commands that run inside another, whose beginning and end the reader need not see.
struct Within<'s>(&'s mut dyn Sink);

impl Sink for Within<'_> {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        self.0.take(piece)
    }

    fn unfolds(&self) -> bool {
        self.0.unfolds()
    }

    fn columns(&self) -> Option<usize> {
        self.0.columns()
    }

    fn progress(&mut self, how_far: &dyn Fn() -> Message) {
        self.0.progress(how_far);
    }
}
