//! Where script output goes: standard output and, if asked for, a log.

use super::exit::Refusal;
use super::progress::ProgressLine;
use super::{ColorChoice, Exit, Flags, complain};
use crate::output::{JsonStream, Line, OutputClosed, Piece, Problem, Role, Sink, ansi, plain, sanitize};
use crate::util::files;
use crate::words::{Language, Message};
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::PathBuf;

/// Writes what commands say.
pub struct Writer {
    out: Output,
    log: Option<Log>,
    form: Form,
    /// How far the command that runs is.
    progress: ProgressLine,
}

enum Form {
    Text { color: bool },
    Json(JsonStream),
}

impl Writer {
    /// A writer as the flags ask for.
    ///
    /// # Errors
    /// The log file cannot be created, or is a file that is being read.
    pub fn new(options: &Flags) -> Result<Writer, Refusal> {
        let log = match &options.log_file {
            None => None,
            Some(path) => {
                let file = files::create_text(path)
                    .map_err(|error| Refusal { message: format!("log file {error}"), exit: Exit::Usage })?;
                Some(Log { path: path.clone(), file: BufWriter::new(file), failed: false })
            }
        };
        let color = match options.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        };
        let form = match options.json {
            true => Form::Json(JsonStream::default()),
            false => Form::Text { color },
        };
        Ok(Writer { out: Output::default(), log, form, progress: ProgressLine::default() })
    }

    /// Writes a prompt.
    ///
    /// # Errors
    /// [`OutputClosed`] when nobody takes it any more.
    pub fn prompt(&mut self, text: &str) -> Result<(), OutputClosed> {
        let text = sanitize(text);
        self.write(&text, &text)?;
        self.flush()
    }

    /// How the process ends that would otherwise end with `exit`: what was not written counts more than what failed.
    pub fn end_with(&self, exit: Exit) -> Exit {
        let failed = self.out.failed || self.log.as_ref().is_some_and(|log| log.failed);
        if failed { Exit::OutputFailed } else { exit }
    }

    fn write(&mut self, shown: &str, logged: &str) -> Result<(), OutputClosed> {
        if let Some(log) = &mut self.log {
            log.attempt(|file| file.write_all(logged.as_bytes()));
        }
        self.out.write(shown)
    }

    fn lines(&mut self, lines: &[&Line]) -> Result<(), OutputClosed> {
        let text = plain(lines.iter().copied());
        match self.form {
            Form::Text { color: true } => self.write(&ansi(lines.iter().copied()), &text),
            _ => self.write(&text, &text),
        }
    }

    fn flush(&mut self) -> Result<(), OutputClosed> {
        if let Some(log) = &mut self.log {
            log.attempt(|file| file.flush());
        }
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

/// The log. A full disk must not end the session; the log is shorter then, which is told once.
struct Log {
    path: PathBuf,
    file: BufWriter<File>,
    failed: bool,
}

impl Log {
    fn attempt(&mut self, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) {
        if self.failed {
            return;
        }
        if let Err(error) = write(&mut self.file) {
            self.failed = true;
            complain(&format!(
                "dumpscope: log file {}: {error}; it is not complete and ends here",
                self.path.display()
            ));
        }
    }
}

impl Sink for Writer {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        self.progress.clear();
        match &mut self.form {
            Form::Json(stream) => {
                let text = stream.piece(&piece);
                self.write(&text, &text)
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
            self.write(&text, &text)?;
        } else if let Some(problem) = problem {
            // As in the debugger, what failed is told where it failed.
            let lines: Vec<Line> =
                problem.text.lines().map(|line| Line::new().role(Role::Error, line)).collect();
            self.lines(&lines.iter().collect::<Vec<_>>())?;
        }
        self.flush()
    }
}
