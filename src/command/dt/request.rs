//! The words of a `dt` command.

use crate::command::{CommandError, Context};
use crate::symbols::types::Type;
use crate::symbols::types::format::{FieldPath, Options};

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
            let mut needed = |what: &str| {
                words.next().ok_or_else(|| CommandError::Argument(format!("-{option} of dt needs {what}")))
            };
            match option {
                "l" => request.list = Some(needed("the member that links elements")?.to_owned()),
                "s" => request.size = Some(context.evaluate(needed("a size")?)?),
                "n" => {
                    request.name = needed("a name")?.to_owned();
                    named = true;
                }
                "y" => prefix = true,
                "b" => request.options.blocks = true,
                "v" => request.options.verbose = true,
                "c" => request.options.compact = true,
                "o" => request.options.no_offset = true,
                "i" => request.options.no_indent = true,
                "t" => request.types_only = true,
                "p" => return Err(physical()),
                // They only affect how the debugger looks for types.
                "d" | "e" | "h" | "k" => {}
                _ => request.counted(option)?,
            }
        }
        let mut rest = rest.into_iter();
        if !named {
            let first = rest.next().ok_or_else(|| CommandError::Syntax("dt".to_owned()))?;
            // `dt ADDRESS TYPE` is how many notes have it.
            if is_address(first)
                && let Some(second) = rest.next()
            {
                request.address = Some(context.evaluate(first)?);
                request.name = second.to_owned();
            } else {
                request.name = first.to_owned();
            }
        }
        request.fields_and_address(rest, context)?;
        request.options.fields = request.fields.iter().map(|field| FieldPath::new(field, prefix)).collect();
        Ok(request)
    }

    /// `-r2`, `-a10`.
    fn counted(&mut self, option: &str) -> Result<(), CommandError> {
        let (letter, digits) = option.split_at_checked(1).unwrap_or((option, ""));
        let count: Option<usize> = match digits {
            "" => None,
            digits => Some(digits.parse().map_err(|_| CommandError::Syntax(format!("-{option}")))?),
        };
        match letter {
            "r" => self.options.recurse = count.unwrap_or(usize::from(u8::MAX)),
            "a" => self.options.arrays = Some(count.unwrap_or(0)),
            _ => return Err(CommandError::Syntax(format!("-{option}"))),
        }
        Ok(())
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

fn physical() -> CommandError {
    CommandError::Argument(
        "dt -p: types over physical memory are not supported; map the address with !ptov".to_owned(),
    )
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
