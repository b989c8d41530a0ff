//! Finding text in lines.

use regex::{Regex, RegexBuilder};

/// What is searched for. Without a capital letter in it, case does not matter.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    text: String,
    exact_case: bool,
    /// What it means where it is no plain text.
    expression: Option<Regex>,
}

/// Places in a line that are marked at most.
const MAX_PLACES: usize = 1_000;
/// Bytes that a compiled expression takes at most.
const MAX_EXPRESSION: usize = 1 << 20;

impl Pattern {
    /// A pattern; `None` for empty text.
    pub(super) fn new(text: &str) -> Option<Pattern> {
        let exact_case = text.chars().any(char::is_uppercase);
        (!text.is_empty()).then(|| Pattern { text: text.to_owned(), exact_case, expression: None })
    }

    /// The same as a regular expression; `None` where it is none, or means nothing else as one.
    pub(super) fn as_expression(&self) -> Option<Pattern> {
        if regex::escape(&self.text) == self.text {
            return None;
        }
        let mut builder = RegexBuilder::new(&self.text);
        let expression =
            builder.case_insensitive(!self.exact_case).size_limit(MAX_EXPRESSION).build().ok()?;
        Some(Pattern { expression: Some(expression), ..self.clone() })
    }

    /// Whether it is read as a regular expression.
    pub(super) fn is_expression(&self) -> bool {
        self.expression.is_some()
    }

    /// As it was typed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a line's text holds it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        match &self.expression {
            Some(expression) => expression.find_iter(text).any(|found| !found.is_empty()),
            None => !self.places(text).is_empty(),
        }
    }

    /// Byte ranges of `text` where it stands.
    pub(super) fn places(&self, text: &str) -> Vec<std::ops::Range<usize>> {
        if let Some(expression) = &self.expression {
            let found = expression.find_iter(text).filter(|found| !found.is_empty());
            return found.take(MAX_PLACES).map(|found| found.range()).collect();
        }
        if self.exact_case {
            return text.match_indices(&self.text).map(|(at, found)| at..at + found.len()).collect();
        }
        let mut places = Vec::new();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            match prefix_ignoring_case(rest, &self.text) {
                Some(length) => {
                    places.push(at..at + length);
                    at += length;
                }
                None => at += rest.chars().next().map_or(1, char::len_utf8),
            }
        }
        places
    }
}

/// The length of the start of `text` that equals `wanted` but for case.
fn prefix_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    let mut rest = text.chars();
    for expected in wanted.chars() {
        let found = rest.next()?;
        if found != expected && !found.to_lowercase().eq(expected.to_lowercase()) {
            return None;
        }
    }
    Some(text.len() - rest.as_str().len())
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
