//! Line mode: a prompt on a plain terminal or a pipe.

use super::interrupt::Interrupt;
use super::script::report;
use super::writer::Writer;
use super::{Exit, Flags, complain, complain_of_lack, fetching};
use crate::command::{CommandError, Failure, LineEnd, run_line};
use crate::session::Session;
use crate::util::lines::{LineError, Lines};
use std::io::{self, IsTerminal as _};

/// Reads commands from standard input until it ends or `q`. An empty line repeats the last command, as in kd.
///
/// Commands that do not come from a terminal are a script, and the exit status is a script's. Who types them has seen
/// what failed.
pub fn run(mut session: Session, options: &Flags) -> Exit {
    let mut writer = match Writer::new(options) {
        Ok(writer) => writer,
        Err(refusal) => {
            complain(&format!("dumpscope: {}", refusal.message));
            return refusal.exit;
        }
    };
    fetching::tell(&session);
    let interrupt = Interrupt::listen(&session);
    let step = |line: &str, session: &mut Session, writer: &mut Writer| {
        interrupt.around(session, |session| step(line, session, writer))
    };
    let is_script = !io::stdin().is_terminal();
    let ended = |failed: bool| if failed && is_script { Exit::CommandFailed } else { Exit::Success };
    let mut failed = false;
    let mut last = String::new();
    let mut input = Lines::of("standard input", io::stdin().lock());
    for line in &options.commands {
        let end = step(line, &mut session, &mut writer);
        failed |= end.failed;
        if end.quit {
            return writer.end_with(ended(failed));
        }
    }
    while writer.prompt(&session.prompt()).is_ok() {
        match input.next() {
            Ok(None) => break,
            Ok(Some(line)) if line.trim().is_empty() => {}
            Ok(Some(line)) => last = line,
            Err(error) => {
                complain(&format!("dumpscope: {error}"));
                match error {
                    LineError::Io { .. } => return writer.end_with(Exit::CommandFailed),
                    LineError::Line { .. } => {
                        failed = true;
                        continue;
                    }
                }
            }
        }
        let end = step(&last, &mut session, &mut writer);
        failed |= end.failed;
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
    /// A command failed, or the dump lacks what it shows.
    failed: bool,
}

fn step(line: &str, session: &mut Session, writer: &mut Writer) -> Step {
    let outcome = run_line(line, session, writer);
    let lacks = std::mem::take(&mut session.lacks);
    for lack in &lacks {
        complain_of_lack(line, lack);
    }
    let failed = !lacks.is_empty();
    match outcome {
        Ok(LineEnd::Next) => Step { quit: false, failed },
        Ok(LineEnd::Quit) | Err(Failure { error: CommandError::Closed, .. }) => Step { quit: true, failed },
        Err(failure) => {
            report(&failure, session.settings.language);
            Step { quit: false, failed: true }
        }
    }
}
