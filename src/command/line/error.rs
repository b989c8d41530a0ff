//! Why a command failed.

use crate::debuggee::{Lack, NoCrash, NoRegisters, NoSpace};
use crate::dump::Lost;
use crate::eval::EvalError;
use crate::memory::ReadError;
use crate::output::OutputClosed;
use crate::session::{NoCode, NoLocals};
use thiserror::Error;

/// Why a command failed. The text says what was tried, where, why it failed, and what helps.
#[derive(Debug, Error)]
pub enum CommandError {
    /// No command of that name.
    #[error("no command '{name}'{}", hint(name, near))]
    Unknown {
        /// What was typed.
        name: String,
        /// Names that look like it.
        near: Vec<&'static str>,
    },
    /// The arguments do not fit.
    #[error("Syntax error in '{0}'")]
    Syntax(String),
    /// An argument has no sensible meaning.
    #[error("{0}")]
    Argument(String),
    /// An argument that is shown by a caret under it.
    #[error("{what} in '{at}'")]
    Caret {
        /// What is wrong.
        what: &'static str,
        /// The text from the place to the end of the arguments.
        at: String,
    },
    /// An expression has no value.
    #[error("{0}")]
    Expression(#[from] EvalError),
    /// Memory could not be read.
    #[error("{0}")]
    Memory(#[from] ReadError),
    /// The dump does not hold what the command shows.
    #[error("{0}")]
    Missing(String),
    /// An image was opened, and the command is about a crash.
    #[error("{0}")]
    NoCrash(#[from] NoCrash),
    /// A file became shorter while it was open: what the command showed may be wrong.
    #[error("{0}")]
    Lost(#[from] Lost),
    /// Registers are not known.
    #[error("{0}")]
    NoRegisters(#[from] NoRegisters),
    /// The memory of a process cannot be seen.
    #[error("{0}")]
    NoSpace(#[from] NoSpace),
    /// There is no code to look at.
    #[error("{0}")]
    NoCode(#[from] NoCode),
    /// Variables are not known.
    #[error("{0}")]
    NoLocals(#[from] NoLocals),
    /// The user stopped it.
    #[error("cancelled")]
    Cancelled,
    /// Nobody reads the output any more: ends quietly.
    #[error("the output was closed")]
    Closed,
}

/// What a command cannot do without; most of what lacks is a cell that says so.
impl From<Lack> for CommandError {
    fn from(lack: Lack) -> CommandError {
        match lack {
            Lack::Stopped => CommandError::Cancelled,
            lack => CommandError::Missing(lack.to_string()),
        }
    }
}

impl From<OutputClosed> for CommandError {
    fn from(_: OutputClosed) -> CommandError {
        CommandError::Closed
    }
}

impl CommandError {
    /// What the debugger's wording of an expression's error leaves out.
    pub fn hint(&self) -> Option<String> {
        match self {
            CommandError::Expression(error) => error.hint(),
            _ => None,
        }
    }
}

/// Words of the debugger that run what is debugged, or stop it, or change it.
const OF_LIVE_TARGETS: &[&str] = &[
    "g", "gc", "gh", "gn", "gu", "p", "pa", "pc", "pct", "ph", "pt", "t", "ta", "tb", "tc", "tct", "th",
    "tt", "wt", "ba", "bc", "bd", "be", "bl", "bm", "bp", "bu", "sx", "sxd", "sxe", "sxi", "sxn", ".attach",
    ".breakin", ".detach", ".kill", ".restart", ".reboot", ".crash",
];

fn hint(name: &str, near: &[&str]) -> String {
    if OF_LIVE_TARGETS.contains(&name.to_ascii_lowercase().as_str()) {
        return ": what was dumped does not run, so nothing can be run, stepped or stopped at".to_owned();
    }
    match near {
        [] => "; .help lists them".to_owned(),
        near => format!("; did you mean {}?", near.join(", ")),
    }
}
