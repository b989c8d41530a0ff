//! Line mode: a prompt on a plain terminal or a pipe.

use super::interrupt::Interrupt;
use super::script::report;
use super::writer::Writer;
use super::{Exit, Options, complain, fetching};
use crate::command::{CommandError, Failure, LineEnd, run_line};
use crate::session::Session;
use std::io::{self, BufRead, Read};

/// A line longer than this is not typed by anyone.
const MAX_LINE: u64 = 1 << 20;

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
    let mut input = io::stdin().lock();
    for line in &options.commands {
        if step(line, &mut session, &mut writer) {
            return Exit::Success;
        }
    }
    loop {
        if writer.raw(&session.prompt()).is_err() {
            return Exit::Success;
        }
        let mut bytes = Vec::new();
        match input.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes) {
            Ok(0) => return Exit::Success,
            Ok(_) => {}
            Err(error) => {
                complain(&format!("dumpscope: commands cannot be read: {error}"));
                return Exit::CommandFailed;
            }
        }
        let line = String::from_utf8_lossy(&bytes).into_owned();
        if !line.trim().is_empty() {
            last = line;
        }
        if step(&last, &mut session, &mut writer) {
            return Exit::Success;
        }
    }
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
