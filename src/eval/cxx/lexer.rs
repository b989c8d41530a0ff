//! Tokens of C++ expressions.

/// What a token is. Keywords are names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'t> {
    /// Nothing is left.
    End,
    /// The start of a number.
    Number,
    /// The start of a character in quotes.
    Quote,
    /// An identifier with its module and scopes.
    Name(&'t str),
    /// A sign.
    Sign(&'static str),
    /// A character that starts no token.
    Unknown,
}

/// Longer signs stand before their own beginnings.
const SIGNS: &[&str] = &[
    "<<=", ">>=", "->", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=", "^=", "+", "-", "*", "/", "%", "&", "|", "^", "~", "!", "<", ">", "=", "?", ":", "(", ")", "[",
    "]", ".", ",", "@", "#", ";", "{", "}", "\"",
];

/// The token at the start of `text`, before which no blank stands, and what follows it. Numbers and characters are read by
/// [`super::literal`].
pub fn token(text: &str) -> (Token<'_>, &str) {
    let Some(first) = text.chars().next() else {
        return (Token::End, "");
    };
    let number =
        first == '.' && text.get(1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if first.is_ascii_digit() || number {
        return (Token::Number, text);
    }
    if first == '\'' {
        return (Token::Quote, text);
    }
    let name = if first == '$' { "" } else { identifier(text) };
    if !name.is_empty() {
        return (Token::Name(name), text.get(name.len()..).unwrap_or_default());
    }
    match SIGNS.iter().find_map(|sign| Some((*sign, text.strip_prefix(sign)?))) {
        Some((sign, after)) => (Token::Sign(sign), after),
        None => (Token::Unknown, text),
    }
}

/// The identifier at the start of `text`, with its module and scopes.
pub fn identifier(text: &str) -> &str {
    let mut end = 0;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        let rest = text.get(at..).unwrap_or_default();
        if rest.starts_with("::") {
            chars.next();
            end = at + 2;
        } else if c.is_alphanumeric()
            || matches!(c, '_' | '$')
            || (c == '!' && at > 0 && !rest.starts_with("!="))
        {
            end = at + c.len_utf8();
        } else {
            break;
        }
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens() {
        assert_eq!(token("nt!_X*)"), (Token::Name("nt!_X"), "*)"));
        assert_eq!(token("a!=b"), (Token::Name("a"), "!=b"));
        assert_eq!(token("a::b->c"), (Token::Name("a::b"), "->c"));
        assert_eq!(token("->c"), (Token::Sign("->"), "c"));
        assert_eq!(token(">>=1"), (Token::Sign(">>="), "1"));
        assert_eq!(token("$t0").0, Token::Unknown);
        assert_eq!(token(".5").0, Token::Number);
        assert_eq!(token(".a").0, Token::Sign("."));
    }
}
