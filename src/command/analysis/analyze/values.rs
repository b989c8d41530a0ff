//! `!analyze -show CODE`: everything that is documented of a bug check.

use super::{explanation, words};
use crate::analysis::{BugCheck, Case, Condition, Windows, low_half};
use crate::command::{CommandError, Context};
use crate::output::{Line, Record};
use crate::session::Settings;

/// Shows what the parameters of a code mean, and which values of them are documented for this Windows.
pub fn show(code: u32, windows: Windows, context: &mut Context<'_>) -> Result<(), CommandError> {
    let Some(check) = BugCheck::of(code) else {
        let record = explanation::unknown(code, &context.session.settings);
        return context.out.emit(record);
    };
    let settings = &context.session.settings.clone();
    let language = settings.language;
    let mut record = explanation::heading(&check, settings);
    let meanings: Vec<_> = (0..4).filter_map(|index| Some((index, check.parameter(index)?))).collect();
    if !meanings.is_empty() {
        record = record.line(Line::new().label("Arguments:"));
    }
    for (index, text) in meanings {
        let line = Line::new().label(format!("Arg{}: ", index + 1));
        record = wrapped(record, line, text.in_language(language), settings);
    }
    context.out.emit(record)?;
    let mut is_first = true;
    for case in check.cases.iter().filter(|case| case.is_of(windows)) {
        if std::mem::take(&mut is_first) {
            context.out.blank()?;
        }
        context.out.emit(case_record(case, settings))?;
    }
    if let Some(look) = &check.look {
        context.out.blank()?;
        context.out.emit(explanation::first_look(look.in_language(language), context))?;
    }
    Ok(())
}

/// `Arg1 3, Arg2 0: ...`, and below what the other parameters mean then.
fn case_record(case: &Case, settings: &Settings) -> Record {
    let language = settings.language;
    let conditions: Vec<String> = case
        .when
        .iter()
        .map(|(position, condition)| format!("Arg{} {}", position.index() + 1, told(condition)))
        .collect();
    let text = case.text.as_ref().map_or("", |text| text.in_language(language));
    let mut record = Record::new("bugcheck_case").field("when", conditions.clone()).field("text", text);
    let line = match conditions.is_empty() {
        true => Line::new(),
        false => Line::new().label(conditions.join(", ")).text(language.pick(": ", "：")),
    };
    if !line.is_empty() {
        record = wrapped(record, line, text, settings);
    }
    for (position, text) in &case.params {
        let line = Line::of("    ").label(format!("Arg{}: ", position.index() + 1));
        record = wrapped(record, line, text.in_language(language), settings);
    }
    record
}

/// A condition as engineers write values.
fn told(condition: &Condition) -> String {
    match condition {
        Condition::Range { range: [low, high] } if high.0 == u64::MAX => format!("{:x}..", low.0),
        Condition::Range { range: [low, high] } => format!("{:x}..{:x}", low.0, high.0),
        Condition::Mask { mask, is } => format!("& {:x} = {:x}", mask.0, is.0),
        listed => {
            let mut values: Vec<u64> = listed.values().iter().map(|value| value.0).collect();
            let all = values.clone();
            // A status stands in the table with its sign extended as well.
            values.retain(|value| {
                *value >> 32 == 0 || !low_half(*value).is_some_and(|low| all.contains(&low.into()))
            });
            values.iter().map(|value| format!("{value:x}")).collect::<Vec<_>>().join("|")
        }
    }
}

/// Adds a text behind the beginning of a line, as many lines as it takes.
fn wrapped(mut record: Record, line: Line, text: &str, settings: &Settings) -> Record {
    let indent = 8;
    let mut line = line;
    for part in words::lines(text, line.columns(), indent, settings) {
        record = record.line(std::mem::take(&mut line).text(part));
        line = Line::of(" ".repeat(indent));
    }
    record
}
