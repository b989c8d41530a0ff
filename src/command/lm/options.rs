//! The options of `lm`, glued (`lmvm nt`) or apart (`lm t n`).

use crate::command::{Args, CommandError, Context};
use crate::debuggee::ModuleKind;

/// Which modules, and what of each.
#[derive(Debug, PartialEq, Eq)]
pub struct Options<'t> {
    /// Which of them.
    pub filter: Filter<'t>,
    /// Only these.
    pub kind: Option<ModuleKind>,
    /// `v`
    pub verbose: bool,
    /// `t`
    pub times: bool,
    /// `n`
    pub files: bool,
    /// `f`
    pub paths: bool,
    /// `1m`
    pub names_only: bool,
    /// `sm`
    pub order: Order,
}

/// Which modules.
#[derive(Debug, PartialEq, Eq)]
pub enum Filter<'t> {
    /// All of them.
    All,
    /// Names that match.
    Name(&'t str),
    /// Paths that match.
    Path(&'t str),
    /// The one at an address.
    Address(u64),
}

/// The order of rows.
#[derive(Debug, PartialEq, Eq)]
pub enum Order {
    /// By base address.
    Address,
    /// By name.
    Name,
}

const LETTERS: &str = "olvukecDtnfip1sMam";

impl<'t> Options<'t> {
    /// Reads the options of a command line.
    ///
    /// # Errors
    /// A letter that is no option, an option without its argument, an address that has no value.
    pub fn parse(args: &Args<'t>, context: &Context<'_>) -> Result<Options<'t>, CommandError> {
        let mut options = Options {
            filter: Filter::All,
            kind: None,
            verbose: false,
            times: false,
            files: false,
            paths: false,
            names_only: false,
            order: Order::Address,
        };
        let mut rest = args.text;
        if let Some(parameter) = options.letters(args.glued) {
            rest = options.parameter(parameter, rest, context)?;
        }
        while !rest.is_empty() {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            if !word.chars().all(|c| LETTERS.contains(c)) {
                return Err(CommandError::Syntax(word.to_owned()));
            }
            rest = after.trim_start();
            if let Some(parameter) = options.letters(word) {
                rest = options.parameter(parameter, rest, context)?;
            }
        }
        Ok(options)
    }

    /// Takes option letters; returns the one that wants an argument.
    fn letters(&mut self, letters: &str) -> Option<char> {
        let mut wants = None;
        let mut before = ' ';
        for letter in letters.chars() {
            match letter {
                'u' => self.kind = Some(ModuleKind::User),
                'k' => self.kind = Some(ModuleKind::Kernel),
                'v' => self.verbose = true,
                't' => self.times = true,
                'n' => self.files = true,
                'f' => self.paths = true,
                'm' if before == 's' => self.order = Order::Name,
                'm' if before == '1' => self.names_only = true,
                'm' | 'M' | 'a' => wants = Some(letter),
                _ => {}
            }
            before = letter;
        }
        wants
    }

    fn parameter<'r: 't>(
        &mut self,
        letter: char,
        text: &'r str,
        context: &Context<'_>,
    ) -> Result<&'r str, CommandError> {
        if letter == 'a' {
            let (address, rest) = context.evaluate_prefix(text)?;
            self.filter = Filter::Address(address);
            return Ok(rest.trim_start());
        }
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (pattern, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        if pattern.is_empty() {
            return Err(CommandError::Argument(format!("option {letter} of lm needs a pattern")));
        }
        self.filter = if letter == 'm' { Filter::Name(pattern) } else { Filter::Path(pattern) };
        Ok(rest.trim_start())
    }
}
