//! What a `dt` command is to show.

use crate::command::{Args, CommandError, Context, Follows};
use crate::debuggee::{FoundType, Object, Place, Scope};
use crate::eval::as_typed;
use crate::symbols::types::Type;
use crate::symbols::types::format::{FieldPath, FormatOptions};
use crate::util::hex;

/// How deep `-r` without a number goes.
const DEFAULT_LEVELS: usize = 2;

/// What a `dt` command is to show.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// The type, variable or pattern; empty where none was typed.
    pub(super) name: String,
    /// Members as they were typed.
    pub(super) fields: Vec<String>,
    /// Where the value is.
    pub(super) address: Option<u64>,
    /// `-l`: the member that links elements.
    pub(super) list: Option<String>,
    /// `-s`: only types of that size.
    pub(super) size: Option<u64>,
    /// `-t`: types only.
    pub(super) types_only: bool,
    /// `-p`: the address is physical.
    pub(super) physical: bool,
    /// `-a[n]` before the name: that many values of the type, one after the other (0: all that can be read). After
    /// the name it says how arrays among the members are shown.
    pub(super) elements: Option<usize>,
    /// `-d`: a pattern shows the types themselves instead of their names.
    pub(super) each: bool,
    /// How lines are shown.
    pub(super) options: FormatOptions,
}

impl Wanted {
    /// What a command line asks for.
    pub(super) fn of(args: &Args<'_>, context: &Context<'_>) -> Result<Wanted, CommandError> {
        let count = |value| match value {
            Follows::Number(number) => Some(usize::try_from(number).unwrap_or(usize::MAX)),
            Follows::None | Follows::Text(_) => None,
        };
        let mut wanted = Wanted {
            list: args.text_of("-l").map(str::to_owned),
            size: args.number("-s"),
            types_only: args.has("-t"),
            physical: args.has("-p"),
            each: args.has("-d"),
            options: FormatOptions {
                blocks: args.has("-b"),
                verbose: args.has("-v"),
                compact: args.has("-c"),
                no_offset: args.has("-o"),
                no_indent: args.has("-i"),
                ..FormatOptions::default()
            },
            ..Wanted::default()
        };
        let (prefix, mut named) = (args.has("-y"), false);
        for given in args.switches() {
            match (given.switch.spelling, given.value) {
                ("-r", value) => wanted.options.recurse = count(value).unwrap_or(DEFAULT_LEVELS),
                ("-a", value) if given.after == 0 && !named => {
                    wanted.elements = Some(count(value).unwrap_or(0))
                }
                ("-a", value) => wanted.options.arrays = Some(count(value).unwrap_or(0)),
                ("-n", Follows::Text(name)) => {
                    wanted.name = name.to_owned();
                    named = true;
                }
                _ => {}
            }
        }
        let mut rest = args.words();
        if !named {
            // Nothing is named: what the crash tells is meant.
            let Some(first) = rest.next() else { return Ok(wanted) };
            // `dt ADDRESS TYPE` is how many notes have it; an address alone is that of a variable.
            if is_address(first) {
                let address = context.evaluate(first)?;
                match rest.next() {
                    Some(second) => {
                        wanted.address = Some(address);
                        wanted.name = second.to_owned();
                    }
                    None => wanted.name = variable_at(address, context)?,
                }
            } else {
                wanted.name = first.to_owned();
            }
        }
        wanted.fields_and_address(rest, context)?;
        // `dt -y nt!_EPRO`: the name itself is only a beginning.
        let known = |name: &str| context.session.target.find_type(name).is_some();
        if prefix && wanted.fields.is_empty() && !wanted.name.contains(['*', '?']) && !known(&wanted.name) {
            wanted.name.push('*');
        }
        wanted.options.fields = wanted.fields.iter().map(|field| FieldPath::new(field, prefix)).collect();
        Ok(wanted)
    }

    /// The object that is shown: at an address, physical if that was asked for.
    pub(super) fn object<'s>(&self, found: &FoundType, address: u64, scope: &'s Scope<'_>) -> Object<'s> {
        let place = if self.physical { Place::physical(as_typed(address)) } else { Place::memory(address) };
        scope.object_in(found.clone(), place)
    }

    /// What follows the name: members of the type, and one expression.
    fn fields_and_address<'t>(
        &mut self,
        words: impl Iterator<Item = &'t str>,
        context: &Context<'_>,
    ) -> Result<(), CommandError> {
        for word in words {
            if self.address.is_some() || self.is_member(word, context) {
                self.fields.push(word.to_owned());
                continue;
            }
            match context.evaluate(word) {
                Ok(address) => self.address = Some(address),
                Err(_) if looks_like_member(word) => self.fields.push(word.to_owned()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Whether a word names a member, so that `Add` is not read as 0xadd.
    fn is_member(&self, word: &str, context: &Context<'_>) -> bool {
        let first = word.split(['.', '[']).next().unwrap_or_default();
        let found = context.session.target.find_type(&self.name);
        match found.and_then(|found| found.get()) {
            Some(Type::Udt(udt)) => udt.fields.iter().any(|field| field.name.eq_ignore_ascii_case(first)),
            Some(Type::Enum(e)) => e.values.iter().any(|(name, _)| name == word),
            _ => false,
        }
    }
}

/// The variable that starts at an address.
fn variable_at(address: u64, context: &Context<'_>) -> Result<String, CommandError> {
    let named = context.session.target.name_address(address).filter(|named| named.offset == 0);
    named.map(|named| named.name().to_owned()).ok_or_else(|| {
        CommandError::Argument(format!(
            "no variable starts at 0x{}; dt needs a type first",
            hex::tick(address)
        ))
    })
}

/// A name, with dots, wildcards or an index.
fn looks_like_member(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '*' | '?'))
        && word.chars().all(|c| c.is_alphanumeric() || "_.*?[]-$".contains(c))
}

/// A number or register, which no type's name looks like.
fn is_address(word: &str) -> bool {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    word.starts_with(['@', '(']) && !word.contains('!')
        || (digits.starts_with(|c: char| c.is_ascii_digit()) || digits.len() >= 8)
            && digits.chars().all(|c| c.is_ascii_hexdigit() || c == '`')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_names() {
        assert!(is_address("ffff8000`12345678"));
        assert!(is_address("0x1000") && is_address("@rcx"));
        assert!(!is_address("nt!_X") && !is_address("_EPROCESS") && !is_address("Add"));
    }
}
