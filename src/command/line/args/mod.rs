//! A command's arguments: what was typed after its name, with the switches taken out by what its `SPEC` states.

mod reader;
#[cfg(test)]
mod tests;

#[cfg(test)]
pub use tests::test_args;

use super::call::Call;
use super::error::CommandError;
use super::switch::{Place, Switch, Switches};
use crate::eval::EvalHost;
use reader::Reader;

/// A command's arguments.
#[derive(Debug, Clone)]
pub struct Args<'t> {
    /// The name as the table spells it.
    pub name: &'static str,
    /// What stood right after the name, where that is no switch (`+` in `.sympath+`).
    pub glued: &'t str,
    /// What is left when the switches around it are taken away, without blanks around it; all of it where switches may
    /// stand anywhere.
    pub text: &'t str,
    /// Where switches may stand anywhere: the other words.
    rest: Vec<&'t str>,
    /// How it was typed.
    pub typed: Call<'t>,
    given: Vec<Given<'t>>,
    switches: Switches,
}

/// A switch that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given<'t> {
    /// Which.
    pub switch: &'static Switch,
    /// What followed it.
    pub value: Follows<'t>,
    /// How many arguments stood before it.
    pub after: usize,
}

/// What followed a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows<'t> {
    /// Nothing.
    None,
    /// A number or the value of an expression.
    Number(u64),
    /// A text.
    Text(&'t str),
}

impl<'t> Args<'t> {
    /// Reads what was typed after a command's name as its `SPEC` states; with `letters`, what touches the name are
    /// switches too.
    ///
    /// # Errors
    /// A switch that the command does not have, one without what must follow it, expressions without value.
    pub fn read(
        switches: Switches,
        letters: bool,
        typed: &Call<'t>,
        host: &dyn EvalHost,
    ) -> Result<Args<'t>, CommandError> {
        let args = Args {
            name: typed.name,
            glued: typed.glued,
            text: typed.text,
            rest: Vec::new(),
            typed: *typed,
            given: Vec::new(),
            switches,
        };
        Reader::new(args, host).read(letters)
    }

    /// Whether a switch was given.
    pub fn has(&self, spelling: &str) -> bool {
        self.find(spelling).is_some()
    }

    /// The number that followed a switch, if it was given and one followed.
    pub fn number(&self, spelling: &str) -> Option<u64> {
        match self.find(spelling)?.value {
            Follows::Number(number) => Some(number),
            Follows::None | Follows::Text(_) => None,
        }
    }

    /// The text that followed a switch.
    pub fn text_of(&self, spelling: &str) -> Option<&'t str> {
        match self.find(spelling)?.value {
            Follows::Text(text) => Some(text),
            Follows::None | Follows::Number(_) => None,
        }
    }

    /// All switches in their order; where two exclude each other the last one counts.
    pub fn switches(&self) -> impl Iterator<Item = Given<'t>> {
        self.given.iter().copied()
    }

    fn find(&self, spelling: &str) -> Option<&Given<'t>> {
        debug_assert!(self.switches.named(spelling).is_some(), "{} has no {spelling}", self.name);
        self.given.iter().rev().find(|given| given.switch.spelling == spelling)
    }

    /// The words that are no switches.
    pub fn words(&self) -> impl Iterator<Item = &'t str> {
        let apart = match self.switches.place {
            Place::Anywhere => "",
            Place::Outside | Place::BeforePath => self.text,
        };
        self.rest.iter().copied().chain(apart.split_whitespace())
    }

    /// Fails with the command's usage unless nothing was typed but switches.
    ///
    /// # Errors
    /// [`CommandError::Syntax`] with the superfluous text.
    pub fn none(&self) -> Result<(), CommandError> {
        match self.words().next() {
            None => Ok(()),
            Some(_) if self.rest.is_empty() => Err(CommandError::Syntax(self.text.to_owned())),
            Some(_) => Err(CommandError::Syntax(self.rest.join(" "))),
        }
    }

    /// The refusal of what is no switch of this command, with those that it has: one that is passed over in silence is
    /// taken for one that was heeded.
    pub fn unknown(&self, typed: &str) -> CommandError {
        let known = self.switches.known();
        CommandError::Argument(format!("{} has no option '{typed}'; it has {known}", self.name))
    }
}
