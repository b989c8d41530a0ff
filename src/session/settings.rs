//! What the user can set.

use crate::util::filetime::Zone;
use crate::util::language::Language;
use std::path::PathBuf;

/// What the user can set.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Radix of numbers without a prefix.
    pub radix: Radix,
    /// Which evaluator reads expressions.
    pub evaluator: Evaluator,
    /// The zone in which times are shown.
    pub zone: Zone,
    /// Whether a paragraph is one line, for a reader that breaks lines itself, as a pane does; otherwise it is broken as
    /// the classic output is.
    pub whole_paragraphs: bool,
    /// The language of explanations.
    pub language: Language,
    /// Which parts of the register set `r` shows (`rm`); `None` for the default.
    pub registers: Option<u64>,
    /// How many frames `k` shows; `None` for the default.
    pub frames: Option<u32>,
    /// The list of pool tags that was named, in the form of `pooltag.txt`.
    pub pool_tags: Option<PathBuf>,
    /// Event logs that came with the dump.
    pub events: Vec<PathBuf>,
    /// Folders of source files, separated by `;`.
    pub source_path: String,
    /// Which lines may send what they say to a program of this computer.
    pub shell: Shell,
}

/// Which lines may send what they say to a program of this computer (`| PROGRAM`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shell {
    /// None.
    #[default]
    Never,
    /// Those that somebody types, and no command file.
    Typed,
    /// All.
    Always,
}

/// An evaluator of expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Evaluator {
    /// The assembler's.
    #[default]
    Masm,
    /// C++'s.
    Cxx,
}

/// The default radix of numbers without a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Radix {
    /// `0t`
    Octal,
    /// `0n`
    Decimal,
    /// `0x`, the default of kernel sessions.
    #[default]
    Hex,
}

impl Radix {
    /// The base as a number.
    pub fn base(self) -> u32 {
        match self {
            Radix::Octal => 8,
            Radix::Decimal => 10,
            Radix::Hex => 16,
        }
    }
}
