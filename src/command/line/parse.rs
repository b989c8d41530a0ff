//! From a typed line to commands: separators, names, what touches a name.

use super::call::Call;
use super::error::CommandError;
use super::reader::SYNTAX;
use super::spec::{CommandSpec, Glue, Rest};
use crate::command::table::COMMANDS;
use crate::eval::{EvalError, Fault};
use crate::words::Message;
use std::collections::HashMap;
use std::sync::LazyLock;

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
/// As [`command_at`].
pub fn first_command(line: &str) -> Result<Option<(Parsed<'_>, &str)>, CommandError> {
    let found = command_at(line, 0)?;
    Ok(found.map(|(parsed, end)| (parsed, line.get(end..).unwrap_or_default())))
}

/// The command at `at` in `line` and where it ends; `None` where only blanks and separators are left.
///
/// # Errors
/// [`CommandError::Unknown`] for a name the table does not have, with the ones nearest to it; text that is no name.
pub fn command_at(line: &str, at: usize) -> Result<Option<(Parsed<'_>, usize)>, CommandError> {
    let left = line.get(at..).unwrap_or_default();
    let left = left.trim_start_matches(|c: char| c.is_whitespace() || c == ';');
    let Some(first) = left.chars().next() else {
        return Ok(None);
    };
    let (processor, text) = processor_prefix(left);
    let place = |rest: &str| line.len() - rest.len();
    let (spec, name, after) = find(text).map_err(|error| match first {
        c if c.is_alphabetic() || matches!(c, '.' | '!') => error,
        _ => CommandError::Caret { what: SYNTAX, at: place(left) },
    })?;
    let length = match spec.rest {
        _ if takes_line(name, after) => after.len(),
        Rest::Line | Rest::Own => after.len(),
        Rest::Semicolon => separator(after),
        Rest::Remark => after.find(';').unwrap_or(after.len()),
        Rest::Text => text_end(after),
    };
    let end = place(after) + length;
    let mine = after.get(..length).unwrap_or(after);
    let letters = spec.letters();
    let glued = mine.find(|c| !letters.contains(c)).unwrap_or(mine.len());
    let (glued, arguments) = mine.split_at_checked(glued).unwrap_or(("", mine));
    let arguments = arguments.trim_start();
    let start = end - arguments.len();
    let text = if spec.rest == Rest::Own { arguments } else { arguments.trim_end() };
    Ok(Some((Parsed { spec, args: Call { name, glued, text, line, start }, processor }, end)))
}

/// `r $.u0=text` takes the whole line: the text may be of several commands.
fn takes_line(name: &str, after: &str) -> bool {
    name == "r" && after.trim_start().starts_with("$.u")
}

/// An error of a command that takes anything behind its letter: another word may have been meant.
pub fn meant(error: CommandError, parsed: &Parsed<'_>) -> CommandError {
    let Call { name, text, line, start, .. } = parsed.args;
    let touches = line.get(..start).is_some_and(|before| before.ends_with(name));
    if parsed.spec.glue != Glue::Anything
        || !touches
        || !name.chars().all(char::is_alphabetic)
        || !text.starts_with(char::is_alphabetic)
        || error.ends_all()
    {
        return error;
    }
    let name = format!("{name}{}", word(text));
    match near(&name) {
        near if near.is_empty() => error,
        near => error.hinting(Message::new("hint.near").with("names", near.join(", "))),
    }
}

/// The error of an extension's expression that begins like a switch, which the command has not got: `!pte -x`.
pub fn no_switch(error: CommandError, args: &Call<'_>) -> CommandError {
    let CommandError::Expression(EvalError { fault: Fault::Unresolved, at }) = &error else { return error };
    let before = args.text.trim_end().strip_suffix(at.trim_end()).and_then(|before| before.strip_suffix('-'));
    let apart = before.is_some_and(|before| before.is_empty() || before.ends_with(char::is_whitespace));
    if !args.name.starts_with('!') || !apart || !at.starts_with(char::is_alphabetic) {
        return error;
    }
    CommandError::Argument(format!("{} has no option '-{}'", args.name, word(at)))
        .hinting(Message::new("hint.switches").with("command", args.name))
}

/// Adds what a command takes to an error that says no more than that this is not what was typed.
pub fn with_usage(error: CommandError, parsed: &Parsed<'_>) -> CommandError {
    if !matches!(error, CommandError::Syntax(_)) {
        return error;
    }
    let usage = format!("{} {}", parsed.args.name, parsed.spec.usage());
    error.hinting(Message::new("hint.usage").with("usage", usage.trim_end()))
}

/// Where a command ends that says so only when it runs: for those who are told that it begins.
pub fn likely_end(line: &str, at: usize) -> usize {
    let left = line.get(at..).unwrap_or_default();
    let skipped = left.len() - left.trim_start_matches(|c: char| c.is_whitespace() || c == ';').len();
    at + skipped + separator(left.get(skipped..).unwrap_or_default())
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

/// A name of the table with its command.
type Name = (&'static CommandSpec, &'static str);

/// The names of the table by their first two characters, in lower case: every turn of a loop looks for some.
static NAMES: LazyLock<HashMap<[Option<char>; 2], Vec<Name>>> = LazyLock::new(|| {
    let mut names: HashMap<[Option<char>; 2], Vec<Name>> = HashMap::new();
    for spec in COMMANDS {
        for name in spec.names {
            names.entry(first_two(name)).or_default().push((spec, name));
        }
    }
    names
});

fn first_two(text: &str) -> [Option<char>; 2] {
    let mut chars = text.chars().map(|c| c.to_ascii_lowercase());
    [chars.next(), chars.next()]
}

/// The names that `text` may start with.
fn candidates(text: &str) -> impl Iterator<Item = &'static Name> {
    let [first, second] = first_two(text);
    // An extension may stand before any name, behind its `!`.
    let bare = without_extension(text).map(|after| [Some('!'), first_two(after).first().copied().flatten()]);
    let keys = [Some([first, second]), Some([first, None]).filter(|_| second.is_some()), bare];
    keys.into_iter().flatten().filter_map(|key| NAMES.get(&key)).flatten()
}

/// The longest name of the table that stands at the start of `text` and may be followed by what follows it there.
fn find(text: &str) -> Result<(&'static CommandSpec, &'static str, &str), CommandError> {
    // Letters in the case of the table come first: `dD` and `dd` are told apart by it.
    longest(text, false).or_else(|| longest(text, true)).ok_or_else(|| {
        let name = word(text);
        CommandError::Unknown { name: name.to_owned(), near: near(name) }
    })
}

fn longest(text: &str, any_case: bool) -> Option<(&'static CommandSpec, &'static str, &str)> {
    let mut best: Option<(&'static CommandSpec, &'static str, &str)> = None;
    for &(spec, name) in candidates(text) {
        let Some(after) = strip_name(text, name, any_case) else {
            continue;
        };
        if may_follow(spec, name, after) && best.is_none_or(|(_, old, _)| name.len() > old.len()) {
            best = Some((spec, name, after));
        }
    }
    best
}

/// What may stand before the name of an extension's command for those who are used to it: extensions whose commands are all
/// told apart by their names alone. Where WinDbg has another command of that name, the table has the name with the prefix too,
/// which wins by its length.
const EXTENSIONS: &[&str] = &["mex", "kdexts", "kext", "ext", "exts", "ntsdexts", "uext"];

/// What stands behind the `!` and the extension (`!kdexts.`) at the start of `text`.
fn without_extension(text: &str) -> Option<&str> {
    let (extension, after) = text.strip_prefix('!')?.split_once('.')?;
    EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension)).then_some(after)
}

/// What stands behind a name. An extension stands for the `!` of any.
fn strip_name<'t>(text: &'t str, name: &str, any_case: bool) -> Option<&'t str> {
    let bare = || strip(without_extension(text)?, name.strip_prefix('!')?, true);
    bare().or_else(|| strip(text, name, any_case || name.starts_with(['.', '!'])))
}

/// Names with a dot or an exclamation mark ignore case: no command is told apart by it.
fn strip<'t>(text: &'t str, name: &str, any_case: bool) -> Option<&'t str> {
    let (head, after) = text.split_at_checked(name.len())?;
    let same = if any_case { head.eq_ignore_ascii_case(name) } else { head == name };
    same.then_some(after)
}

fn may_follow(spec: &CommandSpec, name: &str, after: &str) -> bool {
    let Some(next) = after.chars().next() else {
        return true;
    };
    let ends_word = name.starts_with('.') && !next.is_alphanumeric() && !matches!(next, '_' | '-');
    if next.is_whitespace() || next == ';' || ends_word {
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
        matches!(next, '@' | '$' | '=' | '(' | '"' | '-' | '*' | '{' | '}')
    } else {
        !matches!(next, '?' | '|')
    }
}

/// The word that a command's name should have been.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| c.is_whitespace() || c == ';').unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

/// Up to four names within two edits of `name`, nearest first; or that start with it. What stands before a dot in `!x.name`
/// may be any extension.
pub fn near(name: &str) -> Vec<&'static str> {
    let bare = name.trim_start_matches(['!', '.']).to_ascii_lowercase();
    let same = |last: &str| {
        COMMANDS.iter().flat_map(|spec| spec.names).find(|name| name.strip_prefix('!') == Some(last))
    };
    if let Some(same) = bare.rsplit_once('.').and_then(|(_, last)| same(last)) {
        return vec![same];
    }
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
        let Call { name, glued, text, .. } = parsed.args;
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
        expect("!kdexts.process 0 0", "!process", "", "0 0", "");
        expect("!Ext.analyze -v; k", "!analyze", "", "-v", "; k");
        expect("!wdfkd.wdfldr", "!wdfkd.wdfldr", "", "", "");
    }

    #[test]
    fn letters_in_another_case_mean_the_same_where_there_is_no_other_command() {
        expect("K 3", "k", "", "3", "");
        expect("DQ @rsp", "dq", "", "@rsp", "");
        expect("dD @rsp", "dD", "", "@rsp", "");
        expect("DD @rsp", "dd", "", "@rsp", "");
        expect("LM m nt", "lm", "", "m nt", "");
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
    fn an_unknown_extension_of_a_known_command_suggests_it() {
        assert_eq!(near("!nosuch.process"), ["!process"]);
        assert_eq!(near("!nosuch.nosuch"), [""; 0]);
    }

    #[test]
    fn distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
