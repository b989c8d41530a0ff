//! Line mode: a prompt on a plain terminal or a pipe.

use super::interrupt::Interrupt;
use super::lines::{LineError, Lines};
use super::script::report;
use super::writer::Writer;
use super::{Exit, Options, complain, fetching};
use crate::command::{CommandError, Failure, LineEnd, run_line};
use crate::session::Session;
use std::io;

/// Reads commands from standard input until it ends or `q`. An empty line repeats the last command, as in kd.
pub fn run(mut session: Session, options: &Options) -> Exit {
    let mut writer = match Writer::new(options) {
        Ok(writer) => writer,
        Err(message) => {
            complain(&format!("dumpscope: {message}"));
            return Exit::Usage;
        }
    };
    fetching::tell(&session);
    let interrupt = Interrupt::listen(&session);
    let step = |line: &str, session: &mut Session, writer: &mut Writer| {
        interrupt.around(session, |session| step(line, session, writer))
    };
    let mut last = String::new();
    let mut input = Lines::of("standard input", io::stdin().lock());
    for line in &options.commands {
        if step(line, &mut session, &mut writer) {
            return writer.end_with(Exit::Success);
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
                    LineError::Line { .. } => continue,
                }
            }
        }
        if step(&last, &mut session, &mut writer) {
            break;
        }
    }
    writer.end_with(Exit::Success)
}

/// Runs a line; true when the session is over.
fn step(line: &str, session: &mut Session, writer: &mut Writer) -> bool {
    match run_line(line, session, writer) {
        Ok(LineEnd::Next) => false,
        Ok(LineEnd::Quit) | Err(Failure { error: CommandError::Closed, .. }) => true,
        Err(failure) => {
            report(&failure);
            false
        }
    }
}
