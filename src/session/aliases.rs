//! Aliases: names that stand for text wherever a line or a block begins to run.

use std::borrow::Cow;
use std::collections::BTreeMap;
use thiserror::Error;

/// A line with its aliases replaced is no longer than this, in bytes; nor is what an alias stands for.
const MAX_TEXT: usize = 1 << 20;
/// All aliases together are no longer than this, in bytes.
const MAX_ALL: usize = 16 << 20;

/// Replacing aliases makes a text, or all of them, longer than anyone's commands are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("aliases make more text here than is kept: {MAX_TEXT} bytes a line, {MAX_ALL} bytes in all")]
pub struct TooMuchText;

/// The aliases of a session.
#[derive(Debug, Clone, Default)]
pub struct Aliases {
    named: BTreeMap<String, String>,
    /// `$u0` to `$u9`; they are there from the beginning and stand for nothing.
    fixed: [String; 10],
}

impl Aliases {
    /// What a name stands for.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.named.get(name).map(String::as_str)
    }

    /// Makes a name stand for a text.
    ///
    /// # Errors
    /// [`TooMuchText`]; nothing is changed then.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), TooMuchText> {
        let kept: usize = self.named.iter().map(|(name, text)| name.len() + text.len()).sum();
        if text.len() > MAX_TEXT || kept + name.len() + text.len() > MAX_ALL {
            return Err(TooMuchText);
        }
        self.named.insert(name.to_owned(), text.to_owned());
        Ok(())
    }

    /// Forgets a name; what it stood for.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        self.named.remove(name)
    }

    /// Forgets all names; false if there were none.
    pub fn clear(&mut self) -> bool {
        !std::mem::take(&mut self.named).is_empty()
    }

    /// All names and what they stand for, in the order of the names.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.named.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The place of `$u0` to `$u9`; `None` for another number.
    pub fn fixed_mut(&mut self, number: usize) -> Option<&mut String> {
        self.fixed.get_mut(number)
    }

    /// The text with every alias in it replaced, once: what an alias stands for is not looked through again.
    ///
    /// A name counts where blanks, semicolons, quotation marks or the text's ends stand around it, `${name}` and `$u0`
    /// anywhere. `${/d:name}` says whether there is such a name, `${/f:name}` is nothing where there is none,
    /// `${/n:name}` the name of one, and `${/v:name}` stays: those who make aliases read the name in it.
    ///
    /// # Errors
    /// [`TooMuchText`].
    pub fn expand<'t>(&self, text: &'t str) -> Result<Cow<'t, str>, TooMuchText> {
        if self.named.is_empty() && memchr::memchr(b'$', text.as_bytes()).is_none() {
            return Ok(Cow::Borrowed(text));
        }
        let mut made = String::new();
        let mut rest = text;
        let mut before = None;
        while let Some(c) = rest.chars().next() {
            let (with, length) = self
                .marked(rest)
                .or_else(|| before.is_none_or(ends_name).then(|| self.plain(rest)).flatten())
                .unwrap_or((Cow::Borrowed(rest.get(..c.len_utf8()).unwrap_or_default()), c.len_utf8()));
            made.push_str(&with);
            if made.len() > MAX_TEXT {
                return Err(TooMuchText);
            }
            before = rest.get(..length).and_then(|taken| taken.chars().next_back());
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(Cow::Owned(made))
    }

    /// What `${name}` or `$u0` at the start of `text` stands for, and how long it is.
    fn marked(&self, text: &str) -> Option<(Cow<'_, str>, usize)> {
        let after = text.strip_prefix('$')?;
        if let Some(digit) = after.strip_prefix('u').and_then(|after| after.chars().next()?.to_digit(10)) {
            return Some((self.fixed.get(digit as usize)?.as_str().into(), 3));
        }
        let (inside, _) = after.strip_prefix('{')?.split_once('}')?;
        let length = inside.len() + 3;
        let (form, name) = match inside.get(..3) {
            Some(form @ ("/d:" | "/f:" | "/n:" | "/v:")) => (form, inside.get(3..)?),
            _ => ("", inside),
        };
        if name.is_empty() {
            return None;
        }
        let found = self.named.get_key_value(name);
        let with = match (form, found) {
            ("/d:", found) => if found.is_some() { "1" } else { "0" }.into(),
            ("/f:", found) => found.map_or("", |(_, text)| text).into(),
            ("/n:", Some((name, _))) => name.as_str().into(),
            ("", Some((_, text))) => text.as_str().into(),
            _ => return None,
        };
        Some((with, length))
    }

    /// What the name that `text` starts with stands for, and how long the name is.
    fn plain(&self, text: &str) -> Option<(Cow<'_, str>, usize)> {
        let end = text.find(ends_name).unwrap_or(text.len());
        Some((self.named.get(text.get(..end)?)?.as_str().into(), end))
    }
}

/// Whether a character separates an alias from what is beside it.
fn ends_name(c: char) -> bool {
    c.is_whitespace() || matches!(c, ';' | '"')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases(pairs: &[(&str, &str)]) -> Aliases {
        let mut aliases = Aliases::default();
        for (name, text) in pairs {
            aliases.set(name, text).unwrap();
        }
        aliases
    }

    #[test]
    fn names_stand_alone_or_in_braces() {
        let aliases = aliases(&[("foo", "bar baz"), ("a", "${foo}"), ("k;", "x")]);
        for (text, expected) in [
            ("foo", "bar baz"),
            ("foo xfoo foo+1 (foo) FOO <foo>", "bar baz xfoo foo+1 (foo) FOO <foo>"),
            ("\"foo\";foo", "\"bar baz\";bar baz"),
            ("x${foo}y ${none} ${} ${foo", "xbar bazy ${none} ${} ${foo"),
            // Once: what an alias stands for is text.
            ("a ${a}", "${foo} ${foo}"),
            ("${/d:foo} ${/d:none} [${/f:foo}] [${/f:none}]", "1 0 [bar baz] []"),
            ("${/n:foo} ${/n:none} ${/v:foo} ${/d:}", "foo ${/n:none} ${/v:foo} ${/d:}"),
            ("驱动 foo", "驱动 bar baz"),
        ] {
            assert_eq!(aliases.expand(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn fixed_names_count_anywhere() {
        let mut aliases = Aliases::default();
        assert_eq!(aliases.expand("? @$u0 $.u0").unwrap(), "? @ $.u0");
        *aliases.fixed_mut(3).unwrap() = "poi".to_owned();
        assert_eq!(aliases.expand("? $u3(@rsp)$u").unwrap(), "? poi(@rsp)$u");
        assert!(aliases.fixed_mut(10).is_none());
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        let mut aliases = aliases(&[("x", &"a".repeat(MAX_TEXT))]);
        assert_eq!(aliases.expand("${x}${x}"), Err(TooMuchText));
        assert_eq!(aliases.set("y", &"a".repeat(MAX_TEXT + 1)), Err(TooMuchText));
        assert_eq!(aliases.get("y"), None);
    }
}
