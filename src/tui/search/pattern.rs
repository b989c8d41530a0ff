//! Text or a regular expression that is looked for in lines.

use regex::{Regex, RegexBuilder};
use std::ops::Range;

/// What is searched for. Without a capital letter in it, case does not matter.
#[derive(Debug, Clone)]
pub(in crate::tui) struct Pattern {
    text: String,
    regex: Regex,
    is_expression: bool,
}

/// Places in a line that are marked at most.
const MAX_PLACES: usize = 1_000;
/// Bytes that a compiled expression takes at most.
const MAX_EXPRESSION: usize = 1 << 20;

impl Pattern {
    /// A pattern; `None` for empty text, and for text so long that no line holds it.
    pub(in crate::tui) fn new(text: &str) -> Option<Pattern> {
        let regex = compiled(text, &regex::escape(text))?;
        (!text.is_empty()).then(|| Pattern { text: text.to_owned(), regex, is_expression: false })
    }

    /// The same as a regular expression; `None` where it is none, or means nothing else as one.
    pub(in crate::tui) fn as_expression(&self) -> Option<Pattern> {
        if self.is_expression || regex::escape(&self.text) == self.text {
            return None;
        }
        Some(Pattern { regex: compiled(&self.text, &self.text)?, is_expression: true, ..self.clone() })
    }

    /// Whether it is read as a regular expression.
    pub(in crate::tui) fn is_expression(&self) -> bool {
        self.is_expression
    }

    /// As it was typed.
    pub(in crate::tui) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a line's text holds it. That nothing stands somewhere is no place.
    pub(in crate::tui) fn is_in(&self, text: &str) -> bool {
        match self.is_expression {
            true => self.regex.find_iter(text).any(|found| !found.is_empty()),
            false => self.regex.is_match(text),
        }
    }

    /// Byte ranges of `text` where it stands.
    pub(in crate::tui) fn places(&self, text: &str) -> Vec<Range<usize>> {
        let found = self.regex.find_iter(text).filter(|found| !found.is_empty());
        found.take(MAX_PLACES).map(|found| found.range()).collect()
    }
}

/// The expression for what was typed.
fn compiled(typed: &str, expression: &str) -> Option<Regex> {
    let exact_case = typed.chars().any(char::is_uppercase);
    RegexBuilder::new(expression).case_insensitive(!exact_case).size_limit(MAX_EXPRESSION).build().ok()
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        (&self.text, self.is_expression) == (&other.text, other.is_expression)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(pattern: &str, text: &str) -> Vec<(usize, usize)> {
        let places = Pattern::new(pattern).expect("not empty").places(text);
        places.into_iter().map(|place| (place.start, place.end)).collect()
    }

    #[test]
    fn case_matters_only_with_a_capital() {
        assert_eq!(places("nt", "NT nt!Nt"), [(0, 2), (3, 5), (6, 8)]);
        assert_eq!(places("Nt", "NT nt!Nt"), [(6, 8)]);
    }

    #[test]
    fn expressions_are_found_too() {
        let of = |text: &str| Pattern::new(text).expect("not empty").as_expression();
        let places = |text: &str, line: &str| of(text).expect("an expression").places(line);
        assert_eq!(places("ke.*ex", "nt!KeBugCheckEx+1").as_slice(), std::slice::from_ref(&(3..15)));
        assert_eq!(places("[0-9]+", "a12b3"), [1..3, 4..5]);
        assert!(places("x*", "abc").is_empty(), "nothing is no place");
        assert!(of("plain").is_none() && of("(").is_none() && of(&"(a{999}){999}".repeat(9)).is_none());
    }

    #[test]
    fn letters_whose_case_changes_their_length_are_no_trouble() {
        assert_eq!(places("i", "\u{130}i"), [(2, 3)]);
        assert_eq!(places("驱动", "a驱动b"), [(1, 7)]);
    }
}
