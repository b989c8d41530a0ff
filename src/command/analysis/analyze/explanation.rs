//! A bug check with its arguments, in the classic layout.

use super::{argument, words};
use crate::analysis::{Argument, BugCheck, Explanation, Windows, decode_user_code, explain};
use crate::command::{COMMANDS, CommandError, Context};
use crate::output::{Branch, Cell, Field, Line, Record, Role};
use crate::session::Settings;

/// Shows what a code with these arguments means, and says what is known of it.
pub fn show(
    code: u32,
    parameters: [u64; 4],
    windows: Windows,
    context: &mut Context<'_>,
) -> Result<Option<Explanation>, CommandError> {
    let explained = explain(code, parameters, windows);
    let settings = &context.session.settings;
    let language = settings.language;
    let (head, arguments) = match &explained {
        Some(explained) => (heading(&explained.check, settings), explained.arguments.clone()),
        None => (unknown(code, settings), parameters.map(undocumented)),
    };
    let values = arguments.iter().map(|argument| Field::Hex(argument.value)).collect();
    let meanings = arguments.iter().map(|argument| argument::meaning(argument, language).into()).collect();
    let head = head.field("arguments", Field::List(values)).field("meanings", Field::List(meanings));
    context.within(Branch::new(head), |context| {
        context.within(argument::table(), |context| {
            arguments.iter().enumerate().try_for_each(|(index, argument)| {
                let record = argument::record(index + 1, argument, context);
                context.out.emit(record)
            })
        })
    })?;
    if let Some(look) = explained.as_ref().and_then(|explained| explained.look.as_ref()) {
        context.out.blank()?;
        context.out.emit(first_look(look.in_language(language), context))?;
    }
    Ok(explained)
}

/// An argument of which nothing is known but its value.
fn undocumented(value: u64) -> Argument {
    Argument { value, ..Argument::default() }
}

/// The name and what it means, with the facts of the code.
pub fn heading(check: &BugCheck, settings: &Settings) -> Record {
    let language = settings.language;
    let columns = words::columns(settings);
    let in_heading = |value: Field| Cell::new(value).role(Role::Heading);
    let mut record = Record::new("bugcheck")
        .cell("name", in_heading(check.name.as_str().into()))
        .role(Role::Heading, " (")
        .cell("code", in_heading(Field::Hex(u64::from(check.code()))))
        .role(Role::Heading, ")");
    record = match check.summary.as_ref().map(|text| text.in_language(language)) {
        Some(summary) => record.line(Line::new()).prose("summary", summary, 0, columns),
        None => record.field("summary", Field::Null),
    };
    let said = |record: Record, key, value: bool, words: &str| {
        record.line(Line::new()).prose(key, Cell::new(value).shown(words).role(Role::Text), 0, columns)
    };
    match (check.live_report, check.documented) {
        (true, _) => said(record, "live_report", true, words::live_report(language)),
        (false, true) => {
            let record = record.field("live_report", false);
            match is_name_only(check) {
                true => said(record, "documented", true, words::name_only(language)),
                false => record,
            }
        }
        (false, false) => {
            let record = record.field("live_report", false);
            said(record, "documented", false, words::undocumented(language))
        }
    }
}

/// Whether the page on a bug check says nothing beyond its name.
fn is_name_only(check: &BugCheck) -> bool {
    check.summary.is_none() && check.cases.is_empty() && (0..4).all(|index| check.parameter(index).is_none())
}

/// What can be said of a code that nobody documented.
pub fn unknown(code: u32, settings: &Settings) -> Record {
    let text = match decode_user_code(code) {
        Some(number) => words::made_up(number, settings.language),
        None => "Unknown bugcheck description".to_owned(),
    };
    Record::new("bugcheck")
        .field("name", Field::Null)
        .role(Role::Heading, "Unknown bugcheck code (")
        .cell("code", Cell::new(Field::Hex(u64::from(code))).role(Role::Heading))
        .role(Role::Heading, ")")
        .line(Line::new())
        .prose("summary", text, 0, words::columns(settings))
}

/// What to look at first. Commands that it names and that do not exist are told, so that nobody types them in vain.
pub fn first_look(text: &str, context: &Context<'_>) -> Record {
    let settings = &context.session.settings;
    let missing = missing_commands(text);
    let whole = match missing.is_empty() {
        true => text.to_owned(),
        false => format!("{text} {}", words::not_built(&missing.join(", "), settings.language)),
    };
    Record::new("first_look")
        .label(words::first_look(settings.language))
        .prose("text", Cell::new(text).shown(whole), INDENT, words::columns(settings))
        .field("missing_commands", missing)
}

/// Where the lines of advice after the first begin.
const INDENT: usize = 2;

/// The `!` commands in a text that the table does not have.
fn missing_commands(text: &str) -> Vec<&str> {
    let mut missing = Vec::new();
    for (at, _) in text.match_indices('!') {
        // `nt!Name` is a symbol.
        let is_symbol = text
            .get(..at)
            .and_then(|before| before.chars().next_back())
            .is_some_and(|c| c.is_ascii_alphanumeric());
        let after = text.get(at + 1..).unwrap_or_default();
        let length =
            after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(after.len());
        let name = text.get(at..at + 1 + length).unwrap_or_default().trim_end_matches('.');
        let exists = COMMANDS.iter().any(|command| command.names.contains(&name));
        if !is_symbol && name.len() > 1 && !exists && !missing.contains(&name) {
            missing.push(name);
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_the_commands_that_there_are_not() {
        let text = "!nosuch on parameter 2, !analyze, nt!KeBugCheckEx, then !no_other.one: !nosuch";
        assert_eq!(missing_commands(text), ["!nosuch", "!no_other.one"]);
    }
}
