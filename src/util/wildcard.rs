//! Wildcards as the debugger's commands take them.

/// Whether `text` matches `pattern` as a whole, ignoring ASCII case: `*` is any run, `?` any one character, `#` any
/// number of the character before it, `[abc]` and `[a-c]` one of a set, a back-slash takes the next one literally.
///
/// Linear in the product of the lengths: patterns come from users, texts from dumps.
pub fn matches(pattern: &str, text: &str) -> bool {
    let items = parse(pattern);
    // `alive[i]`: the text so far can be matched by the first `i` items.
    let mut alive = vec![false; items.len() + 1];
    if let Some(first) = alive.first_mut() {
        *first = true;
    }
    skip_repeats(&items, &mut alive);
    for c in text.chars() {
        let mut next = vec![false; items.len() + 1];
        for (index, item) in items.iter().enumerate() {
            if !alive.get(index).copied().unwrap_or(false) || !item.set.contains(c) {
                continue;
            }
            if let Some(slot) = next.get_mut(if item.repeats { index } else { index + 1 }) {
                *slot = true;
            }
        }
        skip_repeats(&items, &mut next);
        alive = next;
    }
    alive.last().copied().unwrap_or(false)
}

/// Whether `text` holds a wildcard character.
pub fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '#'])
}

struct Item {
    set: Set,
    repeats: bool,
}

enum Set {
    Any,
    One(char),
    Of(Vec<(char, char)>),
}

impl Set {
    fn contains(&self, c: char) -> bool {
        let c = c.to_ascii_lowercase();
        match self {
            Set::Any => true,
            Set::One(one) => *one == c,
            Set::Of(ranges) => ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)),
        }
    }
}

/// An item that repeats may also match nothing.
fn skip_repeats(items: &[Item], alive: &mut [bool]) {
    for (index, item) in items.iter().enumerate() {
        let here = item.repeats && alive.get(index).copied().unwrap_or(false);
        if let Some(slot) = alive.get_mut(index + 1).filter(|_| here) {
            *slot = true;
        }
    }
}

fn parse(pattern: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut chars = pattern.chars().map(|c| c.to_ascii_lowercase());
    while let Some(c) = chars.next() {
        let set = match c {
            '*' => {
                items.push(Item {
                    set: Set::Any,
                    repeats: true,
                });
                continue;
            }
            '#' => {
                if let Some(last) = items.last_mut() {
                    let last: &mut Item = last;
                    last.repeats = true;
                }
                continue;
            }
            '?' => Set::Any,
            '[' => Set::Of(set(&mut chars)),
            '\\' => Set::One(chars.next().unwrap_or('\\')),
            c => Set::One(c),
        };
        items.push(Item { set, repeats: false });
    }
    items
}

fn set(chars: &mut impl Iterator<Item = char>) -> Vec<(char, char)> {
    let mut ranges: Vec<(char, char)> = Vec::new();
    let mut dash = false;
    for c in chars.take_while(|&c| c != ']') {
        match (c, ranges.last_mut()) {
            ('-', Some(_)) if !dash => dash = true,
            (c, Some(last)) if dash => {
                last.1 = c;
                dash = false;
            }
            (c, _) => ranges.push((c, c)),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debuggers_wildcards() {
        assert!(matches("*fl*", "FLTMGR"));
        assert!(matches("*fl*", "vwififlt"));
        assert!(!matches("fl*", "vwififlt"));
        assert!(matches("nt", "NT"));
        assert!(matches("dump_?torport", "dump_storport"));
        assert!(matches("[a-c]x[!q]", "Bx!"));
        assert!(matches("fo#", "foooo"));
        assert!(matches("fo#", "f"));
        assert!(matches("a\\*b", "a*b"));
        assert!(!matches("a\\*b", "axb"));
        assert!(matches("", "") && !matches("", "x"));
    }

    #[test]
    fn hostile_patterns_end_soon() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(150)));
    }
}
