//! One argument of a bug check, as a line or more.

use super::{follow, words};
use crate::analysis::{Argument, ParameterKind, low_half, status_name};
use crate::command::Context;
use crate::output::{Line, Role};
use crate::util::hex;
use crate::util::language::Language;

/// Where the lines after the first begin.
const INDENT: usize = 8;

/// `Arg1: 0000000000000003, ...`; what is no longer on the first line stands below it.
pub fn lines(number: usize, argument: &Argument, context: &Context<'_>) -> Vec<Line> {
    let mut line = Line::new().label(format!("Arg{number}: "));
    let value = hex::plain(argument.value);
    line = match follow::action(argument, context) {
        Some(action) => line.link(Role::Address, value, action),
        None => line.value(value),
    };
    let Some(meaning) = meaning(argument, context.session.settings.language) else {
        return vec![line];
    };
    line = line.text(", ");
    let wrapped = words::lines(&meaning, line.columns(), INDENT, &context.session.settings);
    let mut lines = Vec::new();
    for (index, part) in wrapped.into_iter().enumerate() {
        match index {
            0 => lines.push(std::mem::take(&mut line).text(part)),
            _ => lines.push(Line::of(" ".repeat(INDENT)).text(part)),
        }
    }
    lines
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
pub fn status(argument: &Argument) -> Option<String> {
    low_half(argument.value).filter(|_| argument.kind == ParameterKind::Ntstatus).and_then(status_name)
}
