//! Why a command failed.

use super::elsewhere;
use crate::debuggee::{Lack, NoCrash, NoRegisters, NoSpace};
use crate::dump::Lost;
use crate::eval::EvalError;
use crate::eval::model::ModelError;
use crate::memory::ReadError;
use crate::output::{OutputClosed, Problem, brief};
use crate::session::{NoCode, NoLocals, TooMuchText};
use crate::util::files::OutputError;
use crate::words::{Language, Message};
use thiserror::Error;

/// Why a command failed. The text says what was tried, where and why it failed; what helps is a hint.
#[derive(Debug, Error)]
pub enum CommandError {
    /// No command of that name.
    #[error("no command '{name}'")]
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
    /// Text that is shown by a caret under it.
    #[error("{what}")]
    Caret {
        /// What is wrong.
        what: &'static str,
        /// The place in the line.
        at: usize,
    },
    /// An error that says its place in the line already.
    #[error("{0}")]
    Placed(Box<CommandError>),
    /// An error in the line that was printed in part: all of that line.
    #[error("{0}")]
    Behind(String, Box<CommandError>),
    /// No error: it leaves what runs around it.
    #[error("outside of any loop")]
    Flow(Flow),
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
    /// Aliases make too much text.
    #[error("{0}")]
    TooMuchText(#[from] TooMuchText),
    /// A file that the user named cannot be written.
    #[error("{0}")]
    Unwritten(#[from] OutputError),
    /// Another error, and what helps.
    #[error("{0}")]
    Hinted(Box<CommandError>, Message),
    /// The user stopped it.
    #[error("cancelled")]
    Cancelled,
    /// Nobody reads the output any more: ends quietly.
    #[error("the output was closed")]
    Closed,
}

/// Where the text goes on after a command that leaves what runs around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// In the session of another system.
    System(usize),
    /// Behind the loop.
    Break,
    /// At the loop's next turn.
    Continue,
    /// Behind the `.catch`.
    Leave,
    /// At the beginning of the text that runs.
    Again,
    /// Nowhere: the session is over.
    Quit,
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

/// What the data model does not know is an argument that has no meaning.
impl From<ModelError> for CommandError {
    fn from(error: ModelError) -> CommandError {
        match error {
            ModelError::Expression(error) => CommandError::Expression(error),
            ModelError::Lack(lack) => CommandError::from(lack),
            ModelError::Stopped => CommandError::Cancelled,
            other => CommandError::Argument(other.to_string()),
        }
    }
}

impl From<OutputClosed> for CommandError {
    fn from(_: OutputClosed) -> CommandError {
        CommandError::Closed
    }
}

impl CommandError {
    /// The same error with something to type or do.
    pub fn hinting(self, hint: Message) -> CommandError {
        CommandError::Hinted(Box::new(self), hint)
    }

    /// Whether it ends everything that runs, whatever stands around it to catch errors.
    pub fn ends_all(&self) -> bool {
        matches!(self, CommandError::Cancelled | CommandError::Closed | CommandError::Flow(_))
    }

    /// Whether what was asked for is right, and only not to be had.
    pub fn is_lack(&self) -> bool {
        match self {
            CommandError::Memory(_)
            | CommandError::Missing(_)
            | CommandError::NoCrash(_)
            | CommandError::NoRegisters(_)
            | CommandError::NoSpace(_)
            | CommandError::NoCode(_)
            | CommandError::NoLocals(_) => true,
            CommandError::Hinted(error, _) | CommandError::Placed(error) | CommandError::Behind(_, error) => {
                error.is_lack()
            }
            _ => false,
        }
    }

    /// What kind of failure it is, in a word that stays.
    pub fn kind(&self) -> &'static str {
        match self {
            CommandError::Unknown { .. } => "unknown_command",
            CommandError::Syntax(_) | CommandError::Caret { .. } => "syntax",
            CommandError::Argument(_) => "argument",
            CommandError::Expression(_) => "expression",
            CommandError::Memory(_) => "memory",
            CommandError::Missing(_) => "missing",
            CommandError::NoCrash(_) => "no_crash",
            CommandError::Lost(_) => "file_shrank",
            CommandError::NoRegisters(_) => "no_registers",
            CommandError::NoSpace(_) => "no_address_space",
            CommandError::NoCode(_) => "no_code",
            CommandError::NoLocals(_) => "no_locals",
            CommandError::TooMuchText(_) => "too_much_text",
            CommandError::Unwritten(_) => "output",
            CommandError::Hinted(error, _) | CommandError::Placed(error) | CommandError::Behind(_, error) => {
                error.kind()
            }
            CommandError::Flow(_) => "flow",
            CommandError::Cancelled => "cancelled",
            CommandError::Closed => "output_closed",
        }
    }

    /// What the debugger's wording of an expression's error leaves out.
    pub fn detail(&self) -> Option<String> {
        match self {
            CommandError::Expression(error) => error.detail(),
            CommandError::Hinted(error, _) | CommandError::Placed(error) | CommandError::Behind(_, error) => {
                error.detail()
            }
            _ => None,
        }
    }

    /// What to type or do about it.
    pub fn hints(&self) -> Vec<Message> {
        match self {
            CommandError::Unknown { name, near } if near.is_empty() || elsewhere::hint(name).is_some() => {
                vec![Message::new(elsewhere::hint(name).unwrap_or("hint.commands"))]
            }
            CommandError::Unknown { near, .. } => {
                vec![Message::new("hint.near").with("names", near.join(", "))]
            }
            CommandError::Expression(error) => error.hint().into_iter().collect(),
            CommandError::Placed(error) | CommandError::Behind(_, error) => error.hints(),
            CommandError::Hinted(error, hint) => {
                let mut hints = error.hints();
                hints.push(hint.clone());
                hints
            }
            _ => Vec::new(),
        }
    }

    /// All of it, with the hints in a language; the text, which is pasted, is the same in all.
    pub fn problem(&self, language: Language) -> Problem {
        let hints = self.hints().iter().map(|hint| hint.in_language(language).into_owned()).collect();
        Problem { kind: self.kind(), text: brief(&self.to_string()).into_owned(), hints }
    }
}
