//! Where MASM's words end.

/// Strips `spelling` from the start of `text`, whatever its case.
pub fn strip<'t>(text: &'t str, spelling: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(spelling.len())?;
    head.eq_ignore_ascii_case(spelling).then_some(rest)
}

/// The word at the start of `text`: a number, or a name with its module and scopes. An `!` before an `=` is an operator.
pub fn word(text: &str) -> &str {
    let mut end = 0;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        let rest = text.get(at..).unwrap_or_default();
        if c == ':' && rest.starts_with("::") {
            chars.next();
            end = at + 2;
            continue;
        }
        let inner = match c {
            '!' => !rest.starts_with("!="),
            '~' => text.get(..at).is_some_and(|before| before.ends_with("::")),
            c => c.is_alphanumeric() || matches!(c, '_' | '$' | '`' | '?'),
        };
        if !inner {
            break;
        }
        end = at + c.len_utf8();
    }
    text.get(..end).unwrap_or_default()
}

/// Whether a word is decimal digits and what stands between those of an address.
pub fn is_decimal(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit() || c == '`')
}

/// The name of a register at the start of `text`.
pub fn register(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The text in quotation marks at the start of `text`, and what follows it.
pub fn quoted(text: &str) -> Option<(&str, &str)> {
    text.trim_start().strip_prefix('"')?.split_once('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_operators() {
        assert_eq!(word("nt!Foo+10"), "nt!Foo");
        assert_eq!(word("1!=1"), "1");
        assert_eq!(word("nt!Foo!=5"), "nt!Foo");
        assert_eq!(word("mod!Ring::~Ring+1"), "mod!Ring::~Ring");
        assert_eq!(word("a:b"), "a");
        assert_eq!(register("$t0!=5"), "$t0");
        assert_eq!(quoted(" \"a;b\", 1"), Some(("a;b", ", 1")));
    }
}
