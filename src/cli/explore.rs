//! The explorer, where there is a terminal for it.

use super::exit::Refusal;
use super::script::all_lines;
use super::{Exit, Flags, complain};
use crate::session::{Session, Shell};
use crate::tui::{self, ExplorerOptions, Stage, ThemeName, TuiError};
use crate::util::files::write_text;
use crate::util::temporary::Watch;
use std::path::Path;

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

/// Writes a picture of the explorer; the flags' commands and keys first.
pub fn picture(session: Session, options: &Flags, path: &Path) -> Exit {
    // Nobody sits at a terminal: a signal ends it as any script.
    let _watch = Watch::all();
    let taken = taken(session, options, path);
    match taken {
        Ok(()) => Exit::Success,
        Err(refusal) => {
            complain(&format!("dumpscope: {}", refusal.message));
            refusal.exit
        }
    }
}

fn taken(session: Session, options: &Flags, path: &Path) -> Result<(), Refusal> {
    let usage = |error: TuiError| Refusal { message: error.to_string(), exit: Exit::CommandFailed };
    let is = |extension: &str| path.extension().is_some_and(|given| given.eq_ignore_ascii_case(extension));
    if !is("svg") && !is("txt") {
        let message = "--screenshot writes FILE.svg or FILE.txt".to_owned();
        return Err(Refusal { message, exit: Exit::Usage });
    }
    let commands = all_lines(options)?;
    let theme = ThemeName::of_picture(|name| std::env::var(name).ok());
    let mut stage = Stage::open(session, options.size, theme).map_err(usage)?;
    for line in &commands {
        stage.run(line).map_err(usage)?;
    }
    stage.press(&options.keys).map_err(usage)?;
    let picture = if is("svg") { stage.svg() } else { stage.text() };
    stage.close();
    write_text(path, picture.as_bytes())
        .map_err(|error| Refusal { message: error.to_string(), exit: Exit::OutputFailed })
}
