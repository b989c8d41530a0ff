//! The program's own command line: its flags, and the ways of running that they choose.

mod choose;
mod commands;
mod deadline;
mod demo;
mod exit;
#[cfg(feature = "explorer")]
mod explore;
mod fetching;
mod input;
mod interrupt;
mod open;
mod options;
mod progress;
mod repl;
mod script;
mod symbols;
mod writer;

use crate::output::{brief, sanitize};
use crate::session::Session;
use crate::util::temporary::{self, Watch};
use clap::Parser;
pub use exit::Exit;
pub use options::{ColorChoice, Flags};
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};

/// What is said where nothing to open is named; it fits on 80 columns and 24 lines.
const START: &str = "\
dumpscope: a terminal debugger for Windows kernel crash dumps

  dumpscope MEMORY.DMP              explore a dump (also inside .zip or .gz)
  dumpscope --demo                  no dump at hand: the embedded case
  dumpscope --demo list             which cases there are
  dumpscope driver.sys              look into a driver or program by itself

  dumpscope -z FILE -c \"!analyze -v; k\"   run commands, as kd does
  dumpscope --repl FILE             line mode: a prompt without the full screen
  dumpscope -y SYMPATH FILE         with symbols, as in _NT_SYMBOL_PATH
  dumpscope symbols doctor FILE     why symbols are missing, and what helps
  dumpscope commands                every command in a line

In a session: WinDbg's commands; .help lists them, F1 the keys, q ends it.
dumpscope --help tells every flag.";

/// Runs the program with these arguments (the program's name first).
pub fn run(arguments: impl Iterator<Item = OsString>) -> Exit {
    let exit = run_watched(arguments, Watch::all());
    // Threads that still fetch end with the process.
    temporary::remove_all();
    exit
}

fn run_watched(arguments: impl Iterator<Item = OsString>, watch: Watch) -> Exit {
    let mut arguments = arguments.peekable();
    let program = arguments.next();
    if arguments.next_if(|word| word == "symbols").is_some() {
        return symbols::run(arguments);
    }
    if arguments.next_if(|word| word == "commands").is_some() {
        return commands::run(arguments);
    }
    if arguments.next_if(|word| word == "completions").is_some() {
        return commands::complete(arguments);
    }
    let arguments = program.into_iter().chain(arguments);
    let options = match Flags::try_parse_from(options::rewrite_words(arguments)) {
        Ok(options) => options,
        Err(error) => return end_with_help(&error),
    };
    if options.demo.as_deref() == Some("list") {
        let mut out = writer::Output::default();
        // A closed pipe while listing is no failure worth a word.
        let _ = out.write(&demo::list()).and_then(|()| out.flush());
        return out.end_with(Exit::Success);
    }
    if options.demo.is_none() && options.dump_paths().is_empty() {
        complain(START);
        return Exit::Usage;
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
    // From here on somebody else hears Ctrl-C, and in the explorer all signals.
    drop(watch);
    if !screen {
        let _watch = Watch::all_but_interrupts();
        return if options.repl { repl::run(session, &options) } else { script::run(session, &options) };
    }
    explore(session, &options)
}

#[cfg(feature = "explorer")]
fn explore(session: Session, options: &Flags) -> Exit {
    match &options.screenshot {
        Some(path) => explore::picture(session, options, path),
        None => explore::run(session, options),
    }
}

#[cfg(not(feature = "explorer"))]
fn explore(_session: Session, _options: &Flags) -> Exit {
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

/// Says on standard error what the dump lacks of what a line was to show. The output has it already, so where both are
/// seen in one place it is not said twice.
fn complain_of_lack(line: &str, lack: &str) {
    if !in_one_place() {
        complain(&format!("{line}: {lack}"));
    }
}

/// Whether output and errors are seen in one place: on a terminal, or where both were sent (`> log.txt 2>&1`).
fn in_one_place() -> bool {
    let both = same_file::Handle::stdout().ok().zip(same_file::Handle::stderr().ok());
    io::stdout().is_terminal() && io::stderr().is_terminal() || both.is_some_and(|(out, err)| out == err)
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
