//! The words of a `dt` command.

use crate::command::line::options::unknown;
use crate::command::{CommandError, Context};
use crate::symbols::types::Type;
use crate::symbols::types::format::{FieldPath, Options};
use crate::util::hex;

/// What there is.
const KNOWN: &str = "-r[N] -b -a[N] -l FIELD -y -d -v -c -o -i -t -s SIZE -n -p -e -k";

/// How deep `-r` without a number goes.
const DEFAULT_LEVELS: usize = 2;

/// What a `dt` command asks for.
#[derive(Debug, Clone, Default)]
pub(super) struct Request {
    /// The type, variable or pattern.
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
    pub(super) options: Options,
}

impl Request {
    /// Reads a command line.
    pub(super) fn parse(text: &str, context: &Context<'_>) -> Result<Request, CommandError> {
        let mut request = Request::default();
        let (mut prefix, mut named) = (false, false);
        let mut rest: Vec<&str> = Vec::new();
        let mut words = split(text).into_iter();
        while let Some(word) = words.next() {
            let Some(option) =
                word.strip_prefix('-').filter(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
            else {
                rest.push(word);
                continue;
            };
            // Letters may stand together: `-rv`, `-ny`, `-a5b`.
            let mut letters = option;
            while let Some(letter) = letters.chars().next() {
                letters = letters.get(letter.len_utf8()..).unwrap_or_default();
                let digits = letters.find(|c: char| !c.is_ascii_digit()).unwrap_or(letters.len());
                let (number, after) = letters.split_at_checked(digits).unwrap_or((letters, ""));
                let count = || number.parse::<usize>().ok();
                let mut needed = |what: &str| {
                    words
                        .next()
                        .ok_or_else(|| CommandError::Argument(format!("-{letter} of dt needs {what}")))
                };
                let bad = || Err(unknown("dt", &format!("-{option}"), KNOWN));
                match letter {
                    'r' => request.options.recurse = count().unwrap_or(DEFAULT_LEVELS),
                    'a' if rest.is_empty() && !named => request.elements = Some(count().unwrap_or(0)),
                    'a' => request.options.arrays = Some(count().unwrap_or(0)),
                    _ if !number.is_empty() => return bad(),
                    'l' => request.list = Some(needed("the member that links elements")?.to_owned()),
                    's' => request.size = Some(context.evaluate(needed("a size")?)?),
                    'n' => {
                        request.name = needed("a name")?.to_owned();
                        named = true;
                    }
                    'y' => prefix = true,
                    'b' => request.options.blocks = true,
                    'v' => request.options.verbose = true,
                    'c' => request.options.compact = true,
                    'o' => request.options.no_offset = true,
                    'i' => request.options.no_indent = true,
                    't' => request.types_only = true,
                    'p' => request.physical = true,
                    'd' => request.each = true,
                    // They only affect how the debugger looks for types.
                    'e' | 'k' => {}
                    _ => return bad(),
                }
                letters = after;
            }
        }
        let mut rest = rest.into_iter();
        if !named {
            let first = rest.next().ok_or_else(|| CommandError::Syntax("dt".to_owned()))?;
            // `dt ADDRESS TYPE` is how many notes have it; an address alone is that of a variable.
            if is_address(first) {
                let address = context.evaluate(first)?;
                match rest.next() {
                    Some(second) => {
                        request.address = Some(address);
                        request.name = second.to_owned();
                    }
                    None => request.name = variable_at(address, context)?,
                }
            } else {
                request.name = first.to_owned();
            }
        }
        request.fields_and_address(rest, context)?;
        // `dt -y nt!_EPRO`: the name itself is only a beginning.
        let known = |name: &str| context.session.target.find_type(name).is_some();
        if prefix && request.fields.is_empty() && !request.name.contains(['*', '?']) && !known(&request.name)
        {
            request.name.push('*');
        }
        request.options.fields = request.fields.iter().map(|field| FieldPath::new(field, prefix)).collect();
        Ok(request)
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

/// Words, where blanks inside brackets do not separate.
fn split(text: &str) -> Vec<&str> {
    let (mut words, mut depth, mut start) = (Vec::new(), 0usize, None);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '<' => depth += 1,
            ')' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        match (c.is_whitespace() && depth == 0, start) {
            (true, Some(from)) => {
                words.extend(text.get(from..at));
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    words.extend(start.and_then(|from| text.get(from..)));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_brackets_together() {
        assert_eq!(split("nt!_X poi(@rsp + 8)  -r1"), ["nt!_X", "poi(@rsp + 8)", "-r1"]);
        assert_eq!(split("mod!Pair<int, char> 5"), ["mod!Pair<int, char>", "5"]);
    }

    #[test]
    fn addresses_are_told_from_names() {
        assert!(is_address("ffff8000`12345678"));
        assert!(is_address("0x1000") && is_address("@rcx"));
        assert!(!is_address("nt!_X") && !is_address("_EPROCESS") && !is_address("Add"));
    }
}
