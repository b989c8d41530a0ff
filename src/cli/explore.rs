//! The explorer, where there is a terminal for it.

use super::exit::Refusal;
use super::script::all_lines;
use super::{Exit, Flags, complain};
use crate::session::{Session, Shell};
use crate::tui::{self, ExplorerOptions, TuiError};

/// Runs the explorer; the flags' commands first.
pub fn run(mut session: Session, options: &Flags) -> Exit {
    // Editors' shell windows are such terminals: they show what is written, and know no screen.
    if tui::is_terminal() && std::env::var("TERM").is_ok_and(|term| term == "dumb") {
        super::complain(
            "dumpscope: TERM=dumb is a terminal without a screen: line mode instead of the explorer (as with --repl)",
        );
        return super::repl::run(session, options);
    }
    if session.settings.shell == Shell::Never && options.commands.is_empty() && options.command_file.is_none()
    {
        session.settings.shell = Shell::Typed;
    }
    let outcome = all_lines(options).and_then(|commands| {
        let options = ExplorerOptions { commands, ..ExplorerOptions::from_environment() };
        tui::run(session, options)
            .map_err(|error: TuiError| Refusal { message: error.to_string(), exit: Exit::Usage })
    });
    match outcome {
        Ok(()) => Exit::Success,
        Err(refusal) => {
            complain(&format!("dumpscope: {}", refusal.message));
            refusal.exit
        }
    }
}
