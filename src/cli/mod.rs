//! The program's own command line: its flags, and the ways of running that they choose.

mod choose;
mod demo;
mod exit;
#[cfg(feature = "explorer")]
mod explore;
mod fetching;
mod interrupt;
mod open;
mod options;
mod progress;
mod repl;
mod script;
mod symbols;
mod writer;

use crate::output::sanitize;
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
        Err(error) => {
            let shown = if error.use_stderr() { Exit::Usage } else { Exit::Success };
            // A closed pipe while printing the help is no failure worth a word.
            let _ = error.print();
            return shown;
        }
    };
    if options.demo.as_deref() == Some("list") {
        // A closed pipe while listing is no failure worth a word.
        let _ = io::stdout().write_all(demo::list().as_bytes());
        return Exit::Success;
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

/// Says something on standard error; that nobody reads it is no reason to fail.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{}", text.lines().map(sanitize).collect::<Vec<_>>().join("\n"));
}
