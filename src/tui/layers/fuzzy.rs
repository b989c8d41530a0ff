//! How well what was typed fits an entry of a list: by its name, by what is told of it, by some of its letters.

/// How something fits, the better the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Its letters stand in the name, in order.
    Scattered,
    /// It stands in what is told.
    Told,
    /// A word of what is told begins with it.
    ToldWord,
    /// It stands in the name.
    Inside,
    /// A word of the name begins with it.
    Word,
    /// The name begins with it.
    Start,
    /// It is the name, or a word of it.
    Whole,
}

/// How well something fits: the kind, and the better of two that fit alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fit {
    /// In which way.
    pub kind: Kind,
    finer: i64,
}

/// How `wanted` fits an entry, in either case; of several words each has to, and counts as the worst does. `None` where it does
/// not.
pub fn fit(wanted: &str, name: &str, told: &str) -> Option<Fit> {
    let mut words = wanted.split_whitespace();
    let (Some(first), rest) = (words.next(), words.next()) else {
        return Some(Fit { kind: Kind::Whole, finer: 0 });
    };
    let (name_letters, told_letters) = (Letters::of(name), Letters::of(told));
    let whole = |word: &str| whole_words(&Letters::of(word), &name_letters, &told_letters);
    match rest {
        None => whole(first).or_else(|| Some(Fit { kind: Kind::Scattered, finer: score(first, name)? })),
        // Several words may be a command with its arguments: letters from here and there would hide that.
        Some(_) => wanted.split_whitespace().map(whole).min().flatten(),
    }
}

/// A text as it stands, and in lower case.
struct Letters {
    all: Vec<char>,
    lower: Vec<char>,
}

impl Letters {
    fn of(text: &str) -> Letters {
        let all: Vec<char> = text.chars().collect();
        let lower = all.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
        Letters { all, lower }
    }

    fn length(&self) -> i64 {
        i64::try_from(self.all.len()).unwrap_or(i64::MAX)
    }

    /// Where another text stands in it.
    fn places<'l>(&'l self, wanted: &'l Letters) -> impl Iterator<Item = usize> + 'l {
        let windows = self.lower.windows(wanted.lower.len().max(1)).enumerate();
        windows.filter(|(_, letters)| *letters == wanted.lower).map(|(at, _)| at)
    }

    /// Whether a word begins there. Chinese has no blanks between words.
    fn begins_word(&self, at: usize) -> bool {
        let Some(&c) = self.all.get(at) else { return true };
        let before = at.checked_sub(1).and_then(|before| self.all.get(before));
        before.is_none_or(|before| !c.is_alphanumeric() || is_ideograph(c) || begins_word(*before, c))
    }

    /// Whether a word ends before that place.
    fn ends_word(&self, at: usize) -> bool {
        self.all.get(at).is_none_or(|c| !c.is_alphanumeric())
    }

    /// Whether a name begins there: at the beginning, behind its sign or the key of a pane, or behind another name.
    fn begins_name(&self, at: usize) -> bool {
        match self.all.get(..at).unwrap_or_default() {
            [] | ['!' | '.' | '~' | '|'] | [.., ',', ' '] | [.., ',', ' ', '!' | '.' | '~' | '|'] => true,
            [key, ' '] => key.is_alphanumeric(),
            _ => false,
        }
    }
}

fn whole_words(wanted: &Letters, name: &Letters, told: &Letters) -> Option<Fit> {
    let in_name = |at: usize| match (name.begins_word(at), name.ends_word(at + wanted.all.len())) {
        (true, true) => Kind::Whole,
        _ if name.begins_name(at) => Kind::Start,
        (true, false) => Kind::Word,
        (false, _) => Kind::Inside,
    };
    if let Some(kind) = name.places(wanted).map(in_name).max() {
        return Some(Fit { kind, finer: -name.length() });
    }
    let in_told = |at: usize| {
        let kind = if told.begins_word(at) { Kind::ToldWord } else { Kind::Told };
        Fit { kind, finer: i64::try_from(at).map_or(i64::MIN, |at| -at) }
    };
    told.places(wanted).map(in_told).max()
}

/// Whether a character is a word, or part of one, without blanks around it.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// How well `wanted` stands in `text` as letters in order, in either case: the more the better; `None` where it does not.
/// Letters beside each other, at the beginning of words, and short texts count most.
fn score(wanted: &str, text: &str) -> Option<i64> {
    let mut total = 0;
    let mut previous: Option<char> = None;
    let mut run = 0;
    let mut wanted = wanted.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).peekable();
    for c in text.chars() {
        let Some(next) = wanted.peek() else { break };
        if c.to_lowercase().eq(std::iter::once(*next)) {
            wanted.next();
            run += 1;
            total += 4 * run;
            if previous.is_none() {
                total += 16;
            } else if previous.is_some_and(|before| begins_word(before, c)) {
                total += 6;
            }
        } else {
            run = 0;
        }
        previous = Some(c);
    }
    // Long names lose a little, so that the shortest of several that fit alike is the first.
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX).min(200);
    wanted.peek().is_none().then_some(total * 8 - length)
}

fn begins_word(before: char, c: char) -> bool {
    !before.is_alphanumeric() && c.is_alphanumeric() || before.is_lowercase() && c.is_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that fit, best first.
    fn found<'t>(wanted: &str, entries: &[(&'t str, &str)]) -> Vec<&'t str> {
        let mut fits: Vec<(Fit, &str)> =
            entries.iter().filter_map(|(name, told)| Some((fit(wanted, name, told)?, *name))).collect();
        fits.sort_by_key(|(fit, _)| std::cmp::Reverse(*fit));
        fits.into_iter().map(|(_, name)| name).collect()
    }

    #[test]
    fn letters_in_order_are_found() {
        assert_eq!(fit("kbc", "nt!KeBugCheckEx", "").map(|fit| fit.kind), Some(Kind::Scattered));
        assert_eq!(fit("kcb", "nt!KeBug", ""), None);
        assert_eq!(fit("x", "", ""), None);
        assert_eq!(
            found("flt", &[("f-l-t", ""), ("fault", ""), ("x f ltr", "")]),
            ["f-l-t", "fault", "x f ltr"]
        );
        // What is told counts in whole, not by its letters.
        assert_eq!(fit("pcr", "!irp", "Shows a packet of a request"), None);
    }

    #[test]
    fn every_kind_is_better_than_the_next() {
        let entries = [
            ("ap-o-o-l", ""),
            ("!vm", "carpools"),
            ("!lookaside", "lists of pools"),
            ("spooler", ""),
            ("nt!ExFreePoolWithTag", ""),
            ("!poolused", ""),
            ("!pool", ""),
        ];
        let mut best_first: Vec<&str> = entries.iter().map(|(name, _)| *name).collect();
        best_first.reverse();
        assert_eq!(found("pool", &entries), best_first);
        assert_eq!(found("POOL", &entries), best_first);
        assert_eq!(found("", &entries).len(), entries.len());
    }

    #[test]
    fn a_name_begins_behind_its_sign_or_its_pane() {
        let kind = |wanted: &str, name: &str| fit(wanted, name, "").map(|fit| fit.kind);
        for name in ["!thread", ".thread", "9 Threads", "!stacks, !threads", "thr_x"] {
            assert!(kind("thr", name) >= Some(Kind::Start), "{name}");
        }
        assert_eq!(kind("!ana", "!analyze"), Some(Kind::Start));
        assert_eq!(kind("!ana", "canal"), None);
        assert_eq!(kind("lm", "lm"), Some(Kind::Whole));
        assert_eq!(found("lm", &[("!lmi", ""), ("lmvm", ""), ("!alpc m", ""), ("lm", "")])[0], "lm");
    }

    #[test]
    fn words_are_found_in_chinese() {
        let entries =
            [("!vm", "显示内存用量"), ("7 内存", "dps"), ("db", "以字节显示内存"), ("!irp", "显示一个 IRP")];
        assert_eq!(found("内存", &entries), ["7 内存", "!vm", "db"]);
        assert_eq!(found("irp", &entries), ["!irp"]);
        assert_eq!(found("用量 内存", &entries), ["!vm"]);
    }

    #[test]
    fn of_several_words_each_has_to_fit() {
        let entries = [("!poolused", "Counts blocks by their tag"), ("!pool", "Shows a page's blocks")];
        assert_eq!(found("pool tag", &entries), ["!poolused"]);
        assert_eq!(found("!pool ffff", &entries), Vec::<&str>::new());
        assert_eq!(found("p o o l", &entries).len(), 2);
    }
}
