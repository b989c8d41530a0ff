//! Where script output goes: standard output and, if asked for, a log.

use super::exit::Refusal;
use super::progress::ProgressLine;
use super::{ColorChoice, Exit, Flags, complain};
use crate::output::{JsonStream, Line, OutputClosed, Piece, Problem, Sink, ansi, plain, sanitize};
use crate::session::{Log, LogForm, Session};
use crate::words::{Language, Message};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};

/// Writes what commands say.
pub struct Writer {
    out: Output,
    /// The session's log, and that of the objects of JSON.
    logs: [Log; 2],
    form: Form,
    /// How far the command that runs is.
    progress: ProgressLine,
}

enum Form {
    Text { color: bool },
    Json(JsonStream),
}

impl Writer {
    /// A writer as the flags ask for. The log is the session's; with JSON it is the writer's, and holds the objects.
    ///
    /// # Errors
    /// The log file cannot be created, or is a file that is being read.
    pub fn new(options: &Flags, session: &Session) -> Result<Writer, Refusal> {
        let objects = Log::default();
        if let Some(path) = &options.log_file {
            let log = if options.json { &objects } else { &session.log };
            log.open(path, LogForm::default())
                .map_err(|error| Refusal { message: format!("log file {error}"), exit: Exit::Usage })?;
        }
        let color = match options.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        };
        let form = match options.json {
            true => Form::Json(JsonStream::default()),
            false => Form::Text { color },
        };
        let log = session.log.clone();
        Ok(Writer { out: Output::default(), logs: [log, objects], form, progress: ProgressLine::default() })
    }

    /// Writes a prompt.
    ///
    /// # Errors
    /// [`OutputClosed`] when nobody takes it any more.
    pub fn prompt(&mut self, text: &str) -> Result<(), OutputClosed> {
        self.out.write(&sanitize(text))?;
        self.flush()
    }

    /// Writes what is left, before somebody else writes to the terminal.
    ///
    /// # Errors
    /// [`OutputClosed`] when nobody takes it any more.
    pub fn pass(&mut self) -> Result<(), OutputClosed> {
        self.flush()
    }

    /// Writes what somebody typed behind the prompt to the log.
    pub fn typed(&mut self, prompt: &str, line: &str) {
        let [log, _] = &self.logs;
        log.write(&format!("{}{}\n", sanitize(prompt), sanitize(line)));
    }

    /// How the process ends that would otherwise end with `exit`: what was not written counts more than what failed.
    pub fn end_with(&self, exit: Exit) -> Exit {
        self.logs.iter().for_each(Log::flush);
        self.tell_of_logs();
        if self.out.failed || self.logs.iter().any(Log::has_failed) { Exit::OutputFailed } else { exit }
    }

    /// Says of each log that ended early that it did, once.
    fn tell_of_logs(&self) {
        for failure in self.logs.iter().filter_map(Log::take_failure) {
            complain(&format!("dumpscope: {failure}"));
        }
    }

    fn lines(&mut self, lines: &[&Line]) -> Result<(), OutputClosed> {
        let lines = lines.iter().copied();
        match self.form {
            Form::Text { color: true } => self.out.write(&ansi(lines)),
            _ => self.out.write(&plain(lines)),
        }
    }

    /// Writes a part of an object.
    fn object(&mut self, text: &str) -> Result<(), OutputClosed> {
        let [_, objects] = &self.logs;
        objects.write(text);
        self.out.write(text)
    }

    fn flush(&mut self) -> Result<(), OutputClosed> {
        self.logs.iter().for_each(Log::flush);
        self.tell_of_logs();
        self.out.flush()
    }
}

/// Standard output. Its reader may leave, which is no failure; that it cannot be written is one, and is told.
pub(super) struct Output {
    out: BufWriter<io::Stdout>,
    failed: bool,
}

impl Default for Output {
    fn default() -> Output {
        Output { out: BufWriter::new(io::stdout()), failed: false }
    }
}

impl Output {
    /// Writes text as it is.
    ///
    /// # Errors
    /// [`OutputClosed`] when nobody takes it any more.
    pub(super) fn write(&mut self, text: &str) -> Result<(), OutputClosed> {
        let outcome = self.out.write_all(text.as_bytes());
        self.told(outcome)
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// As [`Output::write`].
    pub(super) fn flush(&mut self) -> Result<(), OutputClosed> {
        let outcome = self.out.flush();
        self.told(outcome)
    }

    /// How the process ends that would otherwise end with `exit`.
    pub(super) fn end_with(&self, exit: Exit) -> Exit {
        if self.failed { Exit::OutputFailed } else { exit }
    }

    fn told(&mut self, outcome: io::Result<()>) -> Result<(), OutputClosed> {
        outcome.map_err(|error| {
            if error.kind() != ErrorKind::BrokenPipe && !self.failed {
                self.failed = true;
                complain(&format!("dumpscope: standard output cannot be written: {error}"));
            }
            OutputClosed
        })
    }
}

impl Sink for Writer {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        self.progress.clear();
        match &mut self.form {
            Form::Json(stream) => {
                let text = stream.piece(&piece);
                self.object(&text)
            }
            Form::Text { .. } => {
                let lines: Vec<&Line> = piece.lines().collect();
                self.lines(&lines)
            }
        }
    }

    fn progress(&mut self, how_far: &dyn Fn() -> Message) {
        if self.progress.is_time() {
            // What has been said stands above the line.
            let _ = self.flush();
            self.progress.write(&how_far().in_language(Language::English));
        }
    }

    fn begin(&mut self, typed: &str) {
        self.progress = ProgressLine::default();
        if let Form::Json(stream) = &mut self.form {
            stream.begin(typed);
        }
    }

    fn end(&mut self, problem: Option<&Problem>) -> Result<(), OutputClosed> {
        self.progress.clear();
        if let Form::Json(stream) = &mut self.form {
            let text = stream.end(problem);
            self.object(&text)?;
        } else if let Some(problem) = problem {
            // As in the debugger, what failed is told where it failed.
            let lines = problem.lines();
            self.lines(&lines.iter().collect::<Vec<_>>())?;
        }
        self.flush()
    }
}
