//! The engine's thread: it owns the session and runs one command line after the other.

use super::TuiError;
use super::completer::{self, Question};
use super::message::{End, Errand, Reply, State, Task};
use super::page::MAX_LINES;
use super::terminal::take_panic;
use super::test_hook;
use super::watch::listener;
use crate::command::{CommandError, Failure, LineEnd, run_line, stand_at_verdict};
use crate::debuggee::Fetches;
use crate::output::{Line, OutputClosed, Piece, Problem, Role, Sink, brief, plain};
use crate::session::Session;
use crate::util::cancel::CancelToken;
use crate::words::{Language, Message};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::mem::take;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The engine as the screen sees it.
pub(super) struct Engine {
    /// Takes requests.
    pub(super) requests: Sender<Errand>,
    /// Gives replies. Bounded, so that a command cannot run ahead of the screen and fill memory.
    pub(super) replies: Receiver<Reply>,
    /// Takes what is to be completed.
    pub(super) questions: Sender<Question>,
    /// Stops what runs.
    pub(super) cancel: CancelToken,
    /// What is being fetched.
    pub(super) fetches: Fetches,
    thread: JoinHandle<()>,
}

/// Replies that wait for the screen at most.
const WAITING_REPLIES: usize = 8;

impl Engine {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has no thread to give.
    pub(super) fn start(session: Session) -> Result<Engine, TuiError> {
        let (requests, inbox) = unbounded();
        let (outbox, replies) = bounded(WAITING_REPLIES);
        let cancel = session.cancel.clone();
        let fetches = session.target.symbols().fetches().clone();
        fetches.set_listener(listener(outbox.clone()));
        let questions = completer::start(outbox.clone())?;
        let thread = thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || serve(session, &inbox, &outbox))
            .map_err(|source| TuiError::Thread { what: "engine", source })?;
        Ok(Engine { requests, replies, questions, cancel, fetches, thread })
    }

    /// Stops what runs and gives the thread a moment to let go of the dump (an unpacked one is a temporary file).
    pub(super) fn stop(self) {
        let Engine { requests, replies, questions, cancel, fetches, thread } = self;
        fetches.stop();
        drop((requests, replies, questions));
        let deadline = Instant::now() + Duration::from_millis(500);
        while !thread.is_finished() && Instant::now() < deadline {
            cancel.cancel();
            thread::sleep(Duration::from_millis(2));
        }
    }
}

fn serve(mut session: Session, inbox: &Receiver<Errand>, outbox: &Sender<Reply>) {
    for request in inbox {
        let cancel = session.cancel.begin();
        let table = session.target.symbols();
        table.set_observer(Arc::new(cancel.clone()));
        // Panes show what is known and run again as more arrives; who types a command waits for its whole answer.
        table.set_waiting(!request.for_pane && request.task == Task::Line);
        let mut sink = Stream::new(&request, outbox, cancel, session.settings.language);
        let view = session.view();
        // A pane's command is the program's own: the user's aliases are not meant, and log and journal tell what was typed.
        let is_own = request.for_pane || request.task != Task::Line;
        let aside = is_own.then(|| {
            let (aliases, log) = (take(&mut session.interpreter.aliases), take(&mut session.log));
            (aliases, log, take(&mut session.journal))
        });
        let outcome = catch_unwind(AssertUnwindSafe(|| run(&request, &mut session, &mut sink)));
        if let Some((aliases, log, journal)) = aside {
            (session.interpreter.aliases, session.log, session.journal) = (aliases, log, journal);
        }
        // What a command that came to no end had selected is not what the user asked for.
        if outcome.is_err() {
            session.restore(view);
        }
        let stopped = sink.cancel.is_cancelled();
        let end = match outcome {
            Ok(Ok(LineEnd::Next)) => End::Finished,
            Ok(Ok(LineEnd::Quit)) => End::Quit,
            Ok(Ok(LineEnd::System { number, rest })) => End::System { number, rest },
            Ok(Err(Failure { error: CommandError::Cancelled, .. })) => End::Cancelled,
            // What fails for want of symbols that were no longer waited for has not failed by itself.
            Ok(Err(_)) if stopped => End::Cancelled,
            Ok(Err(Failure { error: CommandError::Closed, .. })) => End::Finished,
            Ok(Err(failure)) => End::Failed { why: text(&failure), hints: failure.error.hints() },
            Err(_) => End::Failed { why: panic_text(&request.line), hints: Vec::new() },
        };
        let flushed = sink.flush();
        let log = session.target.symbols().take_log();
        let failed = session.log.take_failure().map(|why| Line::new().role(Role::Warning, why));
        let lines: Vec<Line> =
            log.into_iter().map(|line| Line::new().role(Role::Dim, line)).chain(failed).collect();
        if !lines.is_empty() && outbox.send(Reply::Log { lines }).is_err() {
            return;
        }
        let done = Reply::Done { id: request.id, end, state: State::of(&session) };
        if flushed.is_err() || outbox.send(done).is_err() {
            return;
        }
    }
}

/// Runs a request. A pane's commands must not move what the user's next `d` or `u` goes on from, nor select anything.
fn run(request: &Errand, session: &mut Session, sink: &mut Stream<'_>) -> Result<LineEnd, Failure> {
    test_hook::in_engine(&request.line, &sink.cancel);
    match &request.task {
        Task::Line => {}
        Task::Verdict => return stand(session),
        Task::Select(selection) => {
            session.select(selection);
            return Ok(LineEnd::Next);
        }
    }
    if !request.for_pane {
        session.log.write(&plain(&[Line::of(format!("{}{}", session.prompt(), request.line))]));
        return run_line(&request.line, session, sink);
    }
    let view = session.view();
    session.settings.whole_paragraphs = true;
    let outcome = run_line(&request.line, session, sink);
    session.restore(view);
    outcome
}

/// Looks at what the verdict looked at; where that comes to no end, at what was looked at before.
fn stand(session: &mut Session) -> Result<LineEnd, Failure> {
    let view = session.view();
    let outcome = stand_at_verdict(session);
    if outcome.is_err() {
        session.restore(view);
    }
    let failed = |error| Failure { command: String::new(), error, skipped: String::new() };
    outcome.map(|()| LineEnd::Next).map_err(failed)
}

fn text(failure: &Failure) -> String {
    let Failure { command, error, skipped } = failure;
    match skipped.as_str() {
        "" => brief(&format!("{command}: {error}")).into_owned(),
        skipped => brief(&format!("{command}: {error} (not run: {skipped})")).into_owned(),
    }
}

fn panic_text(line: &str) -> String {
    let what = take_panic().unwrap_or_else(|| "no details".to_owned());
    let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
    format!(
        "{line}: dumpscope itself failed ({what}); the session goes on. Please report this with the command."
    )
}

/// Sends blocks to the screen in batches.
struct Stream<'t> {
    request: &'t Errand,
    outbox: &'t Sender<Reply>,
    cancel: CancelToken,
    language: Language,
    batch: Vec<Piece>,
    /// Lines in the batch.
    lines: usize,
    sent: usize,
    flushed: Instant,
    /// When the screen was told last how far the request is.
    told: Instant,
    /// Why the last command failed: shown here if the line goes on, else with the end of the line.
    problem: Vec<Line>,
}

/// Lines in a batch at most.
const BATCH: usize = 256;
/// A batch waits no longer than this for its next line.
const BATCH_TIME: Duration = Duration::from_millis(20);
/// How often the screen is told how far a request is: as often as it draws what runs.
const PROGRESS: Duration = Duration::from_millis(250);

impl<'t> Stream<'t> {
    fn new(
        request: &'t Errand,
        outbox: &'t Sender<Reply>,
        cancel: CancelToken,
        language: Language,
    ) -> Stream<'t> {
        Stream {
            request,
            outbox,
            cancel,
            language,
            batch: Vec::new(),
            lines: 0,
            sent: 0,
            flushed: Instant::now(),
            told: Instant::now(),
            problem: Vec::new(),
        }
    }

    fn flush(&mut self) -> Result<(), OutputClosed> {
        self.flushed = Instant::now();
        if self.batch.is_empty() {
            return Ok(());
        }
        self.sent += std::mem::take(&mut self.lines);
        let pieces = std::mem::take(&mut self.batch);
        self.outbox.send(Reply::Output { id: self.request.id, pieces }).map_err(|_| OutputClosed)
    }
}

impl Sink for Stream<'_> {
    fn begin(&mut self, _command: &str) {
        for line in std::mem::take(&mut self.problem) {
            // Who is not heard any more finds out with the next line.
            let _ = self.take(line.into());
        }
    }

    fn end(&mut self, problem: Option<&Problem>) -> Result<(), OutputClosed> {
        self.problem = problem.map(Problem::lines).into_iter().flatten().collect();
        Ok(())
    }

    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        if self.cancel.is_cancelled() {
            return Err(OutputClosed);
        }
        self.lines += piece.lines().count();
        self.batch.push(piece);
        if self.request.for_pane && self.sent + self.lines > MAX_LINES {
            let note = Message::new("explorer.status.cut").with("lines", MAX_LINES);
            self.batch.push(Line::new().role(Role::Warning, note.in_language(self.language)).into());
            self.flush()?;
            return Err(OutputClosed);
        }
        if self.lines >= BATCH || self.flushed.elapsed() >= BATCH_TIME {
            self.flush()?;
        }
        Ok(())
    }

    fn unfolds(&self) -> bool {
        true
    }

    fn columns(&self) -> Option<usize> {
        self.request.columns
    }

    fn progress(&mut self, how_far: &dyn Fn() -> Message) {
        // Rows that wait for the next one must not wait for the end of a long search.
        if !self.batch.is_empty() && self.flushed.elapsed() >= BATCH_TIME {
            let _ = self.flush();
        }
        if self.told.elapsed() >= PROGRESS {
            self.told = Instant::now();
            // A screen that is busy can do without.
            let _ = self.outbox.try_send(Reply::Progress { id: self.request.id, how_far: how_far() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line says, command by command, each with why it failed.
    fn said(commands: &[(&str, Option<&str>)]) -> Vec<String> {
        let (outbox, replies) = bounded(WAITING_REPLIES);
        let request = Errand { id: 1, line: String::new(), for_pane: false, columns: None, task: Task::Line };
        let mut sink = Stream::new(&request, &outbox, CancelToken::default(), Language::English);
        for (command, problem) in commands {
            sink.begin(command);
            sink.take(Line::of(command).into()).expect("heard");
            let problem =
                problem.map(|text| Problem { kind: "memory", text: text.to_owned(), hints: Vec::new() });
            sink.end(problem.as_ref()).expect("heard");
        }
        sink.flush().expect("heard");
        let pieces = replies.try_iter().flat_map(|reply| match reply {
            Reply::Output { pieces, .. } => pieces,
            _ => Vec::new(),
        });
        pieces.flat_map(|piece| piece.lines().map(Line::plain).collect::<Vec<_>>()).collect()
    }

    /// Why an extension had nothing to show stands before what the next command says; of the last command the end of the line
    /// tells it.
    #[test]
    fn a_lack_is_told_where_the_line_goes_on() {
        let why = Some("no such object\nin this dump");
        assert_eq!(
            said(&[("!object", why), (".echo", None)]),
            ["!object", "no such object", "in this dump", ".echo"]
        );
        assert_eq!(said(&[(".echo", None), ("!object", why)]), [".echo", "!object"]);
        assert_eq!(
            said(&[("!object", why), ("!object", why)]),
            ["!object", "no such object", "in this dump", "!object"]
        );
    }
}
