//! One argument of a bug check: its value, what it means, what it is, and what shows it.

use super::{follow, words};
use crate::analysis::{Argument, ParameterKind, low_half, status_name};
use crate::command::Context;
use crate::output::{Cell, Column, Field, Line, Record, Role, Table};
use crate::util::language::Language;

/// The arguments of a bug check, which follow row by row.
pub fn table() -> Table {
    let columns = ["number", "value", "meaning"].map(|key| Column::left(key, "", 0));
    Table::new("argument", &columns).headed(Line::new().label("Arguments:"))
}

/// `Arg1: `, the start of what is said of the argument with that number, from 1.
pub fn head(number: usize) -> Record {
    let number = Cell::new(number as u64).role(Role::Label);
    Record::new("argument").label("Arg").cell("number", number).label(": ")
}

/// `Arg1: 0000000000000003, ...`; what is no longer on the first line stands below it. JSON also has what the argument is,
/// and the command that shows it.
pub fn record(number: usize, argument: &Argument, context: &Context<'_>) -> Record {
    let settings = &context.session.settings;
    let action = follow::action(argument, context);
    let command = match &action {
        Ok(action) => action.as_ref().and_then(|action| action.command().ok()).map(String::from).into(),
        Err(why) => Field::unreadable(why.to_string()),
    };
    let value = Cell::new(Field::Hex(argument.value)).digits(16);
    let record = head(number).cell(
        "value",
        match action {
            Ok(Some(action)) => value.role(Role::Address).link(action),
            _ => value,
        },
    );
    let record = match meaning(argument, settings.language) {
        Some(meaning) => words::prose(record.text(", "), "meaning", meaning, settings),
        None => record.text(words::without_meaning(settings.language)).field("meaning", Field::Null),
    };
    record
        .field("kind", argument.kind.name())
        .field("type", argument.kind.structure())
        .field("status", status(argument))
        .field("follow", command)
}

/// What an argument means, in a sentence without end.
pub fn meaning(argument: &Argument, language: Language) -> Option<String> {
    let mut text =
        argument.meaning.as_ref().map(|text| text.in_language(language).to_owned()).unwrap_or_default();
    if let Some(name) = status(argument) {
        text = format!("{text} ({name})");
    }
    let values: Vec<&str> = argument.values.iter().map(|text| text.in_language(language)).collect();
    text = words::with_values(text, &values, language);
    if argument.is_unlisted {
        text.push_str(words::unlisted(language));
    }
    if argument.is_used_after_all() {
        text.push_str(words::used_after_all(language));
    }
    (!text.is_empty()).then_some(text)
}

/// The name of the status code that an argument is.
fn status(argument: &Argument) -> Option<String> {
    low_half(argument.value).filter(|_| argument.kind == ParameterKind::Ntstatus).and_then(status_name)
}
