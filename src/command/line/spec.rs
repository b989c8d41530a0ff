//! What a command is: one constant a command, from which parsing, help, completion and the reference are made.

use super::args::Args;
use super::call::Call;
use super::context::Context;
use super::error::CommandError;
use super::switch::{Argument, Switches, usage};
use crate::words::{Language, translation};
use std::borrow::Cow;

/// A command of the table.
pub struct CommandSpec {
    /// Every spelling, the principal one first.
    pub names: &'static [&'static str],
    /// What may follow a name without a blank, as in `lmvm` or `r@rax`.
    pub glue: Glue,
    /// Where the arguments end.
    pub rest: Rest,
    /// The chapter of the reference.
    pub group: Group,
    /// Its switches.
    pub switches: Switches,
    /// Its arguments.
    pub arguments: &'static [Argument],
    /// One line: what it tells.
    pub summary: &'static str,
    /// The long help, and an example with its output. The switches are told before it.
    pub help: &'static str,
    /// What it needs; what cannot be had is said before it is run.
    pub needs: Needs,
    /// What it does besides showing something.
    pub effect: Effect,
    /// Does it.
    pub run: Run,
}

/// What runs a command.
pub type Run = fn(&Args<'_>, &mut Context<'_>) -> Result<(), CommandError>;

impl CommandSpec {
    /// A command without switches and arguments that needs nothing: what a `SPEC` states stands before this.
    pub const fn runs(run: Run) -> CommandSpec {
        CommandSpec {
            names: &[],
            glue: Glue::Signs,
            rest: Rest::Semicolon,
            group: Group::Language,
            switches: Switches::NONE,
            arguments: &[],
            summary: "",
            help: "",
            needs: Needs::Nothing,
            effect: Effect::Shows,
            run,
        }
    }

    /// Runs it with what was typed.
    ///
    /// # Errors
    /// A switch that it does not have, and what the command itself says.
    pub fn start(&self, typed: &Call<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
        if self.is_asked_about(typed.text) {
            return context.run_line(&format!(".help {}", typed.name));
        }
        let args = Args::read(self.switches, self.glue == Glue::Switches, typed, &*context.session)?;
        (self.run)(&args, context)
    }

    /// Whether what was typed behind it asks for its help, as extensions' commands are asked: `!di -?`.
    fn is_asked_about(&self, text: &str) -> bool {
        let is_extension = self.names.iter().any(|name| name.starts_with('!'));
        let has = |spelling: &str| self.switches.list.iter().any(|switch| switch.spelling == spelling);
        is_extension
            && matches!(text, "-?" | "/?" | "-h" | "-help")
            && !has(text)
            && !has(text.trim_start_matches('-'))
    }

    /// Its switches and arguments, as the reference shows them after the name.
    pub fn usage(&self) -> String {
        usage(&self.switches, self.arguments)
    }

    /// Its summary in a language; in English where nobody worded it.
    pub fn summary_in(&self, language: Language) -> &'static str {
        let name = self.names.first().copied().unwrap_or_default();
        translation(SUMMARIES, name, language).unwrap_or(self.summary)
    }

    /// The letters that may touch its name.
    pub fn letters(&self) -> Cow<'static, str> {
        match self.glue {
            Glue::Letters(letters) => letters.into(),
            Glue::Switches => {
                let list = self.switches.list.iter();
                list.map(|switch| switch.spelling).filter(|spelling| spelling.len() == 1).collect()
            }
            Glue::Signs | Glue::Anything => "".into(),
        }
    }
}

/// The table of summaries in the files of wordings; the names in it are the commands' first ones.
const SUMMARIES: &str = "command.summary";

/// What a command does besides showing something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Shows,
    /// It chooses what later commands show: a frame, a thread, a processor, a context.
    Selects,
    /// It writes a file of this computer.
    Writes,
    /// It ends the session.
    Quits,
}

/// What may follow a command's name without a blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glue {
    /// Nothing but arguments that start with a sign: `k=`, `u@rip`, `r@rax`.
    Signs,
    /// Letters out of this set, as in `.sympath+`.
    Letters(&'static str),
    /// The switches that are bare letters, as in `kvn`.
    Switches,
    /// Anything at all, as after `?` or `$$`.
    Anything,
}

/// Where a command's arguments end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// At the next `;` that is not quoted or in braces.
    Semicolon,
    /// At the next `;`, whatever stands before it: in remarks neither quotes nor braces mean anything.
    Remark,
    /// At the next `;` behind a text in quotes, if they start with one; else at the next `;`.
    Text,
    /// At the end of the line.
    Line,
    /// Where the command itself says: `.if` and what is like it, text with its own quotation marks.
    Own,
}

/// The chapters of the command reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// The crash as a whole.
    Analysis,
    /// The dump file and the computer it came from.
    Dump,
    /// Registers and processors.
    Registers,
    /// Stacks and frames.
    Stack,
    /// Memory.
    Memory,
    /// Code.
    Code,
    /// Modules.
    Modules,
    /// Symbols and types.
    Symbols,
    /// Windows' objects: processes, threads, pool ...
    Kernel,
    /// Expressions and the command line itself.
    Language,
}

impl Group {
    /// The key of the chapter's title.
    pub fn title(self) -> &'static str {
        match self {
            Group::Analysis => "help.chapter.analysis",
            Group::Dump => "help.chapter.dump",
            Group::Registers => "help.chapter.registers",
            Group::Stack => "help.chapter.stacks",
            Group::Memory => "help.chapter.memory",
            Group::Code => "help.chapter.code",
            Group::Modules => "help.chapter.modules",
            Group::Symbols => "help.chapter.symbols",
            Group::Kernel => "help.chapter.kernel",
            Group::Language => "help.chapter.language",
        }
    }
}

/// What a command needs before it can say anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Only the debugger.
    Nothing,
    /// What was opened, a dump or an image: its modules and their symbols.
    Target,
    /// A dump: its header, processors, threads.
    Dump,
    /// Virtual memory.
    Memory,
    /// Virtual memory that holds instructions of a machine that is decoded.
    Code,
    /// Physical memory: not in triage dumps.
    Physical,
    /// Type information.
    Types,
}
