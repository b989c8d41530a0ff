//! Script mode: runs the given commands, prints their text, ends.

use super::writer::Writer;
use super::{Exit, Options, complain, fetching};
use crate::command::{CommandError, Failure, LineEnd, run_line};
use crate::session::Session;
use std::io::Read;

/// A command file longer than this is not one.
const MAX_COMMAND_FILE: u64 = 16 << 20;

/// Runs the flags' commands, then the command file's lines. A line that fails ends with its error; the lines after it
/// run.
pub fn run(mut session: Session, options: &Options) -> Exit {
    let lines = match lines(options) {
        Ok(lines) => lines,
        Err(message) => return refuse(&message),
    };
    let mut writer = match Writer::new(options) {
        Ok(writer) => writer,
        Err(message) => return refuse(&message),
    };
    fetching::tell(&session);
    let mut exit = Exit::Success;
    for line in lines {
        match run_line(&line, &mut session, &mut writer) {
            Ok(LineEnd::Next) => {}
            Ok(LineEnd::Quit) => break,
            Err(Failure { error: CommandError::Closed, .. }) => break,
            Err(failure) => {
                report(&failure);
                exit = Exit::CommandFailed;
            }
        }
    }
    exit
}

fn refuse(message: &str) -> Exit {
    complain(&format!("dumpscope: {message}"));
    Exit::Usage
}

/// Says on standard error which command failed, why, and what was not run because of it.
pub fn report(failure: &Failure) {
    complain(&format!("{}: {}", failure.command, failure.error));
    if !failure.skipped.is_empty() {
        complain(&format!("not run: {}", failure.skipped));
    }
}

/// The command lines that the flags give.
pub fn lines(options: &Options) -> Result<Vec<String>, String> {
    let mut lines = options.commands.clone();
    if let Some(path) = &options.command_file {
        let failed = |error| format!("command file {}: {error}", path.display());
        let mut text = String::new();
        let file = std::fs::File::open(path).map_err(failed)?;
        file.take(MAX_COMMAND_FILE).read_to_string(&mut text).map_err(failed)?;
        lines.extend(text.lines().map(str::to_owned));
    }
    Ok(lines)
}
