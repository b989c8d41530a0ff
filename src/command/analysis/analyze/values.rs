//! `!analyze -show CODE`: everything that is documented of a bug check.

use super::{argument, explanation, words};
use crate::analysis::{BugCheck, Case, Condition, Windows, low_half};
use crate::command::{CommandError, Context};
use crate::output::{Branch, Cell, Line, Record, Role};
use crate::session::Settings;

/// Shows what the parameters of a code mean, and which values of them are documented for this Windows.
pub fn show(code: u32, windows: Windows, context: &mut Context<'_>) -> Result<(), CommandError> {
    let Some(check) = BugCheck::of(code) else {
        let record = explanation::unknown(code, &context.session.settings);
        return context.out.emit(record);
    };
    let settings = &context.session.settings.clone();
    let language = settings.language;
    let meanings: Vec<_> = (0..4).filter_map(|index| Some((index, check.parameter(index)?))).collect();
    context.within(Branch::new(explanation::heading(&check, settings)), |context| {
        if meanings.is_empty() {
            return Ok(());
        }
        context.out.within(argument::table(), |out| {
            meanings.into_iter().try_for_each(|(index, text)| {
                let record = argument::head(index + 1);
                out.emit(words::prose(record, "meaning", text.in_language(language), settings))
            })
        })
    })?;
    let mut is_first = true;
    for case in check.cases.iter().filter(|case| case.is_of(windows) && !case.only_advises()) {
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
    let conditions = case.when.iter().map(|(position, condition)| {
        Cell::new(format!("Arg{} {}", position.index() + 1, told(condition))).role(Role::Label)
    });
    let text = case.text.as_ref().map_or("", |text| text.in_language(language));
    let record = Record::new("bugcheck_case").list("when", ", ", conditions);
    let mut record = match case.when.is_empty() {
        true => record.field("text", text),
        false => words::prose(record.text(language.pick(": ", "：")), "text", text, settings),
    };
    for (position, text) in &case.params {
        let number = position.index() + 1;
        record = record.line(Line::of("    ").label(format!("Arg{number}: ")));
        record = words::prose(record, format!("arg{number}"), text.in_language(language), settings);
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
