//! A bug check with its arguments, in the classic layout.

use super::{argument, words};
use crate::analysis::{BugCheck, Explanation, Windows, decode_user_code, explain};
use crate::command::{COMMANDS, CommandError, Context};
use crate::output::{Field, Line, Record, Role};
use crate::session::Settings;
use crate::util::hex;

/// Shows what a code with these arguments means, and says what is known of it.
pub fn show(
    code: u32,
    parameters: [u64; 4],
    windows: Windows,
    context: &mut Context<'_>,
) -> Result<Option<Explanation>, CommandError> {
    let explained = explain(code, parameters, windows);
    let record = match &explained {
        Some(explanation) => record(explanation, context),
        None => with_arguments(unknown(code, &context.session.settings), parameters),
    };
    context.out.emit(record)?;
    if let Some(look) = explained.as_ref().and_then(|explanation| explanation.look.as_ref()) {
        context.out.blank()?;
        context.out.emit(first_look(look.in_language(context.session.settings.language), context))?;
    }
    Ok(explained)
}

fn record(explanation: &Explanation, context: &Context<'_>) -> Record {
    let language = context.session.settings.language;
    let arguments = &explanation.arguments;
    let meanings = arguments.iter().map(|argument| argument::meaning(argument, language).into()).collect();
    let mut record = heading(&explanation.check, &context.session.settings)
        .field(
            "arguments",
            Field::List(arguments.iter().map(|argument| Field::Hex(argument.value)).collect()),
        )
        .field("meanings", Field::List(meanings))
        .line(Line::new().label("Arguments:"));
    for (index, argument) in arguments.iter().enumerate() {
        record.lines.extend(argument::lines(index + 1, argument, context));
    }
    record
}

/// The name and what it means, with the facts of the code.
pub fn heading(check: &BugCheck, settings: &Settings) -> Record {
    let language = settings.language;
    let summary = check.summary.as_ref().map(|text| text.in_language(language));
    let mut record = Record::new("bugcheck")
        .field("code", Field::Hex(u64::from(check.code())))
        .field("name", check.name.as_str())
        .field("summary", summary)
        .field("live_report", check.live_report)
        .line(Line::new().role(Role::Heading, format!("{} ({:x})", check.name, check.code())));
    let remark = match (check.live_report, check.documented) {
        (true, _) => Some(words::live_report(language)),
        (false, true) => None,
        (false, false) => Some(words::undocumented(language)),
    };
    for text in summary.into_iter().chain(remark) {
        for part in words::lines(text, 0, 0, settings) {
            record = record.line(part);
        }
    }
    record
}

/// What can be said of a code that nobody documented.
pub fn unknown(code: u32, settings: &Settings) -> Record {
    let mut record = Record::new("bugcheck")
        .field("code", Field::Hex(u64::from(code)))
        .field("name", Field::Null)
        .line(Line::new().role(Role::Heading, format!("Unknown bugcheck code ({code:x})")));
    let text = match decode_user_code(code) {
        Some(number) => words::made_up(number, settings.language),
        None => "Unknown bugcheck description".to_owned(),
    };
    for part in words::lines(&text, 0, 0, settings) {
        record = record.line(part);
    }
    record
}

/// Adds arguments of which nothing is known but their values.
fn with_arguments(record: Record, parameters: [u64; 4]) -> Record {
    let mut record = record
        .field("arguments", Field::List(parameters.map(Field::Hex).to_vec()))
        .line(Line::new().label("Arguments:"));
    for (index, parameter) in parameters.iter().enumerate() {
        record = record.line(Line::new().label(format!("Arg{}: ", index + 1)).value(hex::plain(*parameter)));
    }
    record
}

/// What to look at first. Commands that it names and that do not exist are told, so that nobody types them in vain.
pub fn first_look(text: &str, context: &Context<'_>) -> Record {
    let language = context.session.settings.language;
    let missing = missing_commands(text);
    let mut whole = text.to_owned();
    if !missing.is_empty() {
        whole = format!("{whole} {}", words::not_built(&missing.join(", "), language));
    }
    let mut line = Line::new().label(words::first_look(language));
    let mut record = Record::new("first_look").field("text", text);
    for part in words::lines(&whole, line.columns(), INDENT, &context.session.settings) {
        record = record.line(std::mem::take(&mut line).text(part));
        line = Line::of(" ".repeat(INDENT));
    }
    record
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
