//! Running a line of commands.

use super::context::{Context, Taken};
use super::error::{CommandError, Flow};
use super::parse::{Parsed, command_at, likely_end, meant, no_switch, with_usage};
use super::place::{Shown, caret, placed};
use super::redirect::{self, Redirect};
use super::sinks::{Checked, Logged};
use super::spec::{Effect, Needs, Rest};
use crate::dump::Machine;
use crate::output::{Line, Role, Sink};
use crate::session::{Entry, Expanded, Foreign, Session};

/// How a line ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineEnd {
    /// All its commands ran; the next line may follow.
    Next,
    /// `q`: the session is over.
    Quit,
    /// The rest of the line is meant for a system that has a session elsewhere.
    System {
        /// Its number.
        number: usize,
        /// What has not run.
        rest: String,
    },
}

/// A command that failed. As in the debugger, the rest of its line is not run: it may rest on what failed. What an extension
/// (`!x`) only has not got does not end a line.
#[derive(Debug)]
pub struct Failure {
    /// The command as it was typed.
    pub command: String,
    /// Why it failed.
    pub error: CommandError,
    /// The text of the line that was not run.
    pub skipped: String,
}

/// Runs a line as it was typed: its aliases are replaced, then its commands run one after the other. What they say goes to
/// the log, too.
///
/// # Errors
/// The first command that failed.
pub fn run_line(line: &str, session: &mut Session, sink: &mut dyn Sink) -> Result<LineEnd, Failure> {
    session.lacks.clear();
    session.interpreter.unended = Line::new();
    // What was stopped before is over: this line is not.
    session.cancel = session.cancel.begin();
    let log = session.log.clone();
    let line = without_prompt(line);
    let mut logged = Logged { sink, log: &log, entry: Entry::new(line) };
    let outcome = run_typed(line, session, &mut logged);
    session.journal.add(logged.entry);
    log.flush();
    match outcome {
        Err(Failure { error: CommandError::Flow(Flow::Quit), .. }) => Ok(LineEnd::Quit),
        Err(Failure { error: CommandError::Flow(Flow::System(number)), skipped, .. }) => {
            Ok(LineEnd::System { number, rest: skipped })
        }
        outcome => outcome.map(|()| LineEnd::Next),
    }
}

/// Runs a line in which aliases are replaced.
///
/// # Errors
/// The first command that failed.
pub fn run_typed(line: &str, session: &mut Session, sink: &mut dyn Sink) -> Result<(), Failure> {
    let interpreter = &mut session.interpreter;
    let expanded = match makes_aliases(line) {
        true => Ok(Expanded { text: line.into(), foreign: Foreign::Nothing }),
        false => interpreter.aliases.expand(line),
    };
    let Expanded { text, foreign } = expanded.map_err(|error| Failure {
        command: line.trim().to_owned(),
        error: error.into(),
        skipped: String::new(),
    })?;
    let around = interpreter.depth.foreign;
    interpreter.depth.foreign = around.max(foreign);
    let outcome = run_text(&text, 0, session, sink);
    session.interpreter.depth.foreign = around;
    outcome
}

/// A line without the prompt that was pasted with it from where it was typed first: `0: kd> `, `lkd> `, `||1:2: kd> `.
fn without_prompt(line: &str) -> &str {
    let number = |text: &'static str, line: &str| -> usize {
        let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
        let after = line.get(digits..).unwrap_or_default();
        if digits > 0 && after.starts_with(text) { digits + text.len() } else { 0 }
    };
    let mut rest = line.trim_start();
    if let Some(after) = rest.strip_prefix("||") {
        rest = after.get(number(":", after)..).unwrap_or(after);
    }
    rest = rest.get(number(": ", rest)..).unwrap_or(rest);
    rest.strip_prefix('l').unwrap_or(rest).strip_prefix("kd>").unwrap_or(line)
}

/// In a line that makes or forgets aliases their names are meant.
fn makes_aliases(line: &str) -> bool {
    let word = line.trim_start().split(char::is_whitespace).next();
    word.is_some_and(|word| matches!(word, "as" | "aS" | "ad" | "al"))
}

/// Runs the commands of `line` from `start` on, as they stand there.
///
/// # Errors
/// The first command that failed.
pub fn run_text(line: &str, start: usize, session: &mut Session, sink: &mut dyn Sink) -> Result<(), Failure> {
    let mut text = Text { line, at: start, shown: None };
    while !text.rest().is_empty() {
        if session.cancel.check().is_err() {
            return Err(text.not_run(CommandError::Cancelled, session, sink));
        }
        match text.step(session, sink) {
            Err(Failure { error: CommandError::Flow(Flow::Again), .. }) => text.at = start,
            Err(failure) if text.goes_on(&failure) => only_lacked(&failure, session, sink)?,
            outcome => outcome?,
        }
    }
    Ok(())
}

/// Keeps of an extension's failure what a script's exit status tells of it. Whoever takes the output has heard of it at the
/// end of the command; of commands within others nobody is told that they end, so it is said among what they say.
fn only_lacked(failure: &Failure, session: &mut Session, sink: &mut dyn Sink) -> Result<(), Failure> {
    let text = failure.error.to_string();
    session.lacks.push(text.trim_start().to_owned());
    if session.interpreter.depth.nesting == 0 {
        return Ok(());
    }
    text.lines().try_for_each(|line| sink.block(Line::new().role(Role::Error, line).into())).map_err(
        |closed| Failure { command: failure.command.clone(), error: closed.into(), skipped: String::new() },
    )
}

/// A text that runs.
struct Text<'t> {
    line: &'t str,
    at: usize,
    /// What the debugger shows of it, where a command has changed it in place.
    shown: Option<String>,
}

impl<'t> Text<'t> {
    fn rest(&self) -> &'t str {
        self.line.get(self.at..).unwrap_or_default().trim_start_matches(is_between)
    }

    /// Whether the commands behind the one that failed run all the same: as in the debugger, an extension that has nothing
    /// to show takes nothing from what stands behind it.
    fn goes_on(&self, failure: &Failure) -> bool {
        !self.rest().is_empty() && failure.command.starts_with('!') && failure.error.is_lack()
    }

    fn shown(&self, session: &Session) -> Shown<'_> {
        Shown { line: self.shown.as_deref().unwrap_or(self.line), margin: session.interpreter.depth.margin }
    }

    fn failure(&self, error: CommandError, (command, skipped): (&str, &str)) -> Failure {
        Failure {
            command: command.trim().to_owned(),
            error,
            skipped: skipped.trim_matches(is_between).to_owned(),
        }
    }

    /// Runs the next command.
    fn step(&mut self, session: &mut Session, sink: &mut dyn Sink) -> Result<(), Failure> {
        let (parsed, end) = match command_at(self.line, self.at) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(()),
            Err(error) => return Err(self.unknown(error, session, sink)),
        };
        match redirect::of(&parsed, self.line, self.at, end) {
            Some(redirect) => self.elsewhere(&redirect, session, sink),
            None => self.here(&parsed, end, session, sink),
        }
    }

    /// Runs the next command, whose output goes elsewhere. Its errors stay here.
    fn elsewhere(
        &mut self,
        redirect: &Redirect<'t>,
        session: &mut Session,
        sink: &mut dyn Sink,
    ) -> Result<(), Failure> {
        let typed = self.line.get(self.at..redirect.end).unwrap_or_default().trim_matches(is_between);
        let line = self.line.get(..redirect.at).unwrap_or_default();
        let mut inner = Text { line, at: self.at, shown: None };
        sink.begin(typed);
        let outcome = redirect
            .run(session, sink, |session, sink| inner.step(session, sink).map_err(|failure| failure.error));
        let problem = match &outcome {
            Err(CommandError::Flow(_)) | Ok(()) => None,
            Err(error) => Some(error.problem(session.settings.language)),
        };
        let outcome = outcome.and(sink.end(problem.as_ref()).map_err(CommandError::from));
        self.at = redirect.end;
        let after = self.line.get(redirect.end..).unwrap_or_default();
        outcome.map_err(|error| self.failure(error, (typed, after)))
    }

    /// Runs a command.
    fn here(
        &mut self,
        parsed: &Parsed<'t>,
        end: usize,
        session: &mut Session,
        sink: &mut dyn Sink,
    ) -> Result<(), Failure> {
        let ends = |end: usize| {
            let rest = self.line.get(end..).unwrap_or_default();
            let typed = self.line.get(self.at..end).unwrap_or_default();
            (typed.trim_matches(is_between), rest)
        };
        if parsed.spec.effect == Effect::Quits && parsed.args.text.is_empty() {
            return Err(self.failure(CommandError::Flow(Flow::Quit), ends(end)));
        }
        let before = parsed.processor.map(|_| session.focus.clone());
        let likely = if parsed.spec.rest == Rest::Own { likely_end(self.line, self.at) } else { end };
        sink.begin(ends(likely).0);
        let mut checked = Checked::new(session, sink);
        let (outcome, taken) = run_one(parsed, session, &mut checked);
        let refused = checked.refused;
        checked.keep_unended(&mut session.interpreter.unended);
        let end = taken.end.unwrap_or(end);
        let outcome = outcome.and_then(|()| nothing_behind(self.line, end));
        if let (None, Some(cut)) = (&self.shown, taken.cut) {
            self.shown = Some(format!("{}{cut}", self.line.get(..parsed.args.start).unwrap_or_default()));
        }
        let outcome = outcome.map_err(|error| with_usage(no_switch(error, &parsed.args), parsed));
        let outcome = outcome.map_err(|error| placed(error, &parsed.args, &self.shown(session)));
        let outcome = outcome.map_err(|error| meant(error, parsed));
        let told = tell_loads(session, sink);
        let outcome = outcome.and(told);
        // A file that became shorter is the reason behind whatever else failed.
        let reads = parsed.spec.needs != Needs::Nothing;
        let outcome = match outcome {
            Err(CommandError::Closed | CommandError::Cancelled | CommandError::Flow(_)) if !refused => {
                outcome
            }
            outcome => match (reads || refused).then(|| session.newly_lost()).flatten() {
                Some(lost) => Err(lost.into()),
                None => outcome,
            },
        };
        let (typed, after) = ends(end);
        let is_last = outcome.is_err() || after.trim_start_matches(is_between).is_empty();
        let outcome = self.ended(outcome, is_last, session, sink);
        if let Some(focus) = before {
            session.focus = focus;
            session.look_again();
        }
        self.at = end;
        outcome.map_err(|error| self.failure(error, (typed, after)))
    }

    /// Tells whoever takes the output that a command has ended; what it printed of a line ends with the text that runs.
    fn ended(
        &self,
        outcome: Result<(), CommandError>,
        is_last: bool,
        session: &mut Session,
        sink: &mut dyn Sink,
    ) -> Result<(), CommandError> {
        let flow = matches!(outcome, Err(CommandError::Flow(_)));
        let mut outcome = outcome;
        if is_last && session.interpreter.depth.nesting == 0 && !session.interpreter.unended.is_empty() {
            let unended = std::mem::take(&mut session.interpreter.unended);
            outcome = match outcome {
                // The debugger goes on in the same line.
                Err(error) if !error.ends_all() => {
                    Err(CommandError::Behind(unended.then(&error.to_string()), Box::new(error)))
                }
                outcome => sink.block(unended.into()).map_err(CommandError::from).and(outcome),
            };
        }
        let problem = match &outcome {
            Err(error) if !flow => Some(error.problem(session.settings.language)),
            _ => None,
        };
        outcome.and(sink.end(problem.as_ref()).map_err(CommandError::from))
    }

    /// Text that is no command.
    fn unknown(&self, error: CommandError, session: &Session, sink: &mut dyn Sink) -> Failure {
        let error = match error {
            CommandError::Caret { what, at } => {
                CommandError::Argument(caret(what, self.line, at, &self.shown(session)))
            }
            error => error,
        };
        self.not_run(error, session, sink)
    }

    /// Tells whoever takes the output why the next command does not run: it is none, or the line was stopped before it.
    fn not_run(&self, error: CommandError, session: &Session, sink: &mut dyn Sink) -> Failure {
        let rest = self.rest();
        let end = rest.find(';').unwrap_or(rest.len());
        let (command, skipped) = rest.split_at_checked(end).unwrap_or((rest, ""));
        sink.begin(command.trim());
        let error = match sink.end(Some(&error.problem(session.settings.language))) {
            Ok(()) => error,
            Err(closed) => closed.into(),
        };
        self.failure(error, (command, skipped))
    }
}

/// What stands between commands.
fn is_between(c: char) -> bool {
    c == ';' || c.is_whitespace()
}

/// Behind a command stands nothing but what separates it from the next.
fn nothing_behind(line: &str, end: usize) -> Result<(), CommandError> {
    let rest = line.get(end..).unwrap_or_default().trim_start();
    match rest.is_empty() || rest.starts_with(';') {
        true => Ok(()),
        false => Err(CommandError::Caret { what: "Extra character error", at: line.len() - rest.len() }),
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

fn run_one(
    parsed: &Parsed<'_>,
    session: &mut Session,
    sink: &mut dyn Sink,
) -> (Result<(), CommandError>, Taken) {
    let unseen = match prepared(parsed, session) {
        Ok(unseen) => unseen,
        Err(error) => return (Err(error), Taken::default()),
    };
    let mut context = Context::new(session, sink);
    let outcome = context.out.warn(unseen).and_then(|()| parsed.spec.start(&parsed.args, &mut context));
    (outcome, context.taken)
}

/// Sees to what a command needs; what cannot be seen on another processor.
fn prepared(parsed: &Parsed<'_>, session: &mut Session) -> Result<Option<String>, CommandError> {
    let needs = parsed.spec.needs;
    if parsed.spec.effect == Effect::Writes {
        redirect::may_write(session)?;
    }
    if parsed.processor.is_some() || matches!(needs, Needs::Dump | Needs::Physical) {
        session.target.dump()?;
    }
    if let (Needs::Code, Machine::Other(machine)) = (needs, session.target.machine()) {
        return Err(CommandError::Missing(format!(
            "the code is for machine {machine:#x}; only instructions of x64, x86 and ARM64 are decoded"
        )));
    }
    let Some(number) = parsed.processor else {
        return Ok(None);
    };
    if !session.select_processor(number) {
        return Err(CommandError::Argument(format!("the dump has no processor {number}")));
    }
    Ok(session.follow_thread())
}
