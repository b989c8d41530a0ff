//! Finding text in lines.

/// What is searched for. Without a capital letter in it, case does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    text: String,
    exact_case: bool,
}

impl Pattern {
    /// A pattern; `None` for empty text.
    pub(super) fn new(text: &str) -> Option<Pattern> {
        let exact_case = text.chars().any(char::is_uppercase);
        (!text.is_empty()).then(|| Pattern { text: text.to_owned(), exact_case })
    }

    /// As it was typed.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a line's text holds it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        !self.places(text).is_empty()
    }

    /// Byte ranges of `text` where it stands.
    pub(super) fn places(&self, text: &str) -> Vec<std::ops::Range<usize>> {
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
    fn letters_whose_case_changes_their_length_are_no_trouble() {
        assert_eq!(places("i", "\u{130}i"), [(2, 3)]);
        assert_eq!(places("驱动", "a驱动b"), [(1, 7)]);
    }
}
