//! The dumps that are compared, a row each, and those that are not.

use super::Other;
use crate::analysis::{Compared, Summary};
use crate::command::analysis::analyze::verdict::worded;
use crate::command::{CommandError, Context};
use crate::output::{Cell, Column, Field, Line, Record, Role, Table};
use crate::util::filetime::sortable;
use crate::util::width::clip;
use crate::words::{Message, text};

/// The table of the dumps of this machine, in the order of time.
///
/// # Errors
/// The command was stopped.
pub(super) fn table(dumps: &[&Summary], context: &mut Context<'_>) -> Result<(), CommandError> {
    let settings = &context.session.settings;
    let language = settings.language;
    let columns = [
        Column::right("number", "", 2),
        Column::left("time", "", 19).yields(1),
        Column::right("code", "", 4),
        Column::right("processor", "", 3).yields(2),
        Column::left("verdict", "", 9),
        Column::left("culprit", "", 12),
        Column::left("name", "", 0),
        Column::left("bucket", "", 0).after(2).yields(3),
    ];
    let rows: Vec<Vec<Cell>> = dumps
        .iter()
        .zip(1u64..)
        .map(|(dump, number)| {
            let time = dump.time.and_then(|time| sortable(time, &settings.zone)).unwrap_or_default();
            let named = match (&dump.culprit, dump.suspects.as_slice()) {
                (Some(culprit), _) => culprit.clone(),
                (None, []) => "-".to_owned(),
                (None, suspects) => suspected(suspects),
            };
            let words = [Some(dump.class.word()), dump.class.claims().then(|| dump.confidence.word())];
            let words: Vec<&str> = words.into_iter().flatten().map(|word| worded(word, language)).collect();
            let verdict = Field::List(vec![dump.class.word().into(), dump.confidence.word().into()]);
            vec![
                Cell::new(number).shown(format!("#{number}")),
                Cell::new(dump.time.map(Field::Time)).shown(time).absent("?"),
                Cell::new(Field::Hex(dump.code.into())).shown(format!("{:X}", dump.code)),
                Cell::new(dump.processor),
                Cell::new(verdict).shown(words.join(language.pick(", ", "，"))),
                Cell::new(named).role(Role::Module),
                Cell::new(dump.name.as_str()).role(Role::Value),
                Cell::new(dump.bucket.as_str()).shown(brief(&dump.bucket)),
            ]
        })
        .collect();
    let heading = Line::new().role(Role::Heading, text("several.heading", language));
    let table = Table::new("dump", &columns).fitted(&rows).headed(heading);
    let breaks = context.out.breaks(table.columns_wide());
    // Where there is no room for all of it, below what was concluded: of whom, and of which file.
    let row = |cells| if breaks { table.row_in_two("culprit", 4, cells) } else { table.row(cells) };
    let rows: Vec<Record> = rows.into_iter().map(row).collect();
    context.within(table, |context| rows.into_iter().try_for_each(|row| context.out.emit(row)))
}

/// The first suspects, and how many more there are.
fn suspected(suspects: &[String]) -> String {
    const NAMED: usize = 2;
    let named = suspects.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(" ");
    match suspects.len().saturating_sub(NAMED) {
        0 => format!("? {named}"),
        more => format!("? {named} +{more}"),
    }
}

/// A bucket as it is shown: of a long one the beginning. JSON has all of it.
fn brief(bucket: &str) -> String {
    const COLUMNS: usize = 20;
    match clip(bucket, COLUMNS) {
        whole if whole.len() == bucket.len() => bucket.to_owned(),
        cut => format!("{}...", clip(cut, COLUMNS - 3)),
    }
}

/// The dumps that are not joined, each with its reason.
///
/// # Errors
/// The command was stopped.
pub(super) fn left_out(others: &[Other], context: &mut Context<'_>) -> Result<(), CommandError> {
    let language = context.session.settings.language;
    for other in others {
        let why = match &other.told {
            Ok((_, Compared::Same)) => continue,
            Ok((_, Compared::OtherProcessor)) => text("several.other_processor", language).to_owned(),
            Ok((_, Compared::OtherProduct)) => text("several.other_product", language).to_owned(),
            Ok((_, Compared::OtherCount)) => text("several.other_count", language).to_owned(),
            Ok((_, Compared::SameCrash)) => text("several.same_crash", language).to_owned(),
            Ok((_, Compared::Unknown)) => text("several.unknown", language).to_owned(),
            Err(why) => Message::new("several.unopened").with("why", why).in_language(language).into_owned(),
        };
        let name = Cell::new(other.name.as_str()).role(Role::Value);
        let record = Record::new("left_out").cell("name", name).text(language.pick(": ", "："));
        context.out.emit(record.cell("why", Cell::new(why).role(Role::Warning)))?;
    }
    Ok(())
}

/// Says that there is nothing to compare.
///
/// # Errors
/// The command was stopped.
pub(super) fn alone(context: &mut Context<'_>) -> Result<(), CommandError> {
    let language = context.session.settings.language;
    context.out.emit(Line::of(text("several.alone", language)))
}
