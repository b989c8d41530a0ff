//! From a typed line to commands: separators, names, what touches a name.

use super::call::Call;
use super::error::CommandError;
use super::spec::{CommandSpec, Glue, Rest};
use crate::command::table::COMMANDS;

/// A command found at the start of a line.
pub struct Parsed<'t> {
    /// Its entry in the table.
    pub spec: &'static CommandSpec,
    /// Its arguments.
    pub args: Call<'t>,
    /// A processor number that stood before the name (`2k`).
    pub processor: Option<u32>,
}

/// Takes the first command off `line`; returns it with the text after its separator, or `None` where only blanks and
/// separators are left.
///
/// # Errors
/// [`CommandError::Unknown`] for a name the table does not have, with the ones nearest to it.
pub fn first_command(line: &str) -> Result<Option<(Parsed<'_>, &str)>, CommandError> {
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
    if line.is_empty() {
        return Ok(None);
    }
    let (processor, text) = processor_prefix(line);
    let (spec, name, after) = find(text)?;
    let end = match spec.rest {
        Rest::Line => after.len(),
        Rest::Semicolon => separator(after),
        Rest::Remark => after.find(';').unwrap_or(after.len()),
        Rest::Text => text_end(after),
    };
    let (mine, rest) = after.split_at_checked(end).unwrap_or((after, ""));
    let letters = spec.letters();
    let glued = mine.find(|c| !letters.contains(c)).unwrap_or(mine.len());
    let (glued, arguments) = mine.split_at_checked(glued).unwrap_or(("", mine));
    let args = Call { name, glued, text: arguments.trim() };
    Ok(Some((Parsed { spec, args, processor }, rest)))
}

/// `2k` and `2r` run a command on another processor.
fn processor_prefix(line: &str) -> (Option<u32>, &str) {
    let digits = line.find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
    let (number, rest) = line.split_at_checked(digits).unwrap_or(("", line));
    match number.parse() {
        Ok(number) if rest.starts_with(['k', 'r']) => (Some(number), rest),
        _ => (None, line),
    }
}

/// The end of a command's arguments: the next `;` outside quotes and braces.
fn separator(text: &str) -> usize {
    let (mut quoted, mut depth) = (false, 0usize);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '{' if !quoted => depth += 1,
            '}' if !quoted => depth = depth.saturating_sub(1),
            ';' if !quoted && depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

/// The end of a text: the next `;`, behind its closing quotation mark if it starts with one.
fn text_end(text: &str) -> usize {
    let blanks = text.len() - text.trim_start().len();
    let quoted = text.get(blanks..).and_then(|text| text.strip_prefix('"'));
    let start = match quoted {
        Some(inner) => inner.find('"').map_or(text.len(), |end| blanks + end + 2),
        None => 0,
    };
    let rest = text.get(start..).unwrap_or_default();
    rest.find(';').map_or(text.len(), |end| start + end)
}

/// The longest name of the table that stands at the start of `text` and may be followed by what follows it there.
fn find(text: &str) -> Result<(&'static CommandSpec, &'static str, &str), CommandError> {
    let mut best: Option<(&'static CommandSpec, &'static str, &str)> = None;
    for spec in COMMANDS {
        for name in spec.names {
            let Some(after) = strip_name(text, name) else {
                continue;
            };
            if may_follow(spec, name, after) && best.is_none_or(|(_, old, _)| name.len() > old.len()) {
                best = Some((spec, name, after));
            }
        }
    }
    best.ok_or_else(|| {
        let name = word(text);
        CommandError::Unknown { name: name.to_owned(), near: near(name) }
    })
}

/// What stands before the name of an extension for those who are used to it. Where WinDbg has another command of that name,
/// the table has the name with the prefix too, which wins by its length.
const MEX: &str = "!mex.";

/// What stands behind a name. `!mex.` stands for the `!` of any extension.
fn strip_name<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mex = || strip(strip(text, MEX, true)?, name.strip_prefix('!')?, true);
    mex().or_else(|| strip(text, name, name.starts_with(['.', '!'])))
}

/// Names with a dot or an exclamation mark ignore case: no command is told apart by it, as `dD` and `dd` are.
fn strip<'t>(text: &'t str, name: &str, any_case: bool) -> Option<&'t str> {
    let (head, after) = text.split_at_checked(name.len())?;
    let same = if any_case { head.eq_ignore_ascii_case(name) } else { head == name };
    same.then_some(after)
}

fn may_follow(spec: &CommandSpec, name: &str, after: &str) -> bool {
    let Some(next) = after.chars().next() else {
        return true;
    };
    if next.is_whitespace() || next == ';' {
        return true;
    }
    match spec.glue {
        Glue::Anything => true,
        Glue::Signs => signs(name, next),
        Glue::Letters(_) | Glue::Switches => {
            let letters = spec.letters();
            let end = after.find(|c| !letters.contains(c)).unwrap_or(after.len());
            after.get(end..).and_then(|rest| rest.chars().next()).is_none_or(|next| {
                next.is_whitespace() || next == ';' || signs(name, next) || (end > 0 && next.is_ascii_digit())
            })
        }
    }
}

/// A sign may follow any name; a name that is itself a sign takes anything but another sign.
fn signs(name: &str, next: char) -> bool {
    let word = name.ends_with(|c: char| c.is_ascii_alphanumeric());
    if word {
        matches!(next, '@' | '$' | '=' | '(' | '"' | '-' | '*' | '{')
    } else {
        !matches!(next, '?' | '|')
    }
}

/// The word that a command's name should have been.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || c == ';').unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

/// Up to four names within two edits of `name`, nearest first; or that start with it.
pub fn near(name: &str) -> Vec<&'static str> {
    let bare = name.trim_start_matches(['!', '.']).to_ascii_lowercase();
    let mut found: Vec<(usize, &'static str)> = COMMANDS
        .iter()
        .flat_map(|spec| spec.names)
        .filter_map(|candidate| {
            let other = candidate.trim_start_matches(['!', '.']).to_ascii_lowercase();
            let distance = distance(&bare, &other);
            // One letter is near every other.
            let close = bare.len() > 1 && distance <= (bare.len() / 3).clamp(1, 2) && !other.is_empty();
            let begins = bare.len() >= 2 && other.starts_with(&bare);
            (close || begins).then_some((distance, *candidate))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, name)| name).take(4).collect()
}

/// Levenshtein distance of two short words; longer ones are cut, which only makes them less near.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(32).collect(), b.chars().take(32).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (cb, &above) in b.iter().zip(row.iter().skip(1)) {
            let replace = diagonal + usize::from(ca != cb);
            left = replace.min(above + 1).min(left + 1);
            diagonal = above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> (String, String, String, String) {
        let (parsed, rest) = first_command(line).expect("parses").expect("a command");
        let Call { name, glued, text } = parsed.args;
        (name.to_owned(), glued.to_owned(), text.to_owned(), rest.to_owned())
    }

    fn expect(line: &str, name: &str, glued: &str, text: &str, rest: &str) {
        assert_eq!(parsed(line), (name.into(), glued.into(), text.into(), rest.into()), "{line}");
    }

    #[test]
    fn names_options_and_arguments() {
        expect("lmvm nt; r", "lm", "", "vm nt", "; r");
        expect("rM 1; r", "r", "M", "1", "; r");
        expect("  ;; .bugcheck", ".bugcheck", "", "", "");
        expect(".echo \"a;b\"; r", ".echo", "", "\"a;b\"", "; r");
        expect(".echo a\"b; r", ".echo", "", "a\"b", "; r");
        expect(".echo {a; r", ".echo", "", "{a", "; r");
        expect("$$ a { \" b; r", "$$", "", "a { \" b", "; r");
        expect("? 1+2", "?", "", "1+2", "");
        expect("?1+2", "?", "", "1+2", "");
        expect("* anything; here", "*", "", "anything; here", "");
        expect("!mex.ddt -r nt!_X 0", "!ddt", "", "-r nt!_X 0", "");
        expect("!MEX.Grep a k", "!grep", "", "a k", "");
    }

    #[test]
    fn unknown_names_suggest_near_ones() {
        match first_command("vertraget").map(|_| ()) {
            Err(CommandError::Unknown { name, near }) => {
                assert_eq!(name, "vertraget");
                assert!(near.contains(&"vertarget"), "{near:?}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
