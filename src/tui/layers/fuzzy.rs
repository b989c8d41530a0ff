//! Names by some of their letters.

/// How well `wanted` stands in `text` as letters in order, in either case: the more the better; `None` where it does not.
/// Letters beside each other, at the beginning of words, and short texts count most.
pub fn score(wanted: &str, text: &str) -> Option<i64> {
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
    use super::score;

    fn best<'t>(wanted: &str, texts: &[&'t str]) -> Option<&'t str> {
        let scored = texts.iter().filter_map(|text| Some((score(wanted, text)?, *text)));
        scored.max().map(|(_, text)| text)
    }

    #[test]
    fn letters_in_order_are_found() {
        assert_eq!(score("kbc", "nt!KeBugCheckEx").map(|_| ()), Some(()));
        assert_eq!(score("kcb", "nt!KeBug"), None);
        assert_eq!(score("WLAN", "wlanflt").map(|_| ()), Some(()));
        assert_eq!(score("", "anything").map(|_| ()), Some(()));
        assert_eq!(score("x", ""), None);
    }

    #[test]
    fn whole_words_and_beginnings_come_first() {
        assert_eq!(best("lm", &["!alpc m", "lm", "lmvm", "!lmi"]), Some("lm"));
        assert_eq!(best("pool", &["!poolused", "!pool", "!analyze -p o o l"]), Some("!pool"));
        assert_eq!(best("flt", &["wlanflt", "fltmgr", "x f l t"]), Some("fltmgr"));
    }
}
