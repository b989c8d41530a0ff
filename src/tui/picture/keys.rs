//! Keys as a text tells them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use thiserror::Error;

/// Keys to be pressed one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keys(Vec<KeyEvent>);

/// A name that stands for no key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("<{name}> is no key; those are {}", known())]
pub struct NoKey {
    /// What stood in angle brackets.
    pub name: String,
}

/// Names of keys that are no characters.
const NAMES: [(&str, KeyCode); 18] = [
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Tab", KeyCode::Tab),
    ("BackTab", KeyCode::BackTab),
    ("Backspace", KeyCode::Backspace),
    ("Delete", KeyCode::Delete),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("PgUp", KeyCode::PageUp),
    ("PgDn", KeyCode::PageDown),
    ("F1", KeyCode::F(1)),
    ("Space", KeyCode::Char(' ')),
    ("lt", KeyCode::Char('<')),
    ("gt", KeyCode::Char('>')),
];

impl Keys {
    /// Characters stand for themselves, names in angle brackets for other keys: `<Esc>3<Down><Enter>`, `<Ctrl-p>`, `<Alt-9>`.
    ///
    /// # Errors
    /// A name stands for no key.
    pub fn parse(text: &str) -> Result<Keys, NoKey> {
        let mut keys = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let (name, after) = match rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
                Some(named) => named,
                None => {
                    keys.push(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE));
                    rest = rest.get(c.len_utf8()..).unwrap_or_default();
                    continue;
                }
            };
            keys.push(named(name).ok_or_else(|| NoKey { name: name.to_owned() })?);
            rest = after;
        }
        Ok(Keys(keys))
    }

    /// The keys in their order.
    pub fn iter(&self) -> impl Iterator<Item = KeyEvent> + '_ {
        self.0.iter().copied()
    }
}

fn named(name: &str) -> Option<KeyEvent> {
    let prefixes =
        [("Ctrl-", KeyModifiers::CONTROL), ("Alt-", KeyModifiers::ALT), ("Shift-", KeyModifiers::SHIFT)];
    let prefix = prefixes.iter().find_map(|(prefix, held)| Some((name.strip_prefix(prefix)?, *held)));
    let (name, held) = prefix.unwrap_or((name, KeyModifiers::NONE));
    let code = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, code)| *code);
    let mut characters = name.chars();
    let character = characters.next().filter(|_| characters.next().is_none() && !held.is_empty());
    Some(KeyEvent::new(code.or(character.map(KeyCode::Char))?, held))
}

fn known() -> String {
    let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    format!("{}, Ctrl-X, Alt-X", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_characters_mix() {
        let keys = Keys::parse("<Esc>3<down>驱<Ctrl-p><Alt-9><lt>").expect("keys");
        let none = |code| KeyEvent::new(code, KeyModifiers::NONE);
        let expected = [
            none(KeyCode::Esc),
            none(KeyCode::Char('3')),
            none(KeyCode::Down),
            none(KeyCode::Char('驱')),
            KeyEvent::new(KeyCode::Char('p'), KeyModifiers::CONTROL),
            KeyEvent::new(KeyCode::Char('9'), KeyModifiers::ALT),
            none(KeyCode::Char('<')),
        ];
        assert_eq!(keys.iter().collect::<Vec<_>>(), expected);
        assert!(Keys::parse("<Escape>").is_err_and(|why| why.to_string().starts_with("<Escape> is no key")));
        assert_eq!(Keys::parse("a<b").map(|keys| keys.iter().count()), Ok(3));
    }
}
