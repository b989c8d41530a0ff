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

/// Where a text comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Origin {
    /// Somebody wrote it: at the prompt, in a command file.
    #[default]
    Written,
    /// It was found in the dump, or is part of what a command said.
    Found,
}

/// What stands in a text that nobody wrote, because aliases were replaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Foreign {
    /// Nothing.
    #[default]
    Nothing,
    /// Words.
    Words,
    /// What may end a command, or be one.
    Commands,
}

/// A text whose aliases are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded<'t> {
    /// The text.
    pub text: Cow<'t, str>,
    /// What stands in it that nobody wrote.
    pub foreign: Foreign,
}

/// What a name stands for.
#[derive(Debug, Clone, Default)]
struct Alias {
    text: String,
    foreign: Foreign,
}

impl Alias {
    fn new(text: &str, origin: Origin) -> Alias {
        let foreign = match origin {
            Origin::Written => Foreign::Nothing,
            Origin::Found if is_word(text) => Foreign::Words,
            Origin::Found => Foreign::Commands,
        };
        Alias { text: text.to_owned(), foreign }
    }
}

/// Whether a text can only be part of a command: nothing in it ends one or sends its output elsewhere, and it is no name
/// of one of those that write files, which begin with a dot.
fn is_word(text: &str) -> bool {
    !text.starts_with(['.', '!', '$']) && !text.contains([';', '|', '>', '<', '{', '}', '"', '\n', '\r'])
}

/// What names stood for, to be put back when what changed them is over.
#[derive(Debug, Default)]
pub struct Kept(Vec<(String, Option<Alias>)>);

/// The aliases of a session.
#[derive(Debug, Clone, Default)]
pub struct Aliases {
    named: BTreeMap<String, Alias>,
    /// `$u0` to `$u9`; they are there from the beginning and stand for nothing.
    fixed: [Alias; 10],
}

impl Aliases {
    /// Makes a name stand for a text.
    ///
    /// # Errors
    /// [`TooMuchText`]; nothing is changed then.
    pub fn set(&mut self, name: &str, text: &str, origin: Origin) -> Result<(), TooMuchText> {
        let kept: usize = self.named.iter().map(|(name, alias)| name.len() + alias.text.len()).sum();
        if text.len() > MAX_TEXT || kept + name.len() + text.len() > MAX_ALL {
            return Err(TooMuchText);
        }
        self.named.insert(name.to_owned(), Alias::new(text, origin));
        Ok(())
    }

    /// Forgets a name; false if there was none.
    pub fn remove(&mut self, name: &str) -> bool {
        self.named.remove(name).is_some()
    }

    /// Makes names stand for nothing until they are put back.
    pub fn put_aside(&mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Kept {
        let names = names.into_iter().map(Into::into);
        let take = |name: String| {
            let alias = self.named.remove(&name);
            (name, alias)
        };
        Kept(names.map(take).collect())
    }

    /// Makes names stand for what they stood for.
    pub fn put_back(&mut self, kept: Kept) {
        // What was put aside twice stood for what it did the first time.
        for (name, alias) in kept.0.into_iter().rev() {
            match alias {
                Some(alias) => drop(self.named.insert(name, alias)),
                None => drop(self.named.remove(&name)),
            }
        }
    }

    /// Forgets all names; false if there were none.
    pub fn clear(&mut self) -> bool {
        !std::mem::take(&mut self.named).is_empty()
    }

    /// All names and what they stand for, in the order of the names.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.named.iter().map(|(name, alias)| (name.as_str(), alias.text.as_str()))
    }

    /// What `$u0` to `$u9` stand for; `None` for another number.
    pub fn fixed(&self, number: usize) -> Option<&str> {
        self.fixed.get(number).map(|alias| alias.text.as_str())
    }

    /// Makes one of them stand for a text; false for another number.
    pub fn set_fixed(&mut self, number: usize, text: &str, origin: Origin) -> bool {
        let place = self.fixed.get_mut(number);
        place.map(|place| *place = Alias::new(text, origin)).is_some()
    }

    /// The text with every alias in it replaced, once: what an alias stands for is not looked through again.
    ///
    /// A name counts where blanks, semicolons, quotation marks or the text's ends stand around it, `${name}` and `$u0`
    /// anywhere. `${/d:name}` says whether there is such a name, `${/f:name}` is nothing where there is none,
    /// `${/n:name}` the name of one, and `${/v:name}` stays: those who make aliases read the name in it.
    ///
    /// # Errors
    /// [`TooMuchText`].
    pub fn expand<'t>(&self, text: &'t str) -> Result<Expanded<'t>, TooMuchText> {
        let mut foreign = Foreign::Nothing;
        if self.named.is_empty() && memchr::memchr(b'$', text.as_bytes()).is_none() {
            return Ok(Expanded { text: Cow::Borrowed(text), foreign });
        }
        let mut made = String::new();
        let mut rest = text;
        let mut before = None;
        while let Some(c) = rest.chars().next() {
            let found = self
                .marked(rest)
                .or_else(|| before.is_none_or(ends_name).then(|| self.plain(rest)).flatten());
            let length = match found {
                Some(Replaced { with, foreign: brought, length }) => {
                    made.push_str(with);
                    foreign = foreign.max(brought);
                    length
                }
                // Without names only what begins with a dollar sign is anything.
                None if self.named.is_empty() => {
                    let after = rest.as_bytes().get(1..).and_then(|after| memchr::memchr(b'$', after));
                    let length = after.map_or(rest.len(), |after| after + 1);
                    made.push_str(rest.get(..length).unwrap_or_default());
                    length
                }
                None => {
                    made.push(c);
                    c.len_utf8()
                }
            };
            if made.len() > MAX_TEXT {
                return Err(TooMuchText);
            }
            before = rest.get(..length).and_then(|taken| taken.chars().next_back());
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(Expanded { text: Cow::Owned(made), foreign })
    }

    /// What `${name}` or `$u0` at the start of `text` stands for.
    fn marked(&self, text: &str) -> Option<Replaced<'_>> {
        let after = text.strip_prefix('$')?;
        if let Some(digit) = after.strip_prefix('u').and_then(|after| after.chars().next()?.to_digit(10)) {
            return Some(Replaced::by(self.fixed.get(digit as usize)?, 3));
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
        let word = |with| Replaced { with, foreign: Foreign::Nothing, length };
        match (form, self.named.get_key_value(name)) {
            ("/d:", found) => Some(word(if found.is_some() { "1" } else { "0" })),
            ("/f:", None) => Some(word("")),
            ("/n:", Some((name, _))) => Some(word(name)),
            ("/f:" | "", Some((_, alias))) => Some(Replaced::by(alias, length)),
            _ => None,
        }
    }

    /// What the name that `text` starts with stands for.
    fn plain(&self, text: &str) -> Option<Replaced<'_>> {
        let end = text.find(ends_name).unwrap_or(text.len());
        Some(Replaced::by(self.named.get(text.get(..end)?)?, end))
    }
}

/// What stands in place of so much text.
struct Replaced<'a> {
    with: &'a str,
    foreign: Foreign,
    length: usize,
}

impl Replaced<'_> {
    fn by(alias: &Alias, length: usize) -> Replaced<'_> {
        Replaced { with: &alias.text, foreign: alias.foreign, length }
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
            aliases.set(name, text, Origin::Written).unwrap();
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
            assert_eq!(aliases.expand(text).unwrap().text, expected, "{text}");
        }
    }

    #[test]
    fn fixed_names_count_anywhere() {
        let mut aliases = Aliases::default();
        assert_eq!(aliases.expand("? @$u0 $.u0").unwrap().text, "? @ $.u0");
        assert!(aliases.set_fixed(3, "poi", Origin::Written));
        assert_eq!(aliases.expand("? $u3(@rsp)$u").unwrap().text, "? poi(@rsp)$u");
        assert!(!aliases.set_fixed(10, "poi", Origin::Written));
    }

    #[test]
    fn what_grows_without_end_is_refused() {
        let mut aliases = aliases(&[("x", &"a".repeat(MAX_TEXT))]);
        assert_eq!(aliases.expand("${x}${x}"), Err(TooMuchText));
        assert_eq!(aliases.set("y", &"a".repeat(MAX_TEXT + 1), Origin::Written), Err(TooMuchText));
        assert!(!aliases.remove("y"));
    }

    /// What was found in a dump must not become a command that writes files.
    #[test]
    fn what_nobody_wrote_is_known() {
        let mut aliases = Aliases::default();
        for (text, expected) in [
            ("nt", Foreign::Words),
            ("fffff800`12345678 a-b\\c", Foreign::Words),
            ("x; .logopen y", Foreign::Commands),
            (".logopen", Foreign::Commands),
            ("a > b", Foreign::Commands),
            ("a\nb", Foreign::Commands),
        ] {
            aliases.set("x", text, Origin::Found).unwrap();
            assert_eq!(aliases.expand("? ${x}").unwrap().foreign, expected, "{text}");
            assert_eq!(aliases.expand("? ${/d:x} ${/n:x} y").unwrap().foreign, Foreign::Nothing);
        }
        aliases.set("x", "x; .logopen y", Origin::Written).unwrap();
        assert_eq!(aliases.expand("? x").unwrap().foreign, Foreign::Nothing);
    }

    #[test]
    fn what_was_put_aside_comes_back() {
        let mut aliases = aliases(&[("a", "1")]);
        let kept = aliases.put_aside(["a", "b", "a"]);
        aliases.set("a", "2", Origin::Written).unwrap();
        aliases.set("b", "3", Origin::Written).unwrap();
        aliases.put_back(kept);
        assert_eq!(aliases.all().collect::<Vec<_>>(), [("a", "1")]);
    }
}
