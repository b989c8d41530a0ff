//! The options of `lm`, glued (`lmvm nt`) or apart (`lm t n`).

use crate::command::line::options::unknown;
use crate::command::{CommandError, Context};
use crate::debuggee::ModuleKind;

/// Which modules, and what of each.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options<'t> {
    /// Which of them.
    pub filter: Filter<'t>,
    /// Only these.
    pub kind: Option<ModuleKind>,
    /// `o`, `l`, `e`: only modules whose symbols are so; the unloaded ones have none.
    pub symbols: Option<Symbols>,
    /// `v`
    pub verbose: bool,
    /// `t`
    pub times: bool,
    /// `c`
    pub checksums: bool,
    /// `n` and `i`
    pub files: bool,
    /// `p`
    pub mapped: bool,
    /// `f`
    pub paths: bool,
    /// `1m`
    pub names_only: bool,
    /// `sm`
    pub by_name: bool,
}

/// Which modules.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Filter<'t> {
    /// All of them.
    #[default]
    All,
    /// Names that match.
    Name(&'t str),
    /// Paths that match.
    Path(&'t str),
    /// The one at an address.
    Address(u64),
}

/// Modules chosen by their symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symbols {
    /// `o`: any loaded module.
    Any,
    /// `l`: those whose symbols were loaded from a file.
    Loaded,
    /// `e`: those with a problem: no symbols, exported names only, or a flag in their row.
    Faulty,
}

/// What there is, for whoever types something else.
const KNOWN: &str = "o l e u k v t c n i p f 1m sm D, m PATTERN, M PATHPATTERN, a ADDRESS";

impl<'t> Options<'t> {
    /// Reads the options of a command line: what follows `lm`.
    ///
    /// # Errors
    /// A letter that is no option, an option without its argument, an address that has no value.
    pub fn parse(text: &'t str, context: &Context<'_>) -> Result<Options<'t>, CommandError> {
        let mut options = Options::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            rest = match options.letters(rest)? {
                (Some(parameter), after) => options.parameter(parameter, after, context)?,
                (None, after) => after,
            };
            rest = rest.trim_start();
        }
        Ok(options)
    }

    /// Takes the option letters of the first word, up to one that wants an argument; returns that letter, and what
    /// follows.
    fn letters(&mut self, text: &'t str) -> Result<(Option<char>, &'t str), CommandError> {
        let mut rest = text;
        loop {
            let mut characters = rest.chars();
            let Some(letter) = characters.next() else {
                return Ok((None, rest));
            };
            rest = characters.as_str();
            match letter {
                'o' => self.symbols = self.symbols.or(Some(Symbols::Any)),
                'l' => self.symbols = Some(Symbols::Loaded),
                'e' => self.symbols = Some(Symbols::Faulty),
                'u' => self.kind = Some(ModuleKind::User),
                'k' => self.kind = Some(ModuleKind::Kernel),
                'v' => self.verbose = true,
                't' => self.times = true,
                'c' => self.checksums = true,
                'n' | 'i' => self.files = true,
                'p' => self.mapped = true,
                'f' => self.paths = true,
                // Links are always there.
                'D' => {}
                '1' if rest.starts_with('m') => {
                    self.names_only = true;
                    rest = rest.get(1..).unwrap_or_default();
                }
                's' if rest.starts_with('m') => {
                    self.by_name = true;
                    rest = rest.get(1..).unwrap_or_default();
                }
                'm' | 'M' | 'a' => return Ok((Some(letter), rest)),
                letter if letter.is_whitespace() => return Ok((None, rest)),
                letter => return Err(unknown("lm", &letter.to_string(), KNOWN)),
            }
        }
    }

    /// The argument of `m`, `M` or `a`, which may touch the letter (`lm mflt*`).
    fn parameter(
        &mut self,
        letter: char,
        text: &'t str,
        context: &Context<'_>,
    ) -> Result<&'t str, CommandError> {
        let text = text.trim_start();
        if letter == 'a' {
            let (address, rest) = context.evaluate_prefix(text)?;
            self.filter = Filter::Address(address);
            return Ok(rest);
        }
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (pattern, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        if pattern.is_empty() {
            return Err(CommandError::Argument(format!("option {letter} of lm needs a pattern")));
        }
        self.filter = if letter == 'm' { Filter::Name(pattern) } else { Filter::Path(pattern) };
        Ok(rest)
    }
}
