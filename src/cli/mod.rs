//! The program's own command line: its flags, and the ways of running that they choose.

mod choose;
mod demo;
mod exit;
#[cfg(feature = "explorer")]
mod explore;
mod fetching;
mod interrupt;
mod lines;
mod open;
mod options;
mod progress;
mod repl;
mod script;
mod symbols;
mod writer;

use crate::output::{brief, sanitize};
use crate::session::Session;
use clap::Parser;
pub use exit::Exit;
pub use options::{ColorChoice, Options};
use std::ffi::OsString;
use std::io::{self, Write};

/// Runs the program with these arguments (the program's name first).
pub fn run(arguments: impl Iterator<Item = OsString>) -> Exit {
    let mut arguments = arguments.peekable();
    let program = arguments.next();
    if arguments.next_if(|word| word == "symbols").is_some() {
        return symbols::run(arguments);
    }
    let arguments = program.into_iter().chain(arguments);
    let options = match Options::try_parse_from(options::rewrite_words(arguments)) {
        Ok(options) => options,
        Err(error) => return end_with_help(&error),
    };
    if options.demo.as_deref() == Some("list") {
        let mut out = writer::Output::default();
        // A closed pipe while listing is no failure worth a word.
        let _ = out.write(&demo::list()).and_then(|()| out.flush());
        return out.end_with(Exit::Success);
    }
    let screen = !options.repl && !options.is_script();
    if screen && (options.log_file.is_some() || options.json) {
        complain("dumpscope: -logo and --json need -c, -cf or --repl: the explorer writes neither");
        return Exit::Usage;
    }
    let session = match open::open(&options) {
        Ok(session) => session,
        Err(refusal) => {
            complain(&format!("dumpscope: {}", refusal.message));
            return refusal.exit;
        }
    };
    if options.repl {
        repl::run(session, &options)
    } else if options.is_script() {
        script::run(session, &options)
    } else {
        explore(session, &options)
    }
}

#[cfg(feature = "explorer")]
fn explore(session: Session, options: &Options) -> Exit {
    explore::run(session, options)
}

#[cfg(not(feature = "explorer"))]
fn explore(_session: Session, _options: &Options) -> Exit {
    complain("dumpscope: this build has no explorer; --repl gives a prompt, -c and -cf run commands");
    Exit::Usage
}

/// Says something on standard error; the lines after the first are set in, so that a name in it cannot pass for another
/// message. That nobody reads it is no reason to fail.
fn complain(text: &str) {
    let text = brief(text);
    let mut lines = String::new();
    for line in text.lines() {
        if !lines.is_empty() {
            lines.push_str(if line.starts_with(' ') { "\n" } else { "\n  " });
        }
        lines.push_str(&sanitize(line));
    }
    let _ = writeln!(io::stderr(), "{lines}");
}

/// Ends with what clap has to say: of the flags, on standard error, or the help that was asked for.
fn end_with_help(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        // It quotes what was typed.
        error.to_string().lines().for_each(complain);
        return Exit::Usage;
    }
    match error.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("dumpscope: standard output cannot be written: {error}"));
            Exit::OutputFailed
        }
        _ => Exit::Success,
    }
}
