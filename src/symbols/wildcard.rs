//! The debugger's string wildcards: `*`, `?`, `[set]`, `#`, `+` and `\` as an escape; letters match in either case.

/// The longest pattern that is compiled; the rest of a longer one is ignored.
const MAX_PATTERN: usize = 1024;

/// Lowest and highest character of each range of a set.
type Ranges = Vec<(char, char)>;

/// One thing to match, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    what: What,
    least: usize,
    many: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Any,
    One(char),
    Set(Ranges),
}

impl What {
    fn matches(&self, c: char) -> bool {
        match self {
            What::Any => true,
            What::One(want) => *want == c,
            What::Set(ranges) => ranges.iter().any(|&(low, high)| (low..=high).contains(&c)),
        }
    }
}

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard {
    parts: Vec<Part>,
    literal: Option<String>,
}

impl Wildcard {
    /// Compiles `pattern`. Every text is a valid pattern: an unclosed `[` stands for itself.
    pub fn new(pattern: &str) -> Wildcard {
        let chars: Vec<char> = pattern.chars().take(MAX_PATTERN).map(fold).collect();
        let mut parts: Vec<Part> = Vec::new();
        let mut rest = chars.as_slice();
        while let Some((&c, tail)) = rest.split_first() {
            rest = tail;
            let what = match c {
                '*' => {
                    parts.push(Part { what: What::Any, least: 0, many: true });
                    continue;
                }
                // `#` is zero or more, `+` one or more, of what stands before.
                '#' | '+' if !parts.is_empty() => {
                    if let Some(last) = parts.last_mut() {
                        last.least = if c == '#' { 0 } else { last.least };
                        last.many = true;
                    }
                    continue;
                }
                '?' => What::Any,
                '[' => match set(tail) {
                    Some((ranges, after)) => {
                        rest = after;
                        What::Set(ranges)
                    }
                    None => What::One(c),
                },
                '\\' => match tail.split_first() {
                    Some((&escaped, after)) => {
                        rest = after;
                        What::One(escaped)
                    }
                    None => What::One(c),
                },
                _ => What::One(c),
            };
            parts.push(Part { what, least: 1, many: false });
        }
        let literal = parts
            .iter()
            .map(|part| match part {
                Part { what: What::One(c), least: 1, many: false } => Some(*c),
                _ => None,
            })
            .collect();
        Wildcard { parts, literal }
    }

    /// The text itself, in lower case, when the pattern holds no wildcard.
    pub fn literal(&self) -> Option<&str> {
        self.literal.as_deref()
    }

    /// Whether all of `text` matches. Takes time in proportion to pattern times text at worst.
    pub fn is_match(&self, text: &str) -> bool {
        let (mut part, mut at) = (0, text.chars());
        let mut used = 0usize;
        // Where to go back to: the last part that may repeat, how often it did, and the text after it.
        let mut back: Option<(usize, usize, std::str::Chars<'_>)> = None;
        loop {
            let mut ahead = at.clone();
            let step = match (self.parts.get(part), ahead.next()) {
                (None, None) => return true,
                (None, Some(_)) => false,
                (Some(p), next) => {
                    if p.many && used >= p.least {
                        back = Some((part, used, at.clone()));
                        part += 1;
                        used = 0;
                        continue;
                    }
                    match next {
                        Some(c) if p.what.matches(fold(c)) => {
                            at = ahead;
                            used += 1;
                            if !p.many {
                                part += 1;
                                used = 0;
                            }
                            true
                        }
                        _ => false,
                    }
                }
            };
            if step {
                continue;
            }
            // One more of the repeating part, then everything after it again.
            let Some((again, count, mut from)) = back.take() else {
                return false;
            };
            match (from.next(), self.parts.get(again)) {
                (Some(c), Some(p)) if p.what.matches(fold(c)) => {
                    at = from;
                    part = again;
                    used = count + 1;
                }
                _ => return false,
            }
        }
    }
}

/// The ranges of a set and what follows its `]`.
fn set(chars: &[char]) -> Option<(Ranges, &[char])> {
    let end = chars.iter().position(|&c| c == ']')?;
    let (inside, after) = (chars.get(..end)?, chars.get(end + 1..)?);
    let mut ranges = Vec::new();
    let mut rest = inside;
    loop {
        rest = match rest {
            [] => return Some((ranges, after)),
            [low, '-', high, tail @ ..] => {
                ranges.push((*low, *high));
                tail
            }
            [one, tail @ ..] => {
                ranges.push((*one, *one));
                tail
            }
        };
    }
}

fn fold(c: char) -> char {
    c.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Wildcard::new(pattern).is_match(text)
    }

    #[test]
    fn stars_and_questions() {
        assert!(matches("KeBug*", "KeBugCheckEx"));
        assert!(matches("*pool*tag", "ExFreePoolWithTag"));
        assert!(!matches("*pool*tag", "ExFreePoolWithTagX"));
        assert!(matches("a?c", "aBc"));
        assert!(!matches("a?c", "ac"));
        assert!(matches("*", ""));
        assert!(matches("", ""));
        assert!(!matches("", "a"));
    }

    #[test]
    fn sets_and_repeats() {
        assert!(matches("[a-c]x", "Bx"));
        assert!(!matches("[a-c]x", "dx"));
        assert!(matches("lo#p", "lp"));
        assert!(matches("lo#p", "looop"));
        assert!(matches("lo+p", "lop"));
        assert!(!matches("lo+p", "lp"));
        assert!(matches("[", "["));
        assert!(matches("a\\*b", "a*b"));
        assert!(!matches("a\\*b", "axb"));
    }

    #[test]
    fn literal_patterns_are_known() {
        assert_eq!(Wildcard::new("KeBugCheck").literal(), Some("kebugcheck"));
        assert_eq!(Wildcard::new("Ke*").literal(), None);
    }

    #[test]
    fn a_pattern_of_stars_ends_soon() {
        assert!(!matches(&"*a".repeat(200), &"b".repeat(20_000)));
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199)));
        assert!(matches(&"*a".repeat(200), &"a".repeat(2_000)));
    }
}
