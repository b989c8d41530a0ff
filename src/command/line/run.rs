//! Running a line of commands.

use super::context::Context;
use super::error::CommandError;
use super::parse::Parsed;
use super::parse::first_command;
use super::place::placed;
use super::spec::{Effect, Needs};
use crate::dump::{Machine, Mapping};
use crate::output::{Line, OutputClosed, Piece, Problem, Role, Sink};
use crate::session::Session;
use crate::words::Message;

/// How a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEnd {
    /// All its commands ran; the next line may follow.
    Next,
    /// `q`: the session is over.
    Quit,
}

/// A command that failed. As in the debugger, the rest of its line is not run: it may rest on what failed.
#[derive(Debug)]
pub struct Failure {
    /// The command as it was typed.
    pub command: String,
    /// Why it failed.
    pub error: CommandError,
    /// The text of the line that was not run.
    pub skipped: String,
}

/// Runs the commands of `line` one after the other.
///
/// # Errors
/// The first command that failed.
pub fn run_line(line: &str, session: &mut Session, sink: &mut dyn Sink) -> Result<LineEnd, Failure> {
    let mut rest = line;
    if session.nesting == 0 {
        session.lacks.clear();
        // What was stopped before is over: this line is not.
        session.cancel = session.cancel.begin();
    }
    loop {
        let failure = |error, command: &str, skipped: &str| Failure {
            command: command.trim().to_owned(),
            error,
            skipped: skipped.trim_matches(|c: char| c == ';' || c.is_whitespace()).to_owned(),
        };
        let (parsed, after) = match first_command(rest) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(LineEnd::Next),
            Err(error) => {
                let rest = rest.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
                let end = rest.find(';').unwrap_or(rest.len());
                let (command, skipped) = rest.split_at_checked(end).unwrap_or((rest, ""));
                sink.begin(command.trim());
                let error = match sink.end(Some(&error.problem(session.settings.language))) {
                    Ok(()) => error,
                    Err(closed) => closed.into(),
                };
                return Err(failure(error, command, skipped));
            }
        };
        let typed = rest.get(..rest.len() - after.len()).unwrap_or(rest);
        let typed = typed.trim_matches(|c: char| c == ';' || c.is_whitespace());
        if parsed.spec.effect == Effect::Quits && parsed.args.text.is_empty() {
            return Ok(LineEnd::Quit);
        }
        let before = parsed.processor.map(|_| session.focus.clone());
        sink.begin(typed);
        let mut checked = Checked::new(session, sink);
        let outcome =
            run_one(&parsed, session, &mut checked).map_err(|error| placed(error, line, &parsed.args));
        let refused = checked.refused;
        let told = tell_loads(session, sink);
        let outcome = outcome.and(told);
        // A file that became shorter is the reason behind whatever else failed.
        let reads = parsed.spec.needs != Needs::Nothing;
        let outcome = match outcome {
            Err(CommandError::Closed | CommandError::Cancelled) if !refused => outcome,
            outcome => match (reads || refused).then(|| session.newly_lost()).flatten() {
                Some(lost) => Err(lost.into()),
                None => outcome,
            },
        };
        let problem = outcome.as_ref().err().map(|error| error.problem(session.settings.language));
        let outcome = outcome.and(sink.end(problem.as_ref()).map_err(CommandError::from));
        if let Some(focus) = before {
            session.focus = focus;
            session.look_again();
        }
        if let Err(error) = outcome {
            return Err(failure(error, typed, after));
        }
        rest = after;
    }
}

/// Refuses what a command says once the file that it reads has become shorter: it may be made of zeros in place of bytes.
struct Checked<'s> {
    sink: &'s mut dyn Sink,
    file: Mapping,
    /// Known when the command began: then it reads nothing any more.
    lost_before: bool,
    refused: bool,
}

impl<'s> Checked<'s> {
    fn new(session: &Session, sink: &'s mut dyn Sink) -> Checked<'s> {
        let file = session.target.subject().mapping().clone();
        Checked { sink, lost_before: file.is_lost(), file, refused: false }
    }
}

impl Sink for Checked<'_> {
    fn take(&mut self, piece: Piece) -> Result<(), OutputClosed> {
        if !self.lost_before && self.file.is_lost() {
            self.refused = true;
            return Err(OutputClosed);
        }
        self.sink.take(piece)
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

/// With `!sym noisy`, what the command's symbols took to load. Commands that do not wait for symbols are run to be looked
/// at again and again; what they load is told elsewhere.
fn tell_loads(session: &Session, sink: &mut dyn Sink) -> Result<(), CommandError> {
    let table = session.target.symbols();
    if !table.is_waiting() {
        return Ok(());
    }
    for line in table.take_log() {
        sink.block(Line::new().role(Role::Dim, line).into())?;
    }
    Ok(())
}

fn run_one(parsed: &Parsed<'_>, session: &mut Session, sink: &mut dyn Sink) -> Result<(), CommandError> {
    let needs = parsed.spec.needs;
    if parsed.processor.is_some() || matches!(needs, Needs::Dump | Needs::Physical) {
        session.target.dump()?;
    }
    if let (Needs::Code, Machine::Other(machine)) = (needs, session.target.machine()) {
        return Err(CommandError::Missing(format!(
            "the code is for machine {machine:#x}; only instructions of x64, x86 and ARM64 are decoded"
        )));
    }
    let mut unseen = None;
    if let Some(number) = parsed.processor {
        if !session.select_processor(number) {
            return Err(CommandError::Argument(format!("the dump has no processor {number}")));
        }
        unseen = session.follow_thread();
    }
    let mut context = Context::new(session, sink);
    context.out.warn(unseen)?;
    parsed.spec.start(&parsed.args, &mut context)
}
