//! What is offered.

/// The most choices that are offered.
const MAX_CHOICES: usize = 200;

/// What may stand there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Where in the text the choices begin, in bytes: what stands from there on is replaced.
    pub at: usize,
    /// They, in order, each once, up to a bound.
    pub list: Vec<String>,
    /// How many more there are.
    pub more: usize,
    /// What all of them begin with, those that are not listed too.
    pub common: String,
    /// The module that was named and whose symbols are not loaded.
    pub unloaded: Option<String>,
}

impl Choices {
    /// Choices out of `found`, of which those count that begin with `typed`: in its case, or if there are none, in any.
    pub(super) fn of(at: usize, typed: &str, found: Vec<String>) -> Choices {
        let exact = |name: &String| name.starts_with(typed);
        let any = |name: &String| {
            name.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed)) && is_word(name)
        };
        let has_exact = found.iter().any(|name| exact(name) && is_word(name));
        let mut list = found;
        list.retain(|name| any(name) && (!has_exact || exact(name)));
        list.sort_unstable();
        list.dedup();
        let common = match (list.first(), list.last()) {
            // They are sorted: what the first and the last share, all share.
            (Some(first), Some(last)) => common_start(first, last).to_owned(),
            _ => String::new(),
        };
        let more = list.len().saturating_sub(MAX_CHOICES);
        list.truncate(MAX_CHOICES);
        Choices { at, list, more, common, unloaded: None }
    }
}

/// Whether a name stays what it is when it is typed. Names come from files, which may hold anything.
fn is_word(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_control() || matches!(c, ';' | '"' | '{' | '}'))
}

fn common_start<'t>(a: &'t str, b: &str) -> &'t str {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    let end = same.map(|(c, _)| c.len_utf8()).sum();
    a.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(typed: &str, found: &[&str]) -> Choices {
        Choices::of(0, typed, found.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn the_typed_case_wins_and_any_case_will_do() {
        assert_eq!(of("Ke", &["KeB", "KEA", "keC", "KeA"]).list, ["KeA", "KeB"]);
        assert_eq!(of("ke", &["KeB", "KEA"]).list, ["KEA", "KeB"]);
        assert_eq!(of("ke", &["KeBugA", "KeBugB"]).common, "KeBug");
    }

    #[test]
    fn there_is_an_end_to_choices() {
        let found: Vec<String> = (0..1_000).map(|number| format!("n{number:03}")).collect();
        let choices = Choices::of(3, "n", found);
        assert_eq!((choices.list.len(), choices.more), (MAX_CHOICES, 800));
        // The choices that are left out count too: the first 200 alone begin with n0 or n1.
        assert_eq!((choices.at, choices.common.as_str()), (3, "n"));
    }

    #[test]
    fn what_would_be_another_command_is_not_offered() {
        assert_eq!(of("a", &["a;q", "a\nb", "a\"b", "ab"]).list, ["ab"]);
    }
}
