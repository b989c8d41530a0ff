//! Script mode: runs the given commands, prints their text, ends.

use super::deadline::Deadline;
#[cfg(feature = "explorer")]
use super::exit::Refusal;
use super::interrupt::Interrupt;
use super::writer::Writer;
use super::{Exit, Flags, complain, complain_of_lack, fetching, in_one_place};
use crate::command::{CommandError, Failure, LineEnd, run_line};
use crate::session::Session;
use crate::util::lines::{self, LineError};
use crate::words::{Language, Message};
use std::time::Duration;

/// The longest command file that runs before the explorer, which keeps what it is to run.
#[cfg(feature = "explorer")]
const MAX_KEPT: usize = 16 << 20;

/// Runs the flags' commands, then the command file's lines. A line that fails ends with its error; the lines after it
/// run, unless the flags say otherwise.
pub fn run(mut session: Session, options: &Flags) -> Exit {
    let file =
        match options.command_file.as_deref().map(|path| lines::of_file("command file", path)).transpose() {
            Ok(file) => file,
            Err(error) => return refuse(&error.to_string()),
        };
    let mut writer = match Writer::new(options, &session) {
        Ok(writer) => writer,
        Err(refusal) => return refuse(&refusal.message),
    };
    fetching::tell(&session);
    let interrupt = Interrupt::listen(&session, true);
    let deadline = Deadline::new(options.timeout, &session);
    let mut exit = Exit::Success;
    let mut file = file;
    let from_file = std::iter::from_fn(|| file.as_mut()?.next().transpose());
    for line in options.commands.iter().cloned().map(Ok).chain(from_file) {
        let line = match line {
            Ok(line) => line,
            Err(error) => {
                complain(&format!("dumpscope: {error}"));
                exit = exit.worse(Exit::CommandFailed);
                match error {
                    LineError::Io { .. } => break,
                    LineError::Line { .. } => continue,
                }
            }
        };
        let (outcome, stopped) = deadline
            .around(|| interrupt.around(&mut session, |session| run_line(&line, session, &mut writer)));
        if let Some(limit) = stopped {
            complain(&stopped_after(&line, limit));
        }
        for lack in std::mem::take(&mut session.lacks) {
            complain_of_lack(&line, &lack);
            exit = exit.worse(Exit::CommandFailed);
        }
        match outcome {
            Ok(LineEnd::Next | LineEnd::System { .. }) => {}
            Ok(LineEnd::Quit) => break,
            Err(Failure { error: CommandError::Closed, .. }) => break,
            Err(failure) => {
                report(&failure, session.settings.language);
                exit = exit.worse(Exit::of(&failure.error));
            }
        }
        if interrupt.ends() || options.stop_on_error && exit != Exit::Success {
            break;
        }
    }
    writer.end_with(exit)
}

/// What is said of a line that took too long.
pub fn stopped_after(line: &str, limit: Duration) -> String {
    format!("{line}: stopped after {} s, as --timeout says", limit.as_secs())
}

fn refuse(message: &str) -> Exit {
    complain(&format!("dumpscope: {message}"));
    Exit::Usage
}

/// Says on standard error which command failed, why, what was not run because of it, and what helps. The output has the
/// error already, so where both are seen in one place it is not said twice.
pub fn report(failure: &Failure, language: Language) {
    let detail = failure.error.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let text = failure.error.to_string();
    if !in_one_place() {
        complain(&format!("{}: {}{detail}", failure.command, text.trim_start()));
    } else if !detail.is_empty() {
        complain(detail.trim_start());
    }
    if !failure.skipped.is_empty() {
        complain(&format!("not run: {}", failure.skipped));
    }
    for hint in failure.error.hints() {
        let hint = Message::new("hint.label").with("text", hint.in_language(language));
        complain(&hint.in_language(language));
    }
}

/// All command lines that the flags give, for the explorer.
#[cfg(feature = "explorer")]
pub fn all_lines(options: &Flags) -> Result<Vec<String>, Refusal> {
    let unreadable = |error: LineError| Refusal { message: error.to_string(), exit: Exit::Usage };
    let mut all = options.commands.clone();
    if let Some(path) = &options.command_file {
        let mut file = lines::of_file("command file", path).map_err(unreadable)?;
        let mut kept = 0;
        while let Some(line) = file.next().map_err(unreadable)? {
            kept += line.len() + 1;
            if kept > MAX_KEPT {
                let message = format!(
                    "command file {}: more than 16 MiB of commands cannot run before the explorer; without --tui they run",
                    path.display()
                );
                return Err(Refusal { message, exit: Exit::Usage });
            }
            all.push(line);
        }
    }
    Ok(all)
}
