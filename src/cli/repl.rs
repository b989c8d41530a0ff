//! Line mode: a prompt on a plain terminal or a pipe.

use super::deadline::Deadline;
use super::input::{Input, Next};
use super::interrupt::Interrupt;
use super::script::{report, stopped_after};
use super::writer::Writer;
use super::{Exit, Flags, complain, complain_of_lack, fetching};
use crate::command::{CommandError, Failure, LineEnd, run_line};
use crate::session::{Session, Shell};
use crate::util::lines::LineError;
use std::io::{self, IsTerminal as _};

/// Reads commands from standard input until it ends or `q`. An empty line repeats the last command, as in kd.
///
/// Commands that do not come from a terminal are a script, and the exit status is a script's. Who types them has seen
/// what failed.
pub fn run(mut session: Session, options: &Flags) -> Exit {
    let mut writer = match Writer::new(options, &session) {
        Ok(writer) => writer,
        Err(refusal) => {
            complain(&format!("dumpscope: {}", refusal.message));
            return refusal.exit;
        }
    };
    fetching::tell(&session);
    let interrupt = Interrupt::listen(&session, false);
    let deadline = Deadline::new(options.timeout, &session);
    let step = |line: &str, session: &mut Session, writer: &mut Writer| {
        let (end, stopped) =
            deadline.around(|| interrupt.around(session, |session| step(line, session, writer)));
        if let Some(limit) = stopped {
            complain(&stopped_after(line, limit));
        }
        end
    };
    let is_script = !io::stdin().is_terminal();
    if !is_script && session.settings.shell == Shell::Never {
        session.settings.shell = Shell::Typed;
    }
    let ended = |failed: Exit| if is_script { failed } else { Exit::Success };
    let mut failed = Exit::Success;
    let mut last = String::new();
    let mut input = Input::new();
    for line in &options.commands {
        let end = step(line, &mut session, &mut writer);
        failed = failed.worse(end.failed);
        if end.quit {
            return writer.end_with(ended(failed));
        }
    }
    loop {
        let prompt = session.prompt();
        match input.next(&prompt, &session, &mut writer) {
            Next::End => break,
            Next::Line(line) if line.trim().is_empty() => {}
            Next::Line(line) => last = line,
            Next::Refused(error) => {
                complain(&format!("dumpscope: {error}"));
                failed = failed.worse(Exit::CommandFailed);
                match error {
                    LineError::Io { .. } => return writer.end_with(Exit::CommandFailed),
                    LineError::Line { .. } => continue,
                }
            }
        }
        writer.typed(&prompt, &last);
        let end = step(&last, &mut session, &mut writer);
        failed = failed.worse(end.failed);
        if end.quit {
            break;
        }
    }
    writer.end_with(ended(failed))
}

/// What came of a line.
struct Step {
    /// The session is over.
    quit: bool,
    /// What its commands make of the exit status.
    failed: Exit,
}

fn step(line: &str, session: &mut Session, writer: &mut Writer) -> Step {
    let outcome = run_line(line, session, writer);
    let lacks = std::mem::take(&mut session.lacks);
    for lack in &lacks {
        complain_of_lack(line, lack);
    }
    let failed = if lacks.is_empty() { Exit::Success } else { Exit::CommandFailed };
    match outcome {
        Ok(LineEnd::Next | LineEnd::System { .. }) => Step { quit: false, failed },
        Ok(LineEnd::Quit) | Err(Failure { error: CommandError::Closed, .. }) => Step { quit: true, failed },
        Err(failure) => {
            report(&failure, session.settings.language);
            Step { quit: false, failed: failed.worse(Exit::of(&failure.error)) }
        }
    }
}
